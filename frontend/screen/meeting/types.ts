import type { VoteFigures, Votes } from '@/shared/meeting/votes'

/** What the meeting wall knows. Times are milliseconds of the server's clock. */

export type MeetingState = 'draft' | 'launched' | 'running' | 'ended' | 'archived' | 'cancelled'

export interface AgendaItem {
  title: string
  minutes: number | null
  presenter: string | null
}

export interface MeetingFacts {
  id: string
  topic: string
  /** empty: the server did not say */
  organisation: string
  host: string
  place: string
  startsAt: number
  endsAt: number | null
  startedAt: number | null
  endedAt: number | null
  cancelReason: string
  signInOpensAt: number | null
  signInRequired: boolean
  /** from here on signing in counts as late; null: nobody is late, or the server did not say */
  lateAt: number | null
  /** metres around the place; null: no fence, or a polygon */
  fenceRadius: number | null
  items: readonly AgendaItem[]
}

export interface AgendaPosition {
  index: number
  since: number | null
  endsAt: number | null
}

export interface MeetingFigures {
  state: MeetingState
  expected: number
  present: number
  onTime: number
  late: number
  leftEarly: number
  online: number
  leave: number
  leavePending: number
  missing: number
  guests: number
  /** raised now */
  hands: number
  voters: number
  votersPresent: number
  agenda: AgendaPosition | null
  vote: VoteFigures | null
}

export interface Arrival {
  id: string
  name: string
  /** the how-manieth to come; null: the server did not count this one */
  number: number | null
  status: string
  /** has left again */
  away: boolean
  /** changes with the picture; null: there is none */
  photo: string | null
}

export interface WallSnapshot {
  facts: MeetingFacts
  figures: MeetingFigures
  /** null: who looks may see the figures, but not the names */
  arrivals: readonly Arrival[] | null
  votes: Votes
}
