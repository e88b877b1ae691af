import type { From } from './types'

/** What became of an imported workbook: all rows, or none and every cell that is wrong. */
export type ImportReport = From<'ImportReport'>
export type CellProblem = From<'CellProblem'>

export interface SheetOptions {
  /** Also change what is there already. */
  update: boolean
  /** Told how far the server is, in words, when it takes longer. */
  onStep: (words: string) => void
}
export type SheetSend<R extends ImportReport> = (file: File, onProgress: (fraction: number) => void, key: string, options: SheetOptions) => Promise<R>
