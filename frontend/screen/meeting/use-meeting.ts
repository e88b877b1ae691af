import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { serverNow } from '@/shared/format/clock'
import type { LiveEvent, RefusedReason } from '@/shared/live/frames'
import { useLiveTopic } from '@/shared/live/use-live'
import { withVoteEvent, withVoteFigures, withVotes, type Votes } from '@/shared/meeting/votes'
import { ArrivalList, type ArrivalChange, type Taken } from './arrivals'
import { keepWall, keptWall } from './kept-wall'
import { readArrival, readFigures, readSnapshot, time } from './read'
import type { MeetingFacts, MeetingFigures } from './types'

/** The live state of one meeting. Whoever is signed in, or a paired screen: both come by the same connection. */
export interface MeetingWall {
  facts: ShallowRef<MeetingFacts | null>
  figures: ShallowRef<MeetingFigures | null>
  votes: ShallowRef<Votes>
  arrivals: ArrivalList
  /** How many have come: changes with the list. */
  arrived: Ref<number>
  /** false: who looks may see the figures, but not the names */
  hasNames: Ref<boolean>
  refused: Ref<RefusedReason | null>
  /** What changed on the wall, as soon as it did. */
  onTaken: (listener: (taken: Taken) => void) => void
}

/** Three frames: arrivals of one moment are painted together. */
const flushMs = 50
const keepEveryMs = 4_000

export function useMeeting(meetingId: string): MeetingWall {
  const facts = shallowRef<MeetingFacts | null>(null)
  const figures = shallowRef<MeetingFigures | null>(null)
  const votes = shallowRef<Votes>([])
  const refused = ref<RefusedReason | null>(null)
  const hasNames = ref(true)
  const arrived = ref(0)
  const arrivals = new ArrivalList()
  const listeners: ((taken: Taken) => void)[] = []
  let pending: ArrivalChange[] = []
  let flushTimer: ReturnType<typeof setTimeout> | undefined
  let dirty = false

  paintKept()
  useLiveTopic(() => `meeting:${meetingId}`, {
    onSnapshot: (value) => {
      const snapshot = readSnapshot(value)
      if (!snapshot) return
      clearTimeout(flushTimer)
      flushTimer = undefined
      pending = []
      facts.value = snapshot.facts
      figures.value = snapshot.figures
      votes.value = withVoteFigures(withVotes(votes.value, snapshot.votes), snapshot.figures.vote)
      hasNames.value = snapshot.arrivals !== null
      refused.value = null
      tell(arrivals.replace(snapshot.arrivals ?? []))
    },
    onState: (value) => {
      const next = readFigures(value)
      if (!next) return
      figures.value = next
      votes.value = withVoteFigures(votes.value, next.vote)
      dirty = true
    },
    onEvent,
    onRefused: (reason) => (refused.value = reason),
  })

  const keeper = setInterval(keep, keepEveryMs)
  window.addEventListener('pagehide', keep)
  onScopeDispose(() => {
    keep()
    clearInterval(keeper)
    clearTimeout(flushTimer)
    window.removeEventListener('pagehide', keep)
  })
  return { facts, figures, votes, arrivals, arrived, hasNames, refused, onTaken: (listener) => void listeners.push(listener) }

  function onEvent(event: LiveEvent): void {
    if (event.kind.startsWith('vote.')) {
      votes.value = withVoteEvent(votes.value, event)
      dirty = true
      return
    }
    switch (event.kind) {
      case 'meeting.signed_in': {
        const arrival = readArrival(event.data)
        if (arrival) change({ kind: 'came', arrival })
        return
      }
      case 'meeting.signed_out': {
        const id = event.data['member_id']
        if (typeof id === 'string') change({ kind: 'left', id })
        return
      }
      // The figures tell the state and the item; these tell when and why.
      case 'meeting.started':
        return amend({ startedAt: time(event.at) })
      case 'meeting.ended':
        return amend({ endedAt: time(event.at) })
      case 'meeting.cancelled':
        return amend({ cancelReason: typeof event.data['reason'] === 'string' ? event.data['reason'] : '' })
      default:
        return
    }
  }

  function amend(change: Partial<MeetingFacts>): void {
    if (facts.value) facts.value = { ...facts.value, ...change }
    dirty = true
  }

  function change(next: ArrivalChange): void {
    pending.push(next)
    flushTimer ??= setTimeout(flush, flushMs)
  }

  function flush(): void {
    flushTimer = undefined
    const changes = pending
    pending = []
    tell(arrivals.take(changes))
  }

  function tell(taken: Taken): void {
    dirty = true
    arrived.value = arrivals.all.length
    for (const listener of listeners) listener(taken)
  }

  function paintKept(): void {
    const kept = keptWall(sessionStorage, meetingId, serverNow())
    if (!kept) return
    facts.value = kept.facts
    figures.value = kept.figures
    votes.value = kept.votes
    hasNames.value = kept.arrivals !== null
    arrivals.replace(kept.arrivals ?? [])
    arrived.value = arrivals.all.length
  }

  function keep(): void {
    if (!dirty || !facts.value || !figures.value) return
    dirty = false
    keepWall(sessionStorage, { facts: facts.value, figures: figures.value, votes: votes.value, arrivals: hasNames.value ? arrivals.all : null }, serverNow())
  }
}
