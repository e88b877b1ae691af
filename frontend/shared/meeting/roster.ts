import { isRecord, type LiveEvent } from '@/shared/live/frames'
import { isStatus, parseAttendees, parseDecision, parseEvidence, parseWay, text } from './parse'
import type { Attendee, Flag } from './types'

/**
 * The list of a meeting as the host's desk shows it. Every change is taken over by `member_id` and says how things are,
 * not what was added: an event that comes twice, joined with others or after a snapshot changes nothing.
 */

/** By member, in the order of names: a list of thousands is sorted when people are added, not at every arrival. */
export type Roster = ReadonlyMap<string, Attendee>

export type RosterTab = 'missing' | 'arrived' | 'leave' | 'guests'

export function rosterOf(attendees: readonly Attendee[]): Roster {
  return new Map([...attendees].sort(byName).map((attendee) => [attendee.member_id, attendee]))
}

/** The list after some events, copied once; the same object when they change nothing in it. */
export function afterEvents(roster: Roster, events: readonly LiveEvent[]): Roster {
  const next = new Map(roster)
  let [differs, newcomers] = [false, false]
  const put = (attendee: Attendee): void => {
    differs = true
    newcomers ||= !next.has(attendee.member_id)
    next.set(attendee.member_id, attendee)
    const principal = attendee.substitute_of === null ? undefined : next.get(attendee.substitute_of)
    if (principal) next.set(principal.member_id, replacedBy(attendee, principal))
  }
  for (const { data, kind, at } of events) {
    if (kind === 'meeting.listed') parseAttendees(data['attendees']).forEach(put)
    const id = data['member_id']
    if (typeof id !== 'string') continue
    const before = next.get(id) ?? (kind === 'meeting.signed_in' ? stranger(id, data) : null)
    const after = before && changed(before, kind, data, at)
    if (after && after !== before) put(after)
  }
  if (newcomers) return rosterOf([...next.values()])
  return differs ? next : roster
}

/** Somebody in whose place another one is to go, or has come: no event tells of the person. */
function replacedBy(substitute: Attendee, principal: Attendee): Attendee {
  const came = substitute.number !== null && principal.number === null
  return { ...principal, substituted_by: substitute.name, status: came ? 'substitute' : principal.status }
}

/** One person after an event about them. */
export function changed(before: Attendee, kind: string, data: Record<string, unknown>, at: string): Attendee {
  switch (kind) {
    case 'meeting.signed_in':
      return signedIn(before, data, at)
    case 'meeting.signed_out':
      // Who leaves has nothing more to say.
      return { ...before, present: false, hand_raised_at: null, presence: before.presence.map((stretch) => (stretch.until === null ? { ...stretch, until: at } : stretch)) }
    case 'meeting.attendee_replied':
      return typeof data['attending'] === 'boolean' ? { ...before, answer: { attending: data['attending'], at } } : before
    case 'meeting.signed_up':
      return { ...before, signed_up_at: at }
    case 'meeting.leave_requested':
      return { ...before, leave: { reason: typeof data['reason'] === 'string' ? data['reason'] : '', asked_at: at, decision: null }, status: before.number === null ? 'leave_pending' : before.status }
    case 'meeting.leave_withdrawn':
      return { ...before, leave: null, status: before.number === null ? 'expected' : before.status }
    case 'meeting.hand_raised':
      return before.hand_raised_at === null ? { ...before, hand_raised_at: at } : before
    case 'meeting.hand_lowered':
    case 'meeting.hand_withdrawn':
      return before.hand_raised_at === null ? before : { ...before, hand_raised_at: null }
    case 'meeting.leave_decided': {
      const decision = parseDecision(data['decision'], at)
      if (!decision || !before.leave) return before
      const status = decision.approved ? 'leave_approved' : 'expected'
      return { ...before, leave: { ...before.leave, decision }, status: before.number === null ? status : before.status }
    }
    default:
      return before
  }
}

function signedIn(before: Attendee, data: Record<string, unknown>, at: string): Attendee {
  const { number, status, evidence, way, photo } = data
  const open = before.presence.some((stretch) => stretch.until === null)
  return {
    ...before,
    present: true,
    number: typeof number === 'number' ? number : before.number,
    status: isStatus(status) ? status : before.status,
    presence: open ? before.presence : [...before.presence, { from: at, until: null, way: parseWay(way) }],
    evidence: isRecord(evidence) ? parseEvidence(evidence) : before.evidence,
    photo: photo === undefined ? before.photo : text(photo),
  }
}

/** Somebody of whom the list did not know: added while this page was not looking. */
function stranger(member_id: string, data: Record<string, unknown>): Attendee | null {
  if (typeof data['name'] !== 'string') return null
  const role = data['status'] === 'guest' ? 'guest' : 'member'
  return { member_id, name: data['name'], organisation_id: '', standing: 'none', role, substitute_of: null, substituted_by: null, status: 'expected', present: false, number: null, answer: null, signed_up_at: null, leave: null, presence: [], evidence: null, hand_raised_at: null, photo: null }
}

export function tabOf(attendee: Attendee): RosterTab {
  if (attendee.role === 'guest') return 'guests'
  if (attendee.number !== null || attendee.present) return 'arrived'
  if (attendee.status === 'leave_approved' || attendee.status === 'leave_pending') return 'leave'
  return 'missing'
}

export function counts(roster: Roster): Record<RosterTab, number> {
  const found = { missing: 0, arrived: 0, leave: 0, guests: 0 }
  for (const attendee of roster.values()) found[tabOf(attendee)] += 1
  return found
}

/** Who would like to speak, in the order in which they asked. */
export function raisedHands(roster: Roster): Attendee[] {
  const found: Attendee[] = []
  for (const attendee of roster.values()) if (attendee.hand_raised_at !== null) found.push(attendee)
  return found.sort((a, b) => Date.parse(a.hand_raised_at ?? '') - Date.parse(b.hand_raised_at ?? ''))
}

/** How many of a tab are shown before somebody asks for more: a list of thousands must not freeze a phone. */
export const shownAtOnce = 100

/**
 * The people of a tab. Who came stands with the newest first; leave that waits for a decision stands above leave that
 * has one; everybody else by name.
 */
export function listed(roster: Roster, tab: RosterTab, search: string): Attendee[] {
  const words = search.trim().toLowerCase()
  const found: Attendee[] = []
  for (const attendee of roster.values()) {
    if (tabOf(attendee) === tab && (words === '' || matches(attendee, words))) found.push(attendee)
  }
  if (tab === 'arrived') return found.sort(newestFirst)
  return tab === 'leave' ? found.sort(waitingFirst) : found
}

function matches(attendee: Attendee, words: string): boolean {
  return attendee.name.toLowerCase().includes(words) || String(attendee.number ?? '') === words
}

// One collator: comparing by `localeCompare` builds one for each pair.
const names = new Intl.Collator('zh-CN')

function byName(a: Attendee, b: Attendee): number {
  return names.compare(a.name, b.name) || (a.member_id < b.member_id ? -1 : 1)
}

function newestFirst(a: Attendee, b: Attendee): number {
  return (b.number ?? 0) - (a.number ?? 0)
}

function waitingFirst(a: Attendee, b: Attendee): number {
  return Number(b.status === 'leave_pending') - Number(a.status === 'leave_pending')
}

/** What is odd about somebody's sign-in; empty: nothing. */
export function flagsOf(attendee: Attendee): readonly Flag[] {
  return attendee.evidence?.flags ?? []
}
