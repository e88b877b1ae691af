import { resolve } from 'node:path'
import { build, type ResolvedConfig, type Rollup } from 'vite'

/** A script that stands by itself beside the pages, with everything that it imports. */
export interface Script {
  /** from the root of the sources */
  source: string
  /** as what it is known while it runs */
  name: string
  /** texts that are put in place of names */
  define?: Record<string, string>
}

/** Builds it as the pages are built, into one classic script. */
export async function oneFile({ root, build: { target } }: ResolvedConfig, { source, name, define = {} }: Script): Promise<string> {
  const built = await build({
    configFile: false,
    root,
    publicDir: false,
    logLevel: 'warn',
    resolve: { alias: { '@': root } },
    define,
    build: { write: false, target, lib: { entry: resolve(root, source), formats: ['iife'], name } },
  })
  const [{ output }] = [built].flat() as [Rollup.RollupOutput]
  if (output.length !== 1) throw new Error(`${source} must become one file`)
  return output[0].code
}
