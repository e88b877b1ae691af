import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { transformWithEsbuild, type Plugin, type Rollup } from 'vite'
import { filesOf, type Budget } from './budgets'

/** What Chromium 78 does not have, however it is written; the syntax itself is lowered by the build. */
const missing: readonly (readonly [RegExp, string])[] = [
  [/\bstructuredClone\(/, 'structuredClone (98)'],
  [/\.replaceAll\(/, 'String.replaceAll (85)'],
  [/\.at\(-?\d/, 'Array.at (92)'],
  [/\bObject\.hasOwn\(/, 'Object.hasOwn (93)'],
  [/\.findLast(Index)?\(/, 'Array.findLast (97)'],
  [/\.to(Sorted|Reversed|Spliced)\(/, 'Array.toSorted (110)'],
  [/\bPromise\.any\(/, 'Promise.any (85)'],
  [/\bAbortSignal\.(timeout|any)\(/, 'AbortSignal.timeout (103)'],
  [/\bnew WeakRef\(/, 'WeakRef (84)'],
  [/\.replaceChildren\(/, 'replaceChildren (86)'],
]
const missingStyles: readonly (readonly [RegExp, string])[] = [
  [/[:,}\s]:(is|where)\(/, ':is (88)'],
  [/[:\s](min|max|clamp)\([^)]*var\(/, 'min, max, clamp (79)'],
  [/\baspect-ratio:/, 'aspect-ratio (88)'],
  [/(^|[;{])inset(-inline|-block)?:/, 'inset (87)'],
  [/:\d+(\.\d+)?[dsl]v[hw]\b/, 'dvh (108)'],
  [/@container|@layer/, '@container, @layer'],
]

/** Whoever opens these pages may have an old browser of an office or a cheap phone: the build fails when they would break there. */
export function oldBrowsers(pages: Omit<Budget, 'name' | 'kilobytes'>, plainFiles: readonly string[]): Plugin {
  let outDir = ''
  return {
    name: 'lianxin-old-browsers',
    apply: 'build',
    enforce: 'post',
    configResolved(config) {
      outDir = config.build.outDir
    },
    writeBundle: {
      order: 'post',
      sequential: true,
      async handler(_options, bundle) {
        const complaints: string[] = []
        const texts = [...filesOf(bundle, { ...pages, name: '', kilobytes: 0 })].map((file) => [file, contentOf(bundle[file])] as const)
        for (const [file, text] of [...texts, ...plainFiles.map((file) => [file, readFileSync(join(outDir, file), 'utf8')] as const)]) {
          const styles = file.endsWith('.css')
          // Vue wraps the newest methods of arrays, and calls none that the page does not call.
          const wanted = styles ? missingStyles : file.includes('/vue-') ? [] : missing
          const found = wanted.filter(([pattern]) => pattern.test(text)).map(([, name]) => name)
          if (!styles && !(await isOldSyntax(file, text))) found.push('newer syntax')
          complaints.push(...found.map((name) => `${file}: ${name}`))
        }
        if (complaints.length > 0) throw new Error(`Chromium 78 cannot show the resident's pages:\n${complaints.join('\n')}`)
      },
    },
  }
}

function contentOf(output: Rollup.OutputBundle[string] | undefined): string {
  if (!output) return ''
  return output.type === 'chunk' ? output.code : String(output.source)
}

/** Lowered once more it would not change: there is nothing newer in it. */
async function isOldSyntax(file: string, text: string): Promise<boolean> {
  const options = { loader: 'js', format: undefined, minify: false, sourcemap: false, legalComments: 'none' } as const
  const [asIs, lowered] = await Promise.all(['esnext', 'chrome78'].map((target) => transformWithEsbuild(text, file, { ...options, target })))
  return asIs?.code === lowered?.code
}
