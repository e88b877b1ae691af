import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin, ResolvedConfig } from 'vite'
import { filesOf } from './budgets'
import { oneFile } from './one-file'

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
  let config: ResolvedConfig
  return {
    name: 'lianxin-worker',
    apply: 'build',
    configResolved(resolved) {
      config = resolved
    },
    async writeBundle(_options, bundle) {
      const filesWith = (pages: readonly string[]): string[] => [...filesOf(bundle, { name: '', kilobytes: 0, entry: options.entry, pages })].sort().map((file) => config.base + file)
      const files = filesWith(options.pages)
      const staff = filesWith([...options.pages, ...options.staff]).filter((file) => !files.includes(file))
      const html = bundle[options.entry]
      if (html?.type !== 'asset') throw new Error(`no page ${options.entry}`)
      const version = createHash('sha256').update(String(html.source)).update([...files, ...staff].join('\n')).digest('hex').slice(0, 16)
      const code = await oneFile(config, {
        source: options.source,
        name: 'lianxinWorker',
        define: { __SHELL__: JSON.stringify({ version, files, staff }), 'process.env.NODE_ENV': '"production"' },
      })
      writeFileSync(join(config.build.outDir, options.output), code)
    },
  }
}
