import type { Ref, ShallowRef } from 'vue'
import { fetchVotes } from '@/shared/api/votes'
import { isRecord, type LiveEvent } from '@/shared/live/frames'
import { parseOwnBallot, parseRoll, parseVoteFigures, parseVotes } from './parse-votes'
import type { Attendee } from './types'
import { barredFrom, withVote, withVoteEvent, withVoteFigures, withVotes, type OwnBallot, type Vote, type Votes } from './votes'

/** Keeps the votes of an open page current. Fetched with the first vote: most meetings are over without one. */
export interface VoteKeeper {
  takeSnapshot: (state: unknown) => void
  takeFigures: (figures: unknown) => void
  takeEvent: (event: LiveEvent) => void
  takeVote: (id: string, newest: Vote | null) => void
  /** The whole list, for those who run the meeting. */
  refresh: (meetingId: string, stillShown: () => boolean) => Promise<void>
  haveCast: (voteId: string, round: number) => void
}

export interface Kept {
  votes: ShallowRef<Votes | null>
  ownBallot: ShallowRef<OwnBallot | null>
  own: Readonly<Ref<Attendee | null | undefined>>
}

export function createVoteKeeper({ votes, ownBallot, own }: Kept): VoteKeeper {
  return {
    takeSnapshot(state) {
      if (!isRecord(state)) return
      if (Array.isArray(state['votes'])) votes.value = withVotes(votes.value, parseVotes(state['votes']))
      takeOwnBallot(parseOwnBallot(state['own_ballot']))
      takeFigures(state['figures'])
    },
    takeFigures,
    takeEvent(event) {
      votes.value = withVoteEvent(votes.value ?? [], event)
      const { vote_id, round } = event.data
      if (event.kind !== 'vote.opened' || typeof vote_id !== 'string' || typeof round !== 'number') return
      const roll = parseRoll(event.data['roll'])
      // Who is not on the list of people has no ballot.
      if (own.value) takeOwnBallot({ vote_id, round, cast: false, barred: roll ? barredFrom(roll, own.value) : null })
      else ownBallot.value = null
    },
    takeVote(id, newest) {
      votes.value = newest ? withVote(votes.value ?? [], newest) : (votes.value ?? []).filter((vote) => vote.id !== id)
    },
    async refresh(meetingId, stillShown) {
      const list = await fetchVotes(meetingId)
      if (!stillShown()) return
      votes.value = withVotes(votes.value, list.items)
      takeOwnBallot(list.ownBallot)
    },
    haveCast: (voteId, round) => takeOwnBallot({ vote_id: voteId, round, cast: true, barred: null }),
  }

  function takeFigures(figures: unknown): void {
    if (isRecord(figures) && votes.value) votes.value = withVoteFigures(votes.value, parseVoteFigures(figures['vote']))
  }

  /** Of one round nobody votes twice: an answer that crossed my ballot on the way does not take it back. */
  function takeOwnBallot(newest: OwnBallot | null): void {
    const before = ownBallot.value
    if (!newest || (before?.vote_id === newest.vote_id && before.round > newest.round)) return
    const same = before?.vote_id === newest.vote_id && before.round === newest.round
    ownBallot.value = same && before.cast ? { ...newest, cast: true } : newest
  }
}
