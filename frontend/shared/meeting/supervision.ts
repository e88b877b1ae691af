import type { Person } from '@/shared/api/types'
import { isRecord } from '@/shared/live/frames'
import { count, isMode, isState, parsePosition, text } from './parse'
import type { AgendaPosition, MeetingMode, MeetingState } from './types'

/** The meetings of a subtree on one day, as `/supervision/meetings` and `supervision:{organisation}` tell them. */

export interface SupervisedItem extends AgendaPosition {
  title: string
}

export interface SupervisedMeeting {
  id: string
  topic: string
  type_name: string
  org_id: string
  org_name: string
  host: Person
  place: string
  mode: MeetingMode
  starts_at: string
  ends_at: string
  started_at: string | null
  ended_at: string | null
  state: MeetingState
  expected: number
  present: number
  late: number
  leave: number
  leave_pending: number
  missing: number
  voters: number
  voters_present: number
  quorum: boolean
  item: SupervisedItem | null
  items: number
  /** codes; newer servers may know more */
  alerts: readonly string[]
  visits: number
  visited_by: string | null
  visited_at: string | null
  nudged_at: string | null
}

export interface Supervision {
  org_id: string
  org_name: string
  /** `2026-11-21`, by Beijing's calendar */
  date: string
  as_of: string
  items: SupervisedMeeting[]
}

/** Of a row that is known only what is new, with its id. */
export type RowPart = Record<string, unknown> & { id: string }

export interface SupervisionChange {
  changed: RowPart[]
  removed: string[]
}

/** null: not what the contract promises */
export function parseSupervision(value: unknown): Supervision | null {
  if (!isRecord(value) || typeof value['org_id'] !== 'string') return null
  return { org_id: value['org_id'], org_name: text(value['org_name']) ?? '', date: text(value['date']) ?? '', as_of: text(value['as_of']) ?? '', items: parseRows(value['items']) }
}

export function parseSupervisionChange(value: unknown): SupervisionChange | null {
  if (!isRecord(value)) return null
  const { changed, removed } = value
  return { changed: Array.isArray(changed) ? changed.filter(isPart) : [], removed: Array.isArray(removed) ? removed.filter((id): id is string => typeof id === 'string') : [] }
}

function isPart(value: unknown): value is RowPart {
  return isRecord(value) && typeof value['id'] === 'string'
}

/** One that cannot be read does not hide the others. */
function parseRows(value: unknown): SupervisedMeeting[] {
  return Array.isArray(value) ? value.flatMap((row) => parseSupervised(row) ?? []) : []
}

export function parseSupervised(value: unknown): SupervisedMeeting | null {
  if (!isRecord(value)) return null
  const { id, topic, state, starts_at, host, item } = value
  if (typeof id !== 'string' || typeof topic !== 'string' || typeof starts_at !== 'string' || !isState(state)) return null
  const position = parsePosition(item)
  return {
    id,
    topic,
    type_name: text(value['type_name']) ?? '',
    org_id: text(value['org_id']) ?? '',
    org_name: text(value['org_name']) ?? '',
    host: isRecord(host) ? { id: text(host['id']) ?? '', name: text(host['name']) ?? '' } : { id: '', name: '' },
    place: text(value['place']) ?? '',
    mode: isMode(value['mode']) ? value['mode'] : 'onsite',
    starts_at,
    ends_at: text(value['ends_at']) ?? starts_at,
    started_at: text(value['started_at']),
    ended_at: text(value['ended_at']),
    state,
    expected: count(value['expected']),
    present: count(value['present']),
    late: count(value['late']),
    leave: count(value['leave']),
    leave_pending: count(value['leave_pending']),
    missing: count(value['missing']),
    voters: count(value['voters']),
    voters_present: count(value['voters_present']),
    quorum: value['quorum'] === true,
    item: position && isRecord(item) ? { ...position, title: text(item['title']) ?? '' } : null,
    items: count(value['items']),
    alerts: Array.isArray(value['alerts']) ? value['alerts'].filter((code): code is string => typeof code === 'string') : [],
    visits: count(value['visits']),
    visited_by: text(value['visited_by']),
    visited_at: text(value['visited_at']),
    nudged_at: text(value['nudged_at']),
  }
}
