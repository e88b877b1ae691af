import { isRecord } from '@/shared/live/frames'
import type { AgendaItem, AgendaPosition, Attendee, AttendeeStatus, Evidence, Figures, Flag, Leave, LeaveDecision, MeetingMode, MeetingState, Presence } from './types'

/** What `meeting:{id}` tells, checked where it arrives. null: not what the contract promises. */

const states: readonly string[] = ['draft', 'launched', 'running', 'ended', 'archived', 'cancelled']
const statuses: readonly string[] = ['expected', 'on_time', 'late', 'left_early', 'absent', 'leave_approved', 'leave_pending', 'substitute', 'guest', 'online']
const flags: readonly string[] = ['second_account_on_device', 'second_device', 'stale_fix', 'mock_location', 'coarse_fix']

/** What of a meeting changes while it is looked at. */
export interface MeetingNow {
  startedAt: string | null
  endedAt: string | null
  cancelReason: string | null
  items: AgendaItem[]
}

/** The state of the topic: `attendees` for the desk, `own` for somebody on the list. */
export interface TopicState {
  meeting: MeetingNow | null
  figures: Figures
  attendees: Attendee[] | null
  /** undefined: not told */
  own: Attendee | null | undefined
}

export function parseTopicState(value: unknown): TopicState | null {
  if (!isRecord(value)) return null
  const figures = parseFigures(value['figures'])
  if (!figures) return null
  const { meeting, attendees, own } = value
  return {
    meeting: isRecord(meeting) ? parseMeetingNow(meeting) : null,
    figures,
    attendees: Array.isArray(attendees) ? parseAttendees(attendees) : null,
    own: own === undefined ? undefined : parseAttendee(own),
  }
}

function parseMeetingNow(value: Record<string, unknown>): MeetingNow {
  const items = Array.isArray(value['items']) ? value['items'] : []
  return {
    startedAt: text(value['started_at']),
    endedAt: text(value['ended_at']),
    cancelReason: text(value['cancel_reason']),
    items: items.flatMap((item) => (isRecord(item) && typeof item['title'] === 'string' ? [{ title: item['title'], minutes: count(item['minutes']), presenter: text(item['presenter']) }] : [])),
  }
}

export function parseFigures(value: unknown): Figures | null {
  if (!isRecord(value) || !isState(value['state']) || typeof value['expected'] !== 'number' || typeof value['present'] !== 'number') return null
  return {
    expected: value['expected'],
    present: value['present'],
    on_time: count(value['on_time']),
    late: count(value['late']),
    left_early: count(value['left_early']),
    online: count(value['online']),
    substituted: count(value['substituted']),
    leave: count(value['leave']),
    leave_pending: count(value['leave_pending']),
    missing: count(value['missing']),
    guests: count(value['guests']),
    hands: count(value['hands']),
    state: value['state'],
    agenda: parsePosition(value['agenda']),
  }
}

export function parsePosition(value: unknown): AgendaPosition | null {
  if (!isRecord(value) || typeof value['index'] !== 'number' || typeof value['since'] !== 'string') return null
  return { index: value['index'], since: value['since'], ends_at: text(value['ends_at']) }
}

export function parseAttendees(value: unknown): Attendee[] {
  return Array.isArray(value) ? value.flatMap((item) => parseAttendee(item) ?? []) : []
}

export function parseAttendee(value: unknown): Attendee | null {
  if (!isRecord(value)) return null
  const { member_id, name, status, role, standing, number, answer, presence } = value
  const other = value['substituted_by']
  if (typeof member_id !== 'string' || typeof name !== 'string' || !isStatus(status)) return null
  return {
    member_id,
    name,
    organisation_id: text(value['organisation_id']) ?? '',
    standing: standing === 'full' || standing === 'probationary' ? standing : 'none',
    role: role === 'guest' || role === 'substitute' ? role : 'member',
    substitute_of: text(value['substitute_of']),
    substituted_by: isRecord(other) ? text(other['name']) : text(other),
    status,
    present: value['present'] === true,
    number: typeof number === 'number' ? number : null,
    answer: isRecord(answer) && typeof answer['attending'] === 'boolean' ? { attending: answer['attending'], at: text(answer['at']) ?? '' } : null,
    signed_up_at: text(value['signed_up_at']),
    leave: parseLeave(value['leave']),
    presence: Array.isArray(presence) ? presence.flatMap((stretch) => parsePresence(stretch) ?? []) : [],
    evidence: parseEvidence(value['evidence']),
    hand_raised_at: text(value['hand_raised_at']),
    photo: text(value['photo']),
  }
}

function parseLeave(value: unknown): Leave | null {
  if (!isRecord(value) || typeof value['reason'] !== 'string') return null
  return { reason: value['reason'], asked_at: text(value['asked_at']) ?? '', decision: parseDecision(value['decision'], '') }
}

/** `at`: when the decision itself does not say. */
export function parseDecision(value: unknown, at: string): LeaveDecision | null {
  if (!isRecord(value) || typeof value['approved'] !== 'boolean') return null
  const by = value['by']
  return {
    approved: value['approved'],
    note: text(value['note']),
    by: isRecord(by) && typeof by['name'] === 'string' ? { id: text(by['id']) ?? '', name: by['name'] } : null,
    at: text(value['at']) ?? at,
  }
}

function parsePresence(value: unknown): Presence | null {
  if (!isRecord(value) || typeof value['from'] !== 'string') return null
  return { from: value['from'], until: text(value['until']), way: parseWay(value['way']) }
}

export function parseWay(value: unknown): Presence['way'] {
  return value === 'manual' || value === 'online' ? value : 'code'
}

export function parseEvidence(value: unknown): Evidence | null {
  if (!isRecord(value)) return null
  const { grade, manual } = value
  const by = isRecord(manual) ? manual['by'] : null
  return {
    grade: grade === 'strong' || grade === 'weak' ? grade : 'fair',
    flags: Array.isArray(value['flags']) ? value['flags'].filter((flag): flag is Flag => flags.includes(flag as string)) : [],
    slot_age_ms: numberOrNull(value['slot_age_ms']),
    distance_m: numberOrNull(value['distance_m']),
    accuracy_m: numberOrNull(value['accuracy_m']),
    manual: isRecord(manual) && typeof manual['reason'] === 'string' ? { by: isRecord(by) ? (text(by['name']) ?? '') : (text(by) ?? ''), reason: manual['reason'] } : null,
  }
}

export function isStatus(value: unknown): value is AttendeeStatus {
  return typeof value === 'string' && statuses.includes(value)
}

export function isState(value: unknown): value is MeetingState {
  return typeof value === 'string' && states.includes(value)
}

export function isMode(value: unknown): value is MeetingMode {
  return value === 'onsite' || value === 'online' || value === 'hybrid'
}

export function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

export function count(value: unknown): number {
  return numberOrNull(value) ?? 0
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}
