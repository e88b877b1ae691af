import { parseAttendee, parseAttendees, parseFigures } from '@/shared/meeting/parse'
import type { AgreedFix, Attendee, Figures, Meeting, SignedIn, SignInCode } from '@/shared/meeting/types'
import { get, post, request } from './client'
import type { components } from './schema'
import type { Page } from './types'

export type NewMeeting = components['schemas']['NewMeetingInput']
export type MeetingChanges = components['schemas']['MeetingChanges']

/** Meetings: what is asked and done over HTTP. Changes answer the meeting; the list of people comes live. */

export interface MeetingQuery {
  org_id?: string
  include_below?: boolean
  /** comma separated */
  state?: string
  type?: string
  /** that end after this */
  from?: string
  /** that begin before this */
  until?: string
  mine?: boolean
  q?: string
  limit?: number
  cursor?: string
}

/** The latest begin first. */
export const fetchMeetings = async (query: MeetingQuery): Promise<Page<Meeting>> => {
  const page = await get<Page<Meeting>>('/meetings', { ...query })
  return { ...page, items: page.items.map(checked) }
}

export const fetchMyMeetings = (query: Pick<MeetingQuery, 'from' | 'until' | 'state' | 'limit' | 'cursor'>): Promise<Page<Meeting>> => fetchMeetings({ mine: true, ...query })

export const fetchMeeting = async (id: string): Promise<Meeting> => checked(await get<Meeting>(address(id)))

export const fetchRoster = async (id: string): Promise<{ figures: Figures | null; items: Attendee[] }> => {
  const answer = await get<{ figures: unknown; items: unknown }>(address(id, 'roster'))
  return { figures: parseFigures(answer.figures), items: parseAttendees(answer.items) }
}

export const replyTo = (id: string, attending: boolean): Promise<Meeting> => act(id, 'reply', { attending })
export const signUp = (id: string): Promise<Meeting> => act(id, 'sign-up')
export const askForLeave = (id: string, reason: string): Promise<Meeting> => act(id, 'leave', { reason })
export const withdrawLeave = (id: string): Promise<Meeting> => act(id, 'leave/withdraw')
export const sendSubstitute = (id: string, name: string): Promise<Meeting> => act(id, 'substitute', { by: { name } })

export const createMeeting = async (plan: NewMeeting, key: string): Promise<Meeting> => checked(await post<Meeting>('/meetings', plan, key))
export const changeMeeting = async (id: string, changes: MeetingChanges): Promise<Meeting> => checked(await request<Meeting>('PATCH', address(id), { body: changes }))
/** Of a draft; what was launched is cancelled instead. */
export const deleteMeeting = (id: string): Promise<void> => request('DELETE', address(id))

export const launchMeeting = (id: string): Promise<Meeting> => act(id, 'launch')
export const cancelMeeting = (id: string, reason: string): Promise<Meeting> => act(id, 'cancel', { reason })
export const startMeeting = (id: string): Promise<Meeting> => act(id, 'start')
export const endMeeting = (id: string): Promise<Meeting> => act(id, 'end')
export const archiveMeeting = (id: string): Promise<Meeting> => act(id, 'archive')
export const moveAgenda = (id: string, index: number | null): Promise<Meeting> => act(id, 'agenda', { index })
export const decideLeave = (id: string, memberId: string, approved: boolean, note: string): Promise<Meeting> =>
  act(id, `leave/${encodeURIComponent(memberId)}/decide`, note === '' ? { approved } : { approved, note })
/** A member, or somebody from outside by name. */
export type Somebody = { member_id: string } | { name: string }
export const addGuest = (id: string, guest: Somebody): Promise<Meeting> => act(id, 'guests', guest)
export const substituteFor = (id: string, memberId: string, by: Somebody): Promise<Meeting> => act(id, 'substitute', { of_member_id: memberId, by })

/** `key` stays the same over retries: a sign-in that was sent twice is one. */
export const signIn = (id: string, claim: string, location: AgreedFix | null, key: string): Promise<SignedIn> =>
  post(address(id, 'sign-in'), location ? { claim, location } : { claim }, key)
export const signInFor = (id: string, memberId: string, reason: string): Promise<SignedIn> => post(address(id, 'sign-in/manual'), { member_id: memberId, reason })
/** Oneself. */
export const signOut = (id: string): Promise<SignedIn> => post(address(id, 'sign-out'))
export const signOutOf = (id: string, memberId: string): Promise<SignedIn> => post(address(id, 'sign-out'), { member_id: memberId })
export const fetchSignInCode = (id: string): Promise<SignInCode> => get(address(id, 'sign-in/code'))

/** Shows the meeting on the big screen that shows these six digits. */
export const pairScreen = (code: string, meetingId: string): Promise<{ name?: string }> => post('/screens/pair', { code, target: `meeting:${meetingId}` })

/** A change of a meeting that answers the meeting. */
export async function act(id: string, action: string, body: object = {}): Promise<Meeting> {
  return checked(await post<Meeting>(address(id, action), body))
}

/** `own` is checked like everything that may also come live; a server that does not tell it leaves it out. */
function checked(meeting: Meeting): Meeting {
  return meeting.own ? { ...meeting, own: parseAttendee(meeting.own) } : meeting
}

export function address(id: string, action?: string): string {
  const own = `/meetings/${encodeURIComponent(id)}`
  return action === undefined ? own : `${own}/${action}`
}
