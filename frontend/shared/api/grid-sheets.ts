import { addressOf, apiBase, currentCsrfToken, readAnswer } from './client'
import { sendFile } from './files'
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
export async function importStaff(file: File, key: string, { update, onStep }: SheetOptions, onFirstPasswords: (workbook: Blob) => void): Promise<StaffImportReport> {
  const form = new FormData()
  form.append('file', file, file.name)
  const headers: Record<string, string> = { Accept: 'application/json', 'Idempotency-Key': key }
  const csrf = currentCsrfToken()
  if (csrf !== null) headers['X-CSRF-Token'] = csrf
  onStep('正在上传和检查…')
  const response = await fetch(apiBase + path('/grid-staff/import', update), { method: 'POST', headers, body: form, credentials: 'same-origin' }).catch(() => {
    throw unreachableProblem()
  })
  if (!response.ok) return readAnswer(response.status, await response.json().catch(() => undefined), response.headers.get('Retry-After'))
  let last: object = {}
  for await (const line of linesOf(response)) {
    last = line
    if ('hashed' in line && 'of' in line) onStep(`正在新建账号：${String(line.hashed)} / ${String(line.of)}`)
    if ('workbook' in line && typeof line.workbook === 'string') {
      onStep('账号已准备好，正在写入…')
      onFirstPasswords(new Blob([Uint8Array.from(atob(line.workbook), (character) => character.charCodeAt(0))], { type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' }))
    }
  }
  if ('errors' in last) return last as StaffImportReport
  // It began well, so that a refusal came too late for a status; without a last word it broke off.
  throw 'status' in last && typeof last.status === 'number' ? parseProblem(last.status, last, null) : unreachableProblem()
}

/** Whole lines of JSON, as they come; ends where the connection does. */
async function* linesOf(response: Response): AsyncGenerator<object> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (;;) {
    const part = await reader?.read().catch(() => undefined)
    if (!part || part.done) return
    const lines = (text + part.value).split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) {
      const parsed: unknown = JSON.parse(line)
      if (typeof parsed === 'object' && parsed !== null) yield parsed
    }
  }
}
