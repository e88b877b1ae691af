import { isRecord } from '@/shared/live/frames'
import { parseVoteFigures, parseVotes } from '@/shared/meeting/parse-votes'
import type { AgendaItem, AgendaPosition, Arrival, MeetingFacts, MeetingFigures, MeetingState, WallSnapshot } from './types'

/** The topic `meeting:ID`, validated where it arrives. A screen is sent arrivals, a host's desk the whole list. */

export function readSnapshot(value: unknown): WallSnapshot | null {
  if (!isRecord(value)) return null
  const facts = readFacts(value['meeting'])
  const figures = readFigures(value['figures'])
  if (!facts || !figures) return null
  return { facts, figures, arrivals: readArrivals(value['arrivals'], value['attendees']), votes: parseVotes(value['votes']) }
}

export function readFigures(value: unknown): MeetingFigures | null {
  if (!isRecord(value)) return null
  const state = value['state']
  if (!isState(state)) return null
  const count = (name: string): number => {
    const number = value[name]
    return typeof number === 'number' && Number.isFinite(number) && number > 0 ? Math.floor(number) : 0
  }
  return {
    state,
    expected: count('expected'),
    present: count('present'),
    onTime: count('on_time'),
    late: count('late'),
    leftEarly: count('left_early'),
    online: count('online'),
    leave: count('leave'),
    leavePending: count('leave_pending'),
    missing: count('missing'),
    guests: count('guests'),
    hands: count('hands'),
    voters: count('voters'),
    votersPresent: count('voters_present'),
    agenda: readPosition(value['agenda']),
    vote: parseVoteFigures(value['vote']),
  }
}

/** Of `meeting.signed_in`, of the snapshot's arrivals and of a desk's list; null: nobody who came. */
export function readArrival(value: unknown): Arrival | null {
  if (!isRecord(value)) return null
  const { member_id, name, number, status, present, photo } = value
  if (typeof member_id !== 'string' || typeof name !== 'string' || name.trim() === '') return null
  return {
    id: member_id,
    name: name.trim(),
    number: typeof number === 'number' && Number.isFinite(number) ? number : null,
    status: typeof status === 'string' ? status : '',
    away: present === false || status === 'left_early',
    photo: text(photo) || null,
  }
}

function readArrivals(arrivals: unknown, attendees: unknown): readonly Arrival[] | null {
  if (Array.isArray(arrivals)) return arrivals.flatMap((value) => readArrival(value) ?? [])
  if (!Array.isArray(attendees)) return null
  return attendees.flatMap((value) => {
    const arrival = readArrival(value)
    return arrival !== null && arrival.number !== null ? arrival : []
  })
}

function readFacts(value: unknown): MeetingFacts | null {
  if (!isRecord(value) || typeof value['id'] !== 'string') return null
  const startsAt = time(value['starts_at'])
  if (startsAt === null) return null
  const organisation = value['organisation']
  return {
    id: value['id'],
    topic: text(value['topic']),
    organisation: text(value['organisation_name']) || (isRecord(organisation) ? text(organisation['name']) : ''),
    host: text(value['host']),
    place: text(value['place']),
    startsAt,
    endsAt: time(value['ends_at']),
    startedAt: time(value['started_at']),
    endedAt: time(value['ended_at']),
    cancelReason: text(value['cancel_reason']),
    signInOpensAt: time(value['sign_in_opens_at']),
    signInRequired: value['sign_in_required'] !== false,
    lateAt: time(value['late_at']),
    fenceRadius: typeof value['fence_radius_m'] === 'number' ? value['fence_radius_m'] : null,
    items: Array.isArray(value['items']) ? value['items'].flatMap((item) => readItem(item) ?? []) : [],
  }
}

function readItem(value: unknown): AgendaItem | null {
  if (!isRecord(value)) return null
  const minutes = value['minutes']
  return {
    title: text(value['title']),
    minutes: typeof minutes === 'number' && minutes > 0 ? minutes : null,
    presenter: text(value['presenter']) || null,
  }
}

function readPosition(value: unknown): AgendaPosition | null {
  if (!isRecord(value) || typeof value['index'] !== 'number') return null
  return { index: value['index'], since: time(value['since']), endsAt: time(value['ends_at']) }
}

const states: readonly string[] = ['draft', 'launched', 'running', 'ended', 'archived', 'cancelled']

function isState(value: unknown): value is MeetingState {
  return typeof value === 'string' && states.includes(value)
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.trim() : ''
}

export function time(value: unknown): number | null {
  const at = typeof value === 'string' ? Date.parse(value) : NaN
  return Number.isFinite(at) ? at : null
}
