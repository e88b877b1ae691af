import type { Calendar, Notice, NoticeDay } from '../api/rules'
import { same } from '../levels/merge'
import { yearOf } from './year'

/** A year's notice as it is pasted: enough is read to show what it says; the server judges it. */

export type ReadNotice = { ok: true; json: unknown; notice: Notice } | { ok: false; message: string }

export function readNotice(text: string): ReadNotice {
  let json: unknown
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    const before = text.slice(0, errorAt(text)).split('\n')
    return { ok: false, message: `内容不是有效的 JSON，第 ${before.length} 行第 ${(before[before.length - 1] ?? '').length + 1} 列有误。请粘贴整个文件的内容。` }
  }
  if (!isRecord(json) || !Array.isArray(json['days']) || typeof json['year'] !== 'number') {
    return { ok: false, message: '内容应是一个 JSON 对象，包含 year（年份）和 days（日期列表）。' }
  }
  const days = json['days'].filter(isNoticeDay)
  return { ok: true, json, notice: { year: json['year'], papers: Array.isArray(json['papers']) ? json['papers'].filter((paper) => typeof paper === 'string') : [], days } }
}

export interface NoticeComparison {
  holidays: number
  makeup: number
  added: NoticeDay[]
  changed: NoticeDay[]
  unchanged: number
  /** special days of the year of which it does not speak; they stay */
  kept: string[]
}

/** What taking the notice would do to the days. */
export function compareNotice(calendar: Calendar, notice: Notice): NoticeComparison {
  const comparison: NoticeComparison = { holidays: 0, makeup: 0, added: [], changed: [], unchanged: 0, kept: [] }
  const told = new Set<string>()
  for (const day of notice.days) {
    told.add(day.date)
    if (day.isOffDay) comparison.holidays += 1
    else comparison.makeup += 1
    const before = calendar.days[day.date]
    if (!before) comparison.added.push(day)
    else if (same(before, { working: !day.isOffDay, name: day.name })) comparison.unchanged += 1
    else comparison.changed.push(day)
  }
  comparison.kept = Object.keys(calendar.days)
    .filter((date) => yearOf(date) === notice.year && !told.has(date))
    .sort()
  return comparison
}

/** Where a field such as `days.3.date` stands in the text; null when the text has no such place. */
export function placeOf(text: string, field: string): { start: number; end: number; line: number } | null {
  const found = findValue(text, field === '' ? [] : field.split('.'))
  return found && { ...found, line: text.slice(0, found.start).split('\n').length }
}

/** Walks valid JSON down a path; where the path ends early, the place of what was found last. */
function findValue(text: string, path: readonly string[]): { start: number; end: number } | null {
  let at = skipSpace(text, 0)
  for (const name of path) {
    const open = text[at]
    if (open !== '{' && open !== '[') break
    let next = skipSpace(text, at + 1)
    let found: number | null = null
    for (let index = 0; next < text.length && text[next] !== '}' && text[next] !== ']'; index += 1) {
      let key = String(index)
      if (open === '{') {
        const end = valueEnd(text, next)
        key = text.slice(next + 1, end - 1)
        next = skipSpace(text, skipSpace(text, end) + 1)
      }
      if (key === name) {
        found = next
        break
      }
      next = skipSpace(text, valueEnd(text, next))
      if (text[next] === ',') next = skipSpace(text, next + 1)
    }
    if (found === null) break
    at = found
  }
  return at < text.length ? { start: at, end: valueEnd(text, at) } : null
}

function skipSpace(text: string, at: number): number {
  while (at < text.length && /[\s\uFEFF]/.test(text[at] ?? '')) at += 1
  return at
}

function valueEnd(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at += 1) {
    const char = text[at]
    if (char === '"') {
      for (at += 1; at < text.length && text[at] !== '"'; at += 1) if (text[at] === '\\') at += 1
      if (depth === 0) return at + 1
    } else if (char === '{' || char === '[') depth += 1
    else if (char === '}' || char === ']') {
      depth -= 1
      if (depth < 0) return at
      if (depth === 0) return at + 1
    } else if (depth === 0 && (char === ',' || /\s/.test(char ?? ''))) return at
  }
  return text.length
}

const tokens = /\s*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001F]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))/y

/** Where text stops being JSON. Browsers tell it in different words, or not at all. */
function errorAt(text: string): number {
  const closers: string[] = []
  let wanted: 'value' | 'value or end' | 'key' | 'key or end' | 'colon' | 'comma or end' | 'nothing' = 'value'
  const afterValue = (): typeof wanted => (closers.length === 0 ? 'nothing' : 'comma or end')
  tokens.lastIndex = text.startsWith('\uFEFF') ? 1 : 0
  for (;;) {
    const start = skipSpace(text, tokens.lastIndex)
    const match = tokens.exec(text)
    if (!match) return start
    const [, mark, string] = match
    if (wanted === 'colon' && mark === ':') wanted = 'value'
    else if (wanted.startsWith('key') && string !== undefined) wanted = 'colon'
    else if (wanted === 'comma or end' && mark === ',') wanted = closers[closers.length - 1] === '}' ? 'key' : 'value'
    else if (wanted.endsWith('or end') && mark !== undefined && mark === closers[closers.length - 1]) {
      closers.pop()
      wanted = afterValue()
    } else if (wanted.startsWith('value') && (mark === '{' || mark === '[')) {
      closers.push(mark === '{' ? '}' : ']')
      wanted = mark === '{' ? 'key or end' : 'value or end'
    } else if (wanted.startsWith('value') && mark === undefined) wanted = afterValue()
    else return start
  }
}

function isNoticeDay(value: unknown): value is NoticeDay {
  return isRecord(value) && typeof value['name'] === 'string' && typeof value['date'] === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value['date']) && typeof value['isOffDay'] === 'boolean'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
