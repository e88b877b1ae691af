import { voteOnWall, type Vote, type Votes } from '@/shared/meeting/votes'
import type { MeetingFigures } from './types'

/** What fills the large part of the wall. A vote lies over the names, which stay as they are behind it. */
export type Stage = 'names' | 'closing' | 'cancelled'

export function stageOf(figures: MeetingFigures): Stage {
  if (figures.state === 'cancelled') return 'cancelled'
  return figures.state === 'ended' || figures.state === 'archived' ? 'closing' : 'names'
}

/** The vote for which the names give way; null: they do not. A meeting that is over shows how it ended. */
export function voteOf(figures: MeetingFigures, votes: Votes, now: number): Vote | null {
  return figures.state === 'running' ? voteOnWall(votes, now, figures.agenda?.since ?? null) : null
}
