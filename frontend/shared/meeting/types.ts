import type { components } from '@/shared/api/schema'
import type { Attachment, Person } from '@/shared/api/types'

/** Meetings as the pages use them: answers of the API and what the live topic `meeting:{id}` tells. */

export type MeetingState = 'draft' | 'launched' | 'running' | 'ended' | 'archived' | 'cancelled'
export type MeetingMode = 'onsite' | 'online' | 'hybrid'
export type AttendeeStatus = 'expected' | 'on_time' | 'late' | 'left_early' | 'absent' | 'leave_approved' | 'leave_pending' | 'substitute' | 'guest' | 'online'
export type Flag = 'second_account_on_device' | 'second_device' | 'stale_fix' | 'mock_location' | 'coarse_fix'

export interface AgendaItem {
  title: string
  /** 0: open */
  minutes: number
  presenter: string | null
}

/** The item that is being dealt with; its end is by the server's clock. */
export interface AgendaPosition {
  index: number
  since: string
  ends_at: string | null
}

export interface SignInRules {
  required: boolean
  opens_minutes_before: number
  late_after_minutes: number
  /** a circle around `lng`, `lat`, or a polygon; nothing: anywhere */
  fence: { lng?: number; lat?: number; datum?: string; radius_m?: number; polygon?: unknown } | null
}

/** Who is invited, joined: everybody once. */
export interface Invited {
  /** all members of the meeting's own organisation */
  whole_branch: boolean
  /** these members, by id */
  members: string[]
  /** all members of these organisations, by id */
  orgs: string[]
}

export interface Meeting {
  id: string
  version: number
  topic: string
  type: string
  type_name: string
  org_id: string
  org_name: string
  state: MeetingState
  state_title: string
  host: Person
  recorder: Person | null
  starts_at: string
  ends_at: string
  mode: MeetingMode
  place: string
  /** https; of video meetings, where there is one */
  video_link: string | null
  content: string
  attachments: Attachment[]
  attendees: Invited
  sign_up_until: string | null
  sign_in: SignInRules
  sign_in_opens_at: string
  agenda: AgendaItem[]
  agenda_position: AgendaPosition | null
  launched_at: string | null
  started_at: string | null
  ended_at: string | null
  cancel_reason: string | null
  /** an organisation above that was asked to send somebody */
  delegation: Delegation | null
  minutes_state: 'none' | 'draft' | 'signed'
  manages: boolean
  /** The caller's own line of the list; missing while the server does not tell it here. */
  own?: Attendee | null
  /** How many are invited now, each once; only of a draft, and not in lists. */
  invited?: number
  /** Only in lists. */
  figures?: Pick<Figures, 'expected' | 'present'>
}

export type Delegation = components['schemas']['DelegationView']

export interface Figures {
  expected: number
  present: number
  on_time: number
  late: number
  left_early: number
  online: number
  substituted: number
  leave: number
  leave_pending: number
  missing: number
  guests: number
  /** raised now */
  hands: number
  state: MeetingState
  agenda: AgendaPosition | null
}

export interface LeaveDecision {
  approved: boolean
  note: string | null
  by: Person | null
  at: string
}

export interface Leave {
  reason: string
  asked_at: string
  decision: LeaveDecision | null
}

export interface Presence {
  from: string
  until: string | null
  way: 'code' | 'manual' | 'online'
}

export interface Evidence {
  grade: 'strong' | 'fair' | 'weak'
  flags: Flag[]
  slot_age_ms: number | null
  distance_m: number | null
  accuracy_m: number | null
  manual: { by: string; reason: string } | null
}

/** Somebody on the list. */
export interface Attendee {
  member_id: string
  name: string
  organisation_id: string
  standing: 'full' | 'probationary' | 'none'
  role: 'member' | 'guest' | 'substitute'
  substitute_of: string | null
  /** Who comes in this person's place, by name; null also while the server does not tell. */
  substituted_by: string | null
  status: AttendeeStatus
  present: boolean
  /** the how-manieth to come; null: has not come */
  number: number | null
  answer: { attending: boolean; at: string } | null
  signed_up_at: string | null
  leave: Leave | null
  presence: Presence[]
  evidence: Evidence | null
  /** null: the hand is down */
  hand_raised_at: string | null
  /** changes with the picture; null: there is none */
  photo: string | null
}

/** The result of a sign-in. */
export interface SignedIn {
  status: AttendeeStatus
  status_title: string
  at: string | null
  number: number | null
}

/** The code that a screen shows now, as the server made it. */
export interface SignInCode {
  code: string
  url: string
  slot_ends_at: string
  rotates_every_ms: number
  now: string
}

/** A position as it is sent to sign in. */
export interface Fix {
  lng: number
  lat: number
  datum: 'wgs84'
  accuracy: number
  age_ms?: number
}

/** A position that somebody agreed to give. */
export interface AgreedFix extends Fix {
  /** the version of the words that were agreed to */
  consent: number
}

/** Somebody's own notes of a meeting; version 0: there are none yet. */
export interface Notes {
  text: string
  version: number
  updated_at: string | null
}
