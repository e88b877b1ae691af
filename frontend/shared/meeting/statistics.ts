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
