import { isRecord } from '@/shared/live/frames'
import { monthOf, type Month } from './month'
import { isStatus, text } from './parse'
import { parseLine, type StatisticsLine } from './statistics'
import type { AttendeeStatus } from './types'

/** Where I was and how, of meetings that ended. */

export interface OwnRecord {
  meeting_id: string
  topic: string
  type_name: string
  org_name: string
  starts_at: string
  status: AttendeeStatus
  status_title: string
}

export interface OwnAttendance {
  /** the latest first */
  items: OwnRecord[]
  /** of those that I was expected at */
  total: StatisticsLine
}

/** null: not what the contract promises */
export function parseOwnAttendance(value: unknown): OwnAttendance | null {
  if (!isRecord(value) || !Array.isArray(value['items'])) return null
  return { items: value['items'].flatMap((item) => parseRecord(item) ?? []), total: parseLine(isRecord(value['total']) ? value['total'] : {}) }
}

function parseRecord(value: unknown): OwnRecord | null {
  if (!isRecord(value)) return null
  const { meeting_id, starts_at, status } = value
  if (typeof meeting_id !== 'string' || typeof starts_at !== 'string' || Number.isNaN(Date.parse(starts_at)) || !isStatus(status)) return null
  return { meeting_id, starts_at, status, topic: text(value['topic']) ?? '', type_name: text(value['type_name']) ?? '', org_name: text(value['org_name']) ?? '', status_title: text(value['status_title']) ?? '' }
}

export interface RecordMonth {
  month: Month
  records: OwnRecord[]
}

/** The latest month first, and in it the latest meeting. */
export function byMonth(records: readonly OwnRecord[]): RecordMonth[] {
  const months: RecordMonth[] = []
  for (const record of [...records].sort((a, b) => Date.parse(b.starts_at) - Date.parse(a.starts_at))) {
    const month = monthOf(record.starts_at)
    const last = months[months.length - 1]
    if (last?.month === month) last.records.push(record)
    else months.push({ month, records: [record] })
  }
  return months
}

/** What of the totals is worth a word beside 应到, 实到, 请假 and 缺席. */
export function ownNotes(total: StatisticsLine): string[] {
  const parts: [string, number][] = [
    ['迟到', total.late],
    ['早退', total.left_early],
    ['线上', total.online],
    ['由人替会', total.substituted],
  ]
  return parts.filter(([, count]) => count > 0).map(([word, count]) => `${word} ${count} 次`)
}
