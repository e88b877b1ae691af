import { resolve } from 'node:path'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import { budgets } from './build-plugins/budgets'
import { pageRoutes } from './build-plugins/page-routes'
import { precompress } from './build-plugins/precompress'

const root = import.meta.dirname
const server = process.env['LIANXIN_SERVER'] ?? 'http://127.0.0.1:8080'

export default defineConfig({
  root,
  base: '/build/',
  resolve: { alias: { '@': root } },
  define: {
    // Only the composition API is used; dropping the other one keeps the resident's first page small.
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
  },
  build: {
    outDir: resolve(root, '../static/build'),
    emptyOutDir: true,
    target: ['es2020', 'chrome80', 'safari14'],
    // The page's content policy refuses data: URLs, so nothing may be inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: {
      input: {
        mobile: resolve(root, 'mobile/index.html'),
        screen: resolve(root, 'screen/index.html'),
        console: resolve(root, 'console/index.html'),
        start: resolve(root, 'start/index.html'),
      },
    },
  },
  plugins: [
    vue(),
    pageRoutes(),
    budgets([
      { name: '居民首页', entry: 'mobile/index.html', scope: 'first-load', kilobytes: 60 },
      { name: '移动端', entry: 'mobile/index.html', scope: 'everything', kilobytes: 80 },
      { name: '大屏', entry: 'screen/index.html', scope: 'everything', kilobytes: 250 },
      { name: '管理端', entry: 'console/index.html', scope: 'everything', kilobytes: 180 },
    ]),
    precompress(),
  ],
  server: {
    proxy: { '/api': { target: server, ws: true } },
  },
  test: {
    include: ['{shared,mobile,screen,console}/**/*.spec.ts'],
    environment: 'node',
  },
})
