import { isRecord } from '@/shared/live/frames'
import { count, text } from './parse'

/** Who came how often, by member, organisation, type or month. */

export type StatisticsBy = 'member' | 'organisation' | 'type' | 'month'

export interface StatisticsLine {
  key: string
  name: string
  org_name: string
  meetings: number
  expected: number
  present: number
  on_time: number
  late: number
  left_early: number
  leave: number
  absent: number
  substituted: number
  online: number
}

export interface Statistics {
  from: string
  until: string
  items: StatisticsLine[]
  total: StatisticsLine
}

/** null: not what the contract promises */
export function parseStatistics(value: unknown): Statistics | null {
  if (!isRecord(value) || !Array.isArray(value['items'])) return null
  const items = value['items'].flatMap((item) => (isRecord(item) ? [parseLine(item)] : []))
  return { from: text(value['from']) ?? '', until: text(value['until']) ?? '', items, total: parseLine(isRecord(value['total']) ? value['total'] : {}) }
}

export function parseLine(value: Record<string, unknown>): StatisticsLine {
  return {
    key: text(value['key']) ?? '',
    name: text(value['name']) ?? '',
    org_name: text(value['org_name']) ?? '',
    meetings: count(value['meetings']),
    expected: count(value['expected']),
    present: count(value['present']),
    on_time: count(value['on_time']),
    late: count(value['late']),
    left_early: count(value['left_early']),
    leave: count(value['leave']),
    absent: count(value['absent']),
    substituted: count(value['substituted']),
    online: count(value['online']),
  }
}

/** Of a hundred that were expected; null: nobody was. Never 100 before everybody came, never 0 once somebody did. */
export function rateOf(line: Pick<StatisticsLine, 'expected' | 'present'>): number | null {
  if (line.expected <= 0) return null
  const permille = Math.floor((Math.min(line.present, line.expected) * 1000) / line.expected)
  return line.present <= 0 ? 0 : Math.max(1, permille) / 10
}

/** 86.5% */
export function rateWords(line: Pick<StatisticsLine, 'expected' | 'present'>): string {
  const rate = rateOf(line)
  return rate === null ? '—' : `${rate}%`
}
