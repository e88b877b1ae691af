import { addressOf } from './client'
import { sendFile, sendFileForLines } from './files'
import { parseProblem, unreachableProblem } from './problem'
import type { SheetOptions } from './sheets'
import type { From } from './types'

/** Grids and the people who serve them in workbooks. */

export type GridImportReport = From<'GridImportReport'>
export type StaffImportReport = From<'StaffImportReport'>

const path = (base: string, update: boolean): string => (update ? `${base}?update=true` : base)

export const gridTemplate = addressOf('/grids/template.xlsx')
export const gridExport = (below: string, columns: readonly string[]): string => addressOf('/grids/export.xlsx', { below, columns: columns.join(',') })
export const importGrids = (file: File, onProgress: (fraction: number) => void, key: string, { update }: SheetOptions): Promise<GridImportReport> => sendFile(path('/grids/import', update), file, file.name, onProgress, key)

export const staffTemplate = addressOf('/grid-staff/template.xlsx')
export const staffExport = (below: string, columns: readonly string[], unmasked: boolean): string => addressOf('/grid-staff/export.xlsx', { below, columns: columns.join(','), unmasked: unmasked || undefined })

/** First passwords come once, before the accounts are there: whoever gets them keeps them, also when the answer breaks off. */
export async function importStaff(file: File, onProgress: (fraction: number) => void, key: string, { update, onStep }: SheetOptions, onFirstPasswords: (workbook: Blob) => void): Promise<StaffImportReport> {
  const report = await sendFileForLines<StaffImportReport | { status: number }>(path('/grid-staff/import', update), file, file.name, onProgress, (line) => take(line, onStep, onFirstPasswords), key)
  if ('errors' in report) return report
  // It began well, so that a refusal came too late for a status; without a last word it broke off.
  throw typeof report.status === 'number' ? parseProblem(report.status, report, null) : unreachableProblem()
}

function take(line: unknown, onStep: (words: string) => void, onFirstPasswords: (workbook: Blob) => void): void {
  if (typeof line !== 'object' || line === null) return
  if ('hashed' in line && 'of' in line) onStep(`正在新建账号：${String(line.hashed)} / ${String(line.of)}`)
  if ('workbook' in line && typeof line.workbook === 'string') {
    onStep('账号已准备好，正在写入…')
    onFirstPasswords(new Blob([Uint8Array.from(atob(line.workbook), (character) => character.charCodeAt(0))], { type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' }))
  }
}
