import { createHash } from 'node:crypto'
import type { Plugin, ResolvedConfig } from 'vite'
import { oneFile } from './one-file'

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
  let config: ResolvedConfig
  let fileName = ''
  return {
    name: 'lianxin-before-paint',
    apply: 'build',
    configResolved(resolved) {
      config = resolved
    },
    async buildStart() {
      const code = await oneFile(config, { source, name: 'lianxinBeforePaint' })
      fileName = `assets/before-paint-${createHash('sha256').update(code).digest('hex').slice(0, 8)}.js`
      this.emitFile({ type: 'asset', fileName, source: code })
    },
    transformIndexHtml(_html, { path }) {
      return path.endsWith(`/${entry}`) ? [{ tag: 'script', attrs: { src: config.base + fileName }, injectTo: 'head' }] : undefined
    },
  }
}
