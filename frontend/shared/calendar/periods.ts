import type { Period } from '../api/rules'

/** Office hours within a day. */

export const weekdayWords = ['星期一', '星期二', '星期三', '星期四', '星期五', '星期六', '星期日'] as const
export const dayMinutes = 24 * 60

/** What people type for a time: 830, 8:30, 8：30, 08.30 and 8 are all 08:30 or 08:00; null when it is none. */
export function timeFrom(text: string): string | null {
  const match = /^(\d{1,2})(?:[:：.]?(\d{2}))?$/.exec(text.trim())
  if (!match) return null
  const [hours, minutes] = [Number(match[1]), Number(match[2] ?? 0)]
  if (minutes > 59 || hours * 60 + minutes > dayMinutes) return null
  return `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`
}

/** 08:30 → 510; null when it is no time. */
export function minutesAt(time: string): number | null {
  const known = timeFrom(time)
  if (known === null) return null
  const [hours = 0, minutes = 0] = known.split(':').map(Number)
  return hours * 60 + minutes
}

export function minutesOf(periods: readonly Period[]): number {
  return periods.reduce((sum, { from, to }) => sum + Math.max(0, (minutesAt(to) ?? 0) - (minutesAt(from) ?? 0)), 0)
}

/** As the server wants them: 8:30 becomes 08:30; what is no time stays to be seen. */
export function tidyPeriods(periods: readonly Period[]): Period[] {
  return periods.map(({ from, to }) => ({ from: timeFrom(from) ?? from, to: timeFrom(to) ?? to }))
}

/** 7 小时, 3 小时 30 分 */
export function hoursWords(periods: readonly Period[]): string {
  const minutes = minutesOf(periods)
  if (minutes === 0) return '不上班'
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  return [hours > 0 ? `${hours} 小时` : '', rest > 0 ? `${rest} 分` : ''].filter((part) => part !== '').join(' ')
}

export function periodWords(periods: readonly Period[]): string {
  return periods.length === 0 ? '不上班' : periods.map(({ from, to }) => `${from}–${to}`).join('、')
}

/** What the server would refuse, by its names below `field`. */
export function periodProblems(field: string, periods: readonly Period[]): Record<string, string> {
  const problems: Record<string, string> = {}
  let before: { to: number; words: string } | null = null
  periods.forEach(({ from, to }, index) => {
    const [start, end] = [minutesAt(from), minutesAt(to)]
    if (start === null || end === null) problems[`${field}.${index}`] = '时间请写作 08:30 的形式'
    else if (start >= end) problems[`${field}.${index}`] = '结束时间应晚于开始时间'
    else if (before !== null && start < before.to) problems[`${field}.${index}`] = `应排在 ${before.words} 之后，且不重叠`
    if (start !== null && end !== null && start < end) before = { to: end, words: `${from}–${to}` }
  })
  return problems
}

/** A further period where one is likely: the afternoon after the morning. */
export function nextPeriod(periods: readonly Period[]): Period {
  const last = periods[periods.length - 1]
  const end = last ? minutesAt(last.to) : null
  if (end === null) return { from: '08:30', to: '12:00' }
  if (end <= 13 * 60) return { from: '14:30', to: '18:00' }
  const from = Math.min(end + 60, dayMinutes - 60)
  const to = Math.min(from + 120, dayMinutes)
  return { from: timeOf(from), to: timeOf(to) }
}

function timeOf(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
}
