import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { build, type Plugin, type Rollup } from 'vite'

export interface BeforePaintOptions {
  /** the script's source */
  source: string
  /** the HTML file that waits for it */
  entry: string
}

/**
 * Puts a small classic script into the head of a page. A module runs after the first paint, and the page's content policy
 * refuses scripts in the page itself; this one is a file with a hash in its name like all others.
 */
export function beforePaint({ source, entry }: BeforePaintOptions): Plugin {
  let root = ''
  let base = ''
  let target: string | string[] | false | undefined
  let fileName = ''
  return {
    name: 'lianxin-before-paint',
    apply: 'build',
    configResolved(config) {
      root = config.root
      base = config.base
      target = config.build.target
    },
    async buildStart() {
      const built = await build({
        configFile: false,
        root,
        publicDir: false,
        logLevel: 'warn',
        resolve: { alias: { '@': root } },
        build: { write: false, target, lib: { entry: resolve(root, source), formats: ['iife'], name: 'lianxinBeforePaint' } },
      })
      const [{ output }] = [built].flat() as [Rollup.RollupOutput]
      if (output.length !== 1) throw new Error('what comes before the paint must be one file')
      const { code } = output[0]
      fileName = `assets/before-paint-${createHash('sha256').update(code).digest('hex').slice(0, 8)}.js`
      this.emitFile({ type: 'asset', fileName, source: code })
    },
    transformIndexHtml(_html, { path }) {
      return path.endsWith(`/${entry}`) ? [{ tag: 'script', attrs: { src: base + fileName }, injectTo: 'head' }] : undefined
    },
  }
}
