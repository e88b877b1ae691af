import type { Attachment, From, With } from '@/shared/api/types'
import type { AttendeeStatus, Meeting, MeetingMode, Presence } from '@/shared/meeting/types'

/** What follows a meeting, as the API gives it. The document leaves the shape of the facts open. */

export type MinutesState = Meeting['minutes_state']
export type MinutesText = From<'MinutesTextView'>
export type Minutes = With<From<'MinutesView'>, { state: MinutesState; facts: Facts }>
export type MinutesChanged = With<From<'MinutesChanged'>, { state: MinutesState }>
export type Picture = With<From<'PictureView'>, { file: Attachment }>
export type Ratings = From<'RatingsView'>
export type OwnRating = From<'OwnRatingView'>

/** Drafted from the log; nobody edits them. */
export interface Facts {
  meeting_id: string
  /** the number of the last event of the log that changed a fact */
  as_of: number
  heading: FactsHeading
  figures: FactsFigures
  attendance: AttendanceLine[]
  agenda: AgendaLine[]
  resolutions: Resolution[]
  calls: { at: string; name: string; item: number | null }[]
  papers: { id: string; name: string }[]
  media: { id: string; kind: 'image' | 'video'; title: string; at: string; by: string }[]
}

export interface FactsHeading {
  topic: string
  type_name: string
  organisation: string
  place: string
  mode: MeetingMode
  host: string
  recorder: string | null
  starts_at: string
  ends_at: string
  started_at: string | null
  ended_at: string | null
  content: string
}

export interface FactsFigures {
  expected: number
  present: number
  leave: number
  absent: number
  late: number
  left_early: number
  substituted: number
  guests: number
  online: number
  voters: number
  voters_present: number
}

export interface AttendanceLine {
  member_id: string
  name: string
  /** empty of somebody from outside */
  organisation: string
  standing: 'full' | 'probationary' | 'none'
  role: 'member' | 'guest' | 'substitute'
  /** whose place it is, or who came in this one's place */
  other?: string
  status: AttendeeStatus
  status_title: string
  voter: boolean
  presence: Presence[]
  /** for those who run the meeting or look over it */
  leave_reason?: string
}

export interface AgendaLine {
  title: string
  presenter: string | null
  /** 0: open */
  minutes: number
  times: { from: string; until: string | null }[]
}

export interface Resolution {
  title: string
  secret: boolean
  options: { title: string; count: number }[]
  entitled: number
  present: number
  cast: number
  rule: string
  outcome: string
  opened_at: string
  closed_at: string | null
}
