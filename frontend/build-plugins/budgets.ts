import { Buffer } from 'node:buffer'
import type { Plugin, Rollup } from 'vite'
import { brotli } from './precompress'

export interface Budget {
  name: string
  /** the HTML file of the entry, relative to the front-end's root */
  entry: string
  /** pages of the entry that load on demand and belong to this first load, as paths of their source; 'all' for every page */
  pages: readonly string[] | 'all'
  kilobytes: number
}

type Chunk = Rollup.OutputChunk & { viteMetadata?: { importedCss?: Set<string> } }

/** Measures JS and CSS of each entry as brotli sends it, prints a table, and fails the build above a budget. */
export function budgets(list: readonly Budget[]): Plugin {
  return {
    name: 'lianxin-budgets',
    apply: 'build',
    enforce: 'post',
    writeBundle(_options, bundle) {
      const sizes = new Map<string, number>()
      const sizeOf = (file: string): number => {
        const known = sizes.get(file)
        if (known !== undefined) return known
        const output = bundle[file]
        if (!output) return 0
        const size = brotli(Buffer.from(output.type === 'chunk' ? output.code : output.source)).length
        sizes.set(file, size)
        return size
      }

      const rows: string[] = []
      const exceeded: string[] = []
      for (const budget of list) {
        const files = filesOf(bundle, budget)
        if (files.size === 0) throw new Error(`budget "${budget.name}": no chunk belongs to ${budget.entry}`)
        const total = [...files].reduce((sum, file) => sum + sizeOf(file), 0) / 1024
        const over = total > budget.kilobytes
        if (over) exceeded.push(budget.name)
        rows.push(
          `  ${over ? '✗' : '✓'} ${total.toFixed(1).padStart(6)} / ${String(budget.kilobytes).padStart(3)} KB  ${budget.name} (${budget.entry}, ${files.size} files)`,
        )
      }
      console.log(`\nbrotli JS + CSS against the budgets\n${rows.join('\n')}\n`)
      if (exceeded.length > 0) throw new Error(`over budget: ${exceeded.join(', ')}`)
    },
  }
}

/** The JS and CSS files of a first load. */
export function filesOf(bundle: Rollup.OutputBundle, budget: Budget): Set<string> {
  const files = new Set<string>()
  const visit = (chunk: Chunk): void => {
    if (files.has(chunk.fileName)) return
    files.add(chunk.fileName)
    for (const css of chunk.viteMetadata?.importedCss ?? []) files.add(css)
    for (const name of chunk.imports) {
      const imported = bundle[name]
      if (imported?.type === 'chunk') visit(imported as Chunk)
    }
    for (const name of chunk.dynamicImports) {
      const imported = bundle[name]
      if (imported?.type === 'chunk' && isWanted(imported as Chunk, budget)) visit(imported as Chunk)
    }
  }
  for (const output of Object.values(bundle)) {
    if (output.type === 'chunk' && output.isEntry && output.facadeModuleId?.endsWith(`/${budget.entry}`)) visit(output as Chunk)
  }
  return files
}

function isWanted(chunk: Chunk, budget: Budget): boolean {
  if (budget.pages === 'all') return true
  // A component's module carries a query for its template; the page is the file before it. Where others need parts of a page's
  // file, that file has no facade, and is known by what it holds.
  const sources = (chunk.facadeModuleId === null ? chunk.moduleIds : [chunk.facadeModuleId]).map((id) => id.split('?')[0] ?? '')
  return budget.pages.some((page) => sources.some((source) => source.endsWith(`/${page}`)))
}
