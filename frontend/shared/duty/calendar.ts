import type { DutyCalendar, DutyCalendarRow, DutyPeriod } from '@/shared/api/duties'
import { clock } from '@/shared/format/time'
import { localTime } from '@/shared/format/local-time'
import { periodStates } from './words'

/** A branch's year as a table: a row for each type, twelve columns, a quarter as wide as its three months. */

export interface Cell {
  period: DutyPeriod
  /** columns, from 0 to 11 */
  from: number
  width: number
}
export interface Line {
  row: DutyCalendarRow
  key: string
  cells: Cell[]
}

/** `2026-11` is one column, `2026-Q4` three, `2026` all. */
export function columnsOf(period: string): Pick<Cell, 'from' | 'width'> {
  const quarter = /^\d{4}-Q([1-4])$/.exec(period)?.[1]
  if (quarter !== undefined) return { from: (Number(quarter) - 1) * 3, width: 3 }
  const month = /^\d{4}-(\d{2})$/.exec(period)?.[1]
  return month === undefined ? { from: 0, width: 12 } : { from: Number(month) - 1, width: 1 }
}

export function linesOf(calendar: Pick<DutyCalendar, 'items'>): Line[] {
  return calendar.items.map((row) => ({
    row,
    key: `${row.type}:${row.group?.id ?? ''}`,
    cells: row.periods.map((period) => ({ period, ...columnsOf(period.period) })).sort((a, b) => a.from - b.from),
  }))
}

export interface Place {
  line: number
  cell: number
}

/** Where an arrow leads: up and down to the cell that lies under the same month. null: the key means nothing here. */
export function moved(lines: readonly Line[], { line, cell }: Place, key: string): Place | null {
  const here = lines[line]
  if (!here) return null
  const last = here.cells.length - 1
  switch (key) {
    case 'ArrowRight':
      return { line, cell: Math.min(last, cell + 1) }
    case 'ArrowLeft':
      return { line, cell: Math.max(0, cell - 1) }
    case 'Home':
      return { line, cell: 0 }
    case 'End':
      return { line, cell: last }
    case 'ArrowUp':
    case 'ArrowDown': {
      const to = lines[line + (key === 'ArrowUp' ? -1 : 1)]
      if (!to) return { line, cell }
      const column = here.cells[cell]?.from ?? 0
      const under = to.cells.findIndex((other) => column >= other.from && column < other.from + other.width)
      return { line: lines.indexOf(to), cell: Math.max(0, under) }
    }
    default:
      return null
  }
}

/** The first cell somebody should look at: what is over and not done, else the present. */
export function firstPlace(lines: readonly Line[], now: number): Place {
  const urgent = ['red', 'orange', 'yellow'] as const
  for (const state of urgent) {
    for (const [line, { cells }] of lines.entries()) {
      const cell = cells.findIndex(({ period }) => period.state === state)
      if (cell >= 0) return { line, cell }
    }
  }
  const month = Number(localTime(now).slice(5, 7)) - 1
  const cell = lines[0]?.cells.findIndex(({ from, width }) => month >= from && month < from + width) ?? 0
  return { line: 0, cell: Math.max(0, cell) }
}

/** What there is to say of a period, line by line. */
export function factsOf(period: DutyPeriod, now: number): string[] {
  const at = (iso: string): string => `${localTime(iso).slice(0, 10)} ${clock(iso)}`
  const day = (iso: string): string => localTime(iso).slice(0, 10)
  const facts: string[] = []
  if (period.state === 'exempt') facts.push(`不要求：${period.exemption_title ?? ''}`)
  if (period.state === 'satisfied') facts.push(period.late ? '期满以后才补开或补录，保留“补录”标记。' : '已按要求召开。')
  if (period.state === 'coming') facts.push('已安排会议，开完并签发纪要后算召开。')
  if (period.state === 'red') facts.push(`已到期（${period.due_on}），没有召开。`)
  if (period.satisfied_at !== null) facts.push(`达到要求：${at(period.satisfied_at)}`)
  if (period.minutes_late > 0) facts.push(`有 ${period.minutes_late} 次会议的纪要签发得晚。`)
  if (period.state !== 'exempt' && period.state !== 'satisfied' && period.state !== 'red') {
    facts.push(`到期：${period.due_on}`)
    const coming = [
      { word: '黄色预警', iso: period.yellow_at },
      { word: '橙色预警', iso: period.orange_at },
      { word: '红色预警', iso: period.red_at },
    ].filter(({ iso }) => Date.parse(iso) > now)
    if (coming.length > 0) facts.push(`还不安排：${coming.map(({ word, iso }) => `${day(iso)} 起${word}`).join('，')}`)
  }
  return facts
}

/** Read out with a cell: 主题党日 2026年11月：黄色预警 */
export function spoken(row: Pick<DutyCalendarRow, 'type_title' | 'group'>, period: DutyPeriod): string {
  const whose = row.group ? `${row.group.name} ` : ''
  const word = period.state === 'exempt' ? `不要求，${period.exemption_title ?? ''}` : `${periodStates[period.state].word}${period.late ? '，补录' : ''}`
  return `${whose}${row.type_title} ${period.title}：${word}`
}
