import type { From } from './types'

/** What became of an imported workbook: all rows, or none and every cell that is wrong. */
export type ImportReport = From<'ImportReport'>
export type CellProblem = From<'CellProblem'>
