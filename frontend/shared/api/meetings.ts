import { parseAttendee, parseAttendees, parseFigures } from '@/shared/meeting/parse'
import type { Attendee, Figures, Fix, Meeting, SignedIn, SignInCode } from '@/shared/meeting/types'
import { get, post } from './client'
import type { Page } from './types'

/** Meetings: what is asked and done over HTTP. Changes answer the meeting; the list of people comes live. */

export const fetchMyMeetings = async (query: { from?: string; until?: string; state?: string; limit?: number; cursor?: string }): Promise<Page<Meeting>> => {
  const page = await get<Page<Meeting>>('/meetings', { mine: true, ...query })
  return { ...page, items: page.items.map(checked) }
}

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

export const launchMeeting = (id: string): Promise<Meeting> => act(id, 'launch')
export const cancelMeeting = (id: string, reason: string): Promise<Meeting> => act(id, 'cancel', { reason })
export const startMeeting = (id: string): Promise<Meeting> => act(id, 'start')
export const endMeeting = (id: string): Promise<Meeting> => act(id, 'end')
export const moveAgenda = (id: string, index: number | null): Promise<Meeting> => act(id, 'agenda', { index })
export const decideLeave = (id: string, memberId: string, approved: boolean, note: string): Promise<Meeting> =>
  act(id, `leave/${encodeURIComponent(memberId)}/decide`, note === '' ? { approved } : { approved, note })
export const addGuest = (id: string, name: string): Promise<Meeting> => act(id, 'guests', { name })

/** `key` stays the same over retries: a sign-in that was sent twice is one. */
export const signIn = (id: string, claim: string, location: Fix | null, key: string): Promise<SignedIn> =>
  post(address(id, 'sign-in'), location ? { claim, location } : { claim }, key)
export const signInFor = (id: string, memberId: string, reason: string): Promise<SignedIn> => post(address(id, 'sign-in/manual'), { member_id: memberId, reason })
/** Oneself. */
export const signOut = (id: string): Promise<SignedIn> => post(address(id, 'sign-out'))
export const signOutOf = (id: string, memberId: string): Promise<SignedIn> => post(address(id, 'sign-out'), { member_id: memberId })
export const fetchSignInCode = (id: string): Promise<SignInCode> => get(address(id, 'sign-in/code'))

/** Shows the meeting on the big screen that shows these six digits. */
export const pairScreen = (code: string, meetingId: string): Promise<{ name?: string }> => post('/screens/pair', { code, target: `meeting:${meetingId}` })

async function act(id: string, action: string, body: object = {}): Promise<Meeting> {
  return checked(await post<Meeting>(address(id, action), body))
}

/** `own` is checked like everything that may also come live; a server that does not tell it leaves it out. */
function checked(meeting: Meeting): Meeting {
  return meeting.own ? { ...meeting, own: parseAttendee(meeting.own) } : meeting
}

function address(id: string, action?: string): string {
  const own = `/meetings/${encodeURIComponent(id)}`
  return action === undefined ? own : `${own}/${action}`
}
