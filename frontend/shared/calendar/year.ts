import type { Calendar, Period, SpecialDay } from '../api/rules'
import { hoursWords, weekdayWords } from './periods'

/** A year of a calendar, day by day, as it will be when the calendar is saved. Dates are plain: 2026-10-01 in China. */

export type DayState = 'work' | 'rest' | 'holiday' | 'makeup'

export const dayStateWords: Record<DayState, string> = { work: '上班', rest: '周末休息', holiday: '放假', makeup: '调休上班' }

export interface Day {
  date: string
  /** 1 to 31 */
  number: number
  /** 0 (Monday) to 6 */
  weekday: number
  state: DayState
  name: string | null
}

export interface Month {
  /** 1 to 12 */
  month: number
  /** weeks of seven, Monday first; null outside the month */
  weeks: (Day | null)[][]
}

export interface YearCounts {
  workdays: number
  holidays: number
  makeup: number
}

const dayMs = 86_400_000
/** Years that a calendar may speak of. */
export const firstYear = 1992
export const lastYear = 2200

export function isoDate(year: number, month: number, day: number): string {
  return new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, 10)
}

export function addDays(date: string, days: number): string {
  return new Date(Date.parse(date) + days * dayMs).toISOString().slice(0, 10)
}

/** 0 (Monday) to 6 */
export function weekdayOf(date: string): number {
  return (new Date(date).getUTCDay() + 6) % 7
}

export function yearOf(date: string): number {
  return Number(date.slice(0, 4))
}

/** The date in China at a moment. */
export function dateInChina(at: number): string {
  return new Date(at + 8 * 3600_000).toISOString().slice(0, 10)
}

/** All dates from one to another, whichever comes first. */
export function datesBetween(one: string, other: string): string[] {
  const [from, to] = one <= other ? [one, other] : [other, one]
  const dates: string[] = []
  for (let date = from; date <= to; date = addDays(date, 1)) dates.push(date)
  return dates
}

export function periodsOn(calendar: Calendar, date: string): readonly Period[] {
  const special = calendar.days[date]
  if (special) return special.working ? (special.hours ?? calendar.makeup) : []
  return calendar.week[weekdayOf(date)] ?? []
}

export function dayOf(calendar: Calendar, date: string): Day {
  const special = calendar.days[date]
  const weekday = weekdayOf(date)
  const ordinary: DayState = (calendar.week[weekday] ?? []).length > 0 ? 'work' : 'rest'
  const state = special ? (special.working ? 'makeup' : 'holiday') : ordinary
  return { date, number: Number(date.slice(8)), weekday, state, name: special?.name ?? null }
}

export function monthsOf(calendar: Calendar, year: number): Month[] {
  return Array.from({ length: 12 }, (_, index) => {
    const month = index + 1
    const days: (Day | null)[] = Array.from({ length: weekdayOf(isoDate(year, month, 1)) }, () => null)
    for (let date = isoDate(year, month, 1); Number(date.slice(5, 7)) === month; date = addDays(date, 1)) days.push(dayOf(calendar, date))
    while (days.length % 7 !== 0) days.push(null)
    return { month, weeks: Array.from({ length: days.length / 7 }, (_week, week) => days.slice(week * 7, week * 7 + 7)) }
  })
}

export function countsOf(calendar: Calendar, year: number): YearCounts {
  const counts: YearCounts = { workdays: 0, holidays: 0, makeup: 0 }
  for (const date of datesBetween(isoDate(year, 1, 1), isoDate(year, 12, 31))) {
    const { state } = dayOf(calendar, date)
    if (periodsOn(calendar, date).length > 0) counts.workdays += 1
    if (state === 'holiday') counts.holidays += 1
    if (state === 'makeup') counts.makeup += 1
  }
  return counts
}

export interface DayGroup {
  name: string
  /** 10月1日–7日 */
  off: string[]
  makeup: string[]
  offDays: number
  first: string
}

/** Special days as people say them: 国庆节 10月1日–7日 放假，9月20日 上班. Days of one name stay together. */
export function groupsOf(days: readonly { date: string; name: string; working: boolean }[]): DayGroup[] {
  const groups = new Map<string, { off: string[]; makeup: string[] }>()
  for (const day of [...days].sort((a, b) => a.date.localeCompare(b.date))) {
    const group = groups.get(day.name) ?? { off: [], makeup: [] }
    groups.set(day.name, group)
    ;(day.working ? group.makeup : group.off).push(day.date)
  }
  return [...groups]
    .map(([name, { off, makeup }]) => ({ name, off: runsOf(off), makeup: runsOf(makeup), offDays: off.length, first: off[0] ?? makeup[0] ?? '' }))
    .sort((a, b) => a.first.localeCompare(b.first))
}

export function groupsOfYear(calendar: Calendar, year: number): DayGroup[] {
  const days = Object.entries(calendar.days).filter(([date]) => yearOf(date) === year)
  return groupsOf(days.map(([date, { name, working }]) => ({ date, name, working })))
}

/** 10月1日–7日, 9月30日–10月3日, 5月9日 */
export function runsOf(dates: readonly string[]): string[] {
  const runs: [string, string][] = []
  for (const date of [...dates].sort()) {
    const last = runs[runs.length - 1]
    if (last && addDays(last[1], 1) === date) last[1] = date
    else runs.push([date, date])
  }
  return runs.map(([from, to]) => {
    if (from === to) return shortDate(from)
    return from.slice(0, 7) === to.slice(0, 7) ? `${shortDate(from)}–${Number(to.slice(8))}日` : `${shortDate(from)}–${shortDate(to)}`
  })
}

/** 10月1日 */
export function shortDate(date: string): string {
  return `${Number(date.slice(5, 7))}月${Number(date.slice(8))}日`
}

/** 10月1日 星期四 国庆节 放假 */
export function dayLabel(day: Day): string {
  const name = day.name === dayStateWords[day.state] ? '' : (day.name ?? '')
  return [shortDate(day.date), weekdayWords[day.weekday] ?? '', name, dayStateWords[day.state]].filter((word) => word !== '').join(' ')
}

export function specialWords(special: SpecialDay | undefined): string {
  if (!special) return '按平常'
  const state = dayStateWords[special.working ? 'makeup' : 'holiday']
  const more = [special.name === state ? '' : special.name, special.hours ? hoursWords(special.hours) : ''].filter((word) => word !== '')
  return more.length > 0 ? `${state}（${more.join('，')}）` : state
}

/** The day that an arrow key leads to; null when the key leads nowhere. */
export function movedDate(date: string, key: string): string | null {
  const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 }
  const step = steps[key]
  if (step !== undefined) return addDays(date, step)
  const [year, month, day] = [yearOf(date), Number(date.slice(5, 7)), Number(date.slice(8))]
  if (key === 'Home') return isoDate(year, month, 1)
  if (key === 'End') return isoDate(year, month + 1, 0)
  if (key === 'PageUp' || key === 'PageDown') {
    const target = month + (key === 'PageUp' ? -1 : 1)
    const last = Number(isoDate(year, target + 1, 0).slice(8))
    return isoDate(year, target, Math.min(day, last))
  }
  return null
}
