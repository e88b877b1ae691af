import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build, type Plugin, type Rollup } from 'vite'
import { filesOf } from './budgets'

export interface WorkerOptions {
  /** the service worker's source */
  source: string
  /** the file that is written into the build */
  output: string
  /** the HTML file whose pages it keeps, and those of its pages that load on demand, as in a budget */
  entry: string
  pages: readonly string[]
  /** further pages that it keeps for those who serve a grid */
  staff: readonly string[]
}

/** Builds the service worker after everything else, because it carries the names of the files that it keeps. */
export function worker(options: WorkerOptions): Plugin {
  let root = ''
  let base = ''
  let outDir = ''
  let target: string | string[] | false | undefined
  return {
    name: 'lianxin-worker',
    apply: 'build',
    configResolved(config) {
      root = config.root
      base = config.base
      outDir = config.build.outDir
      target = config.build.target
    },
    async writeBundle(_options, bundle) {
      const filesWith = (pages: readonly string[]): string[] => [...filesOf(bundle, { name: '', kilobytes: 0, entry: options.entry, pages })].sort().map((file) => base + file)
      const files = filesWith(options.pages)
      const staff = filesWith([...options.pages, ...options.staff]).filter((file) => !files.includes(file))
      const html = bundle[options.entry]
      if (html?.type !== 'asset') throw new Error(`no page ${options.entry}`)
      const version = createHash('sha256').update(String(html.source)).update([...files, ...staff].join('\n')).digest('hex').slice(0, 16)
      const built = await build({
        configFile: false,
        root,
        publicDir: false,
        logLevel: 'warn',
        resolve: { alias: { '@': root } },
        define: { __SHELL__: JSON.stringify({ version, files, staff }), 'process.env.NODE_ENV': '"production"' },
        build: { write: false, target, lib: { entry: resolve(root, options.source), formats: ['iife'], name: 'lianxinWorker' } },
      })
      const [{ output }] = [built].flat() as [Rollup.RollupOutput]
      if (output.length !== 1) throw new Error('the service worker must be one file')
      writeFileSync(join(outDir, options.output), output[0].code)
    },
  }
}
