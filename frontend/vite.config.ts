import { resolve } from 'node:path'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import { beforePaint } from './build-plugins/before-paint'
import { budgets } from './build-plugins/budgets'
import { oldBrowsers } from './build-plugins/old-browsers'
import { pageRoutes } from './build-plugins/page-routes'
import { precompress } from './build-plugins/precompress'
import { worker } from './build-plugins/worker'

const root = import.meta.dirname
const server = process.env['LIANXIN_SERVER'] ?? 'http://127.0.0.1:8080'

/**
 * The framework changes rarely; in a file of its own it stays in the browser over many releases. Left to itself, the
 * maker of QR codes is joined with whatever small thing its pages share, and so comes to pages that draw none.
 */
function ownFile(id: string): string | undefined {
  if (/node_modules\/(@vue|vue)\//.test(id)) return 'vue'
  return id.includes('node_modules/uqr/') ? 'qr' : undefined
}

/** What a resident may need without a network, and with an old browser. */
const residentPages = [
  'mobile/after-load.ts', 'pages/NewTicketPage.vue', 'pages/PendingPage.vue', 'pages/ReceiptPage.vue', 'pages/MyTicketsPage.vue',
  'pages/TicketPage.vue', 'pages/GridsPage.vue', 'resident/MyTicketTabs.vue', 'login/PhoneLogin.vue', 'ticket/ReasonSheet.vue', 'pages/MePage.vue', 'pages/LostPage.vue',
  'known/NearbyKnown.vue', 'known/JoinedList.vue',
]

/** What somebody who serves a grid may need without a network besides. */
const staffPages = [
  'composables/staff-phone.ts', 'composables/kept-reading.ts', 'composables/arrival-signal.ts', 'composables/unsent.ts', 'components/staff/StaffLine.vue', 'pages/WorkPage.vue', 'pages/BelowPage.vue',
  'components/staff/StaffActions.vue', 'components/staff/CompleteSheet.vue', 'components/staff/LeaveSheet.vue', 'components/staff/PendingWork.vue', 'ticket/StaffClock.vue', 'ticket/ClockForms.vue', 'pages/StaffLoginPage.vue',
  'service/ServicePages.vue', 'service/DiaryPage.vue', 'service/RecordPage.vue', 'service/MapPage.vue', 'known/KnownPart.vue',
]

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
    // Chromium 78: the oldest browser of the offices' own systems (domain rules, §10).
    target: ['es2019', 'chrome78', 'safari14'],
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
      output: {
        // Joins crumbs into files that everybody loads: the larger the crumb, the more a first page carries for others.
        // At 1 KB the host's page got 1 KB of supervision with a chip; half of it costs one or two small requests more.
        experimentalMinChunkSize: 512,
        manualChunks: ownFile,
      },
    },
  },
  plugins: [
    vue(),
    pageRoutes(),
    beforePaint({ source: 'console/theme/before-paint.ts', entry: 'console/index.html' }),
    budgets([
      { name: '居民扫码首页', entry: 'mobile/index.html', pages: [], kilobytes: 60 },
      { name: '居民填报', entry: 'mobile/index.html', pages: ['pages/NewTicketPage.vue'], kilobytes: 80 },
      { name: '我的诉求', entry: 'mobile/index.html', pages: ['pages/MyTicketsPage.vue'], kilobytes: 80 },
      { name: '网格员工作台', entry: 'mobile/index.html', pages: ['pages/WorkPage.vue'], kilobytes: 80 },
      { name: '下级网格', entry: 'mobile/index.html', pages: ['pages/BelowPage.vue'], kilobytes: 80 },
      { name: '诉求详情', entry: 'mobile/index.html', pages: ['pages/TicketPage.vue'], kilobytes: 80 },
      { name: '我的会议', entry: 'mobile/index.html', pages: ['pages/meetings/MeetingsPage.vue'], kilobytes: 80 },
      { name: '会议', entry: 'mobile/index.html', pages: ['pages/meetings/MeetingPage.vue'], kilobytes: 80 },
      { name: '会议签到', entry: 'mobile/index.html', pages: ['pages/meetings/SignInPage.vue'], kilobytes: 75 },
      { name: '会议主持台', entry: 'mobile/index.html', pages: ['pages/meetings/HostPage.vue'], kilobytes: 80 },
      { name: '会议记录', entry: 'mobile/index.html', pages: ['pages/meetings/AfterPage.vue', 'pages/meetings/MinutesPage.vue'], kilobytes: 80 },
      { name: '写会议记录', entry: 'mobile/index.html', pages: ['pages/meetings/AfterPage.vue', 'pages/meetings/MinutesEditPage.vue'], kilobytes: 80 },
      { name: '会议影像', entry: 'mobile/index.html', pages: ['pages/meetings/AfterPage.vue', 'pages/meetings/PicturesPage.vue'], kilobytes: 80 },
      { name: '大屏', entry: 'screen/index.html', pages: 'all', kilobytes: 250 },
      { name: '管理端诉求', entry: 'console/index.html', pages: ['pages/ConsoleShell.vue', 'pages/GridsPage.vue'], kilobytes: 180 },
      { name: '管理端会议', entry: 'console/index.html', pages: ['pages/ConsoleShell.vue', 'pages/MeetingPage.vue'], kilobytes: 180 },
      { name: '管理端会议记录', entry: 'console/index.html', pages: ['pages/ConsoleShell.vue', 'console/pages/MinutesPage.vue'], kilobytes: 180 },
      { name: '预警与指令', entry: 'mobile/index.html', pages: ['duties/DutyPages.vue', 'duties/DutiesPage.vue'], kilobytes: 80 },
      { name: '领导视图', entry: 'mobile/index.html', pages: ['duties/DutyPages.vue', 'duties/LeaderPage.vue'], kilobytes: 80 },
      { name: '管理端督查', entry: 'console/index.html', pages: ['pages/ConsoleShell.vue', 'duties/DutiesPage.vue', 'duties/WarningsPage.vue'], kilobytes: 180 },
      { name: '民主评议', entry: 'mobile/index.html', pages: ['pages/BranchPages.vue', 'pages/appraisals/AppraisalPage.vue'], kilobytes: 80 },
      { name: '管理端民主评议', entry: 'console/index.html', pages: ['pages/ConsoleShell.vue', 'pages/AppraisalPage.vue'], kilobytes: 180 },
      { name: '管理端党员', entry: 'console/index.html', pages: ['pages/ConsoleShell.vue', 'pages/MembersPage.vue'], kilobytes: 180 },
    ]),
    worker({
      source: 'worker/worker.ts',
      output: 'worker.js',
      entry: 'mobile/index.html',
      pages: residentPages,
      staff: staffPages,
    }),
    oldBrowsers({ entry: 'mobile/index.html', pages: residentPages }, ['worker.js']),
    precompress(),
  ],
  server: {
    proxy: { '/api': { target: server, ws: true } },
  },
  test: {
    include: ['{shared,mobile,screen,console,worker,build-plugins}/**/*.spec.ts'],
    environment: 'node',
  },
})
