import type { Attendee, Meeting } from './types'

/** The video meeting; null: there is none, or its address is not one that a page should open. */
export function videoLink(meeting: Pick<Meeting, 'mode' | 'video_link'>): string | null {
  const link = meeting.video_link ?? ''
  return meeting.mode !== 'onsite' && /^https:\/\/[^/]/i.test(link) ? link : null
}

export interface OnlineEntry {
  /** pressing it signs in, and then opens the video meeting if there is one */
  signsIn: boolean
  /** signed in online, and still there */
  here: boolean
  link: string | null
}

/** How somebody comes to a meeting that is held online as well; null: not this way, or not now. */
export function onlineEntry(meeting: Meeting, own: Attendee, now: number): OnlineEntry | null {
  if (meeting.mode === 'onsite' || (meeting.state !== 'launched' && meeting.state !== 'running')) return null
  // Who sent somebody else stays away.
  if (own.role !== 'substitute' && (own.status === 'substitute' || own.substituted_by !== null)) return null
  const link = videoLink(meeting)
  const here = own.present && own.presence.some(({ until, way }) => until === null && way === 'online')
  const signsIn = meeting.sign_in.required && !own.present && now >= Date.parse(meeting.sign_in_opens_at)
  return signsIn || here || link !== null ? { signsIn, here, link } : null
}
