import { computed, nextTick, onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { fetchMeeting, fetchRoster } from '@/shared/api/meetings'
import { ApiProblem, describeProblem } from '@/shared/api/problem'
import { toast } from '@/shared/components/toasts'
import { useInbox } from '@/shared/inbox/inbox-store'
import { isRecord, type LiveEvent } from '@/shared/live/frames'
import { useLiveTopic } from '@/shared/live/use-live'
import { announcement, withFigures, withLifeEvent, withNow } from '@/shared/meeting/life'
import { parseFigures, parseTopicState } from '@/shared/meeting/parse'
import { afterEvents, changed, rosterOf, type Roster } from '@/shared/meeting/roster'
import type { Attendee, Figures, Meeting } from '@/shared/meeting/types'
import type { VoteKeeper } from '@/shared/meeting/vote-keeper'
import type { OwnBallot, Vote, Votes } from '@/shared/meeting/votes'
import { useSession } from '@/shared/session/session'

/** One meeting as a page shows it: read once, then kept current by its topic. The server decides how much is told. */
export interface OpenMeeting {
  meeting: ShallowRef<Meeting | null>
  figures: ShallowRef<Figures | null>
  /** My own line of the list; null: I am not on it; undefined: not told yet. */
  own: ShallowRef<Attendee | null | undefined>
  /** Everybody, for those who run or look over the meeting; null: not told. */
  roster: ShallowRef<Roster | null>
  /** The votes that this person may know of; null: not told yet. */
  votes: ShallowRef<Votes | null>
  /** How I stand to the vote that is open; null: not told. */
  ownBallot: ShallowRef<OwnBallot | null>
  message: Ref<string>
  /** Nothing there that this person may know of. */
  absent: Ref<boolean>
  announced: Ref<string>
  ready: ComputedRef<boolean>
  reload: () => Promise<void>
  /** Takes over the answer of a change. */
  took: (newest: Meeting) => void
  patchOwn: (change: Partial<Attendee>) => void
  refreshRoster: () => Promise<void>
  /** Takes over the answer of a change of a vote; null: it is gone. */
  tookVote: (id: string, newest: Vote | null) => void
  /** For those who run the meeting; everybody else is told by the topic. */
  refreshVotes: () => void
  /** My ballot was taken. */
  haveCast: (voteId: string, round: number) => void
}

/** Thousands of phones see the end of a meeting at once; they ask what became of them one after the other. */
const jitterMs = 4000
const flushMs = 120

export function useMeeting(id: () => string): OpenMeeting {
  const session = useSession()
  const meeting = shallowRef<Meeting | null>(null)
  const figures = shallowRef<Figures | null>(null)
  const own = shallowRef<Attendee | null | undefined>(undefined)
  const roster = shallowRef<Roster | null>(null)
  const votes = shallowRef<Votes | null>(null)
  const ownBallot = shallowRef<OwnBallot | null>(null)
  const message = ref('')
  const absent = ref(false)
  const announced = ref('')
  const following = ref(true)
  let later: ReturnType<typeof setTimeout> | undefined
  let generation = 0
  let arrivals: LiveEvent[] = []
  let flushing: ReturnType<typeof setTimeout> | undefined
  let asking: ReturnType<typeof setTimeout> | undefined
  let keeper: VoteKeeper | undefined
  let fetching: Promise<void> | undefined
  const steps: ((ready: VoteKeeper) => void)[] = []

  watch(
    [id, session.phase],
    () => {
      generation += 1
      arrivals = []
      meeting.value = figures.value = roster.value = votes.value = ownBallot.value = null
      own.value = undefined
      void reload()
    },
    { immediate: true },
  )
  useLiveTopic(() => (following.value && session.phase.value === 'signed-in' ? `meeting:${id()}` : null), {
    onSnapshot: takeSnapshot,
    onState: (data) => {
      const newest = parseFigures(data)
      if (newest) takeFigures(newest)
      if (isRecord(data) && data['vote'] != null) withKeeper((ready) => ready.takeFigures(data))
    },
    onEvent: takeEvent,
  })
  // Decisions about oneself are told to the inbox; the topic tells them to the host alone.
  const stopListening = useInbox().onArrival((notification) => {
    if (notification.subject.kind === 'meeting' && notification.subject.id === id()) askAnew(0)
  })
  onScopeDispose(() => {
    stopListening()
    clearTimeout(later)
    clearTimeout(flushing)
    clearTimeout(asking)
  })

  return { meeting, figures, own, roster, votes, ownBallot, message, absent, announced, ready: computed(() => meeting.value !== null), reload, took, patchOwn, refreshRoster, tookVote, refreshVotes, haveCast }

  async function reload(): Promise<void> {
    if (session.phase.value !== 'signed-in') return
    const asked = generation
    try {
      const newest = await fetchMeeting(id())
      if (asked !== generation) return
      message.value = ''
      absent.value = false
      took(newest)
      // Votes may be planned before the meeting is launched, when its topic has little to tell.
      if (newest.manages && newest.state === 'draft') refreshVotes()
    } catch (error) {
      if (asked !== generation) return
      absent.value = error instanceof ApiProblem && (error.status === 404 || error.status === 403)
      message.value = describeProblem(error)
    }
  }

  function took(newest: Meeting): void {
    if (meeting.value && newest.version < meeting.value.version) return
    meeting.value = newest
    if (newest.own !== undefined) own.value = newest.own
  }

  function patchOwn(change: Partial<Attendee>): void {
    if (own.value) own.value = { ...own.value, ...change }
  }

  async function refreshRoster(): Promise<void> {
    const asked = generation
    const list = await fetchRoster(id()).catch(() => null)
    if (!list || asked !== generation) return
    roster.value = rosterOf(list.items)
    if (list.figures) takeFigures(list.figures)
  }

  function takeSnapshot(value: unknown): void {
    const state = parseTopicState(value)
    if (!state) return
    if (state.meeting && meeting.value) meeting.value = withNow(meeting.value, state.meeting)
    takeFigures(state.figures)
    if (state.own !== undefined) own.value = state.own
    takeVotes(value, state.attendees !== null)
    if (!state.attendees) return
    // The snapshot knows what was told before it.
    arrivals = []
    roster.value = rosterOf(state.attendees)
  }

  function takeFigures(newest: Figures): void {
    const before = figures.value
    figures.value = newest
    if (meeting.value) meeting.value = withFigures(meeting.value, newest)
    const decided = before !== null && newest.leave_pending < before.leave_pending
    if (decided && own.value?.status === 'leave_pending') askAnew(300)
    // Put down on another phone of mine, or by the end: that is told to the desk alone.
    if (newest.hands === 0 && own.value && own.value.hand_raised_at !== null && (before?.hands ?? 0) > 0) own.value = { ...own.value, hand_raised_at: null }
  }

  function takeEvent(event: LiveEvent): void {
    if (meeting.value) meeting.value = withLifeEvent(meeting.value, event)
    if (event.kind.startsWith('vote.')) return takeVoteEvent(event)
    arrivals.push(event)
    flushing ??= setTimeout(flush, flushMs)
    if (own.value && event.data['member_id'] === own.value.member_id) own.value = changed(own.value, event.kind, event.data, event.at)
    const words = announcement(event)
    if (words !== '') announced.value = words
    // Whoever runs the meeting should know that somebody from above looks on.
    if (event.kind === 'meeting.visited' && words !== '') toast(words)
    if (event.kind === 'meeting.superior_invited' || event.kind === 'meeting.delegate_named') void reload()
    if (event.kind === 'meeting.ended') {
      if (roster.value) void refreshRoster()
      else askAnew(jitterMs)
    }
  }

  function takeVoteEvent(event: LiveEvent): void {
    const words = announcement(event)
    if (words !== '') announced.value = words
    withKeeper((ready) => ready.takeEvent(event))
    // Few run a meeting, and what they see of votes is more than the events tell.
    if (roster.value) asking ??= setTimeout(() => refreshVotes(), flushMs)
  }

  /** The votes of a topic's whole state. Where there are none, nothing need be fetched to say so. */
  function takeVotes(state: unknown, atDesk: boolean): void {
    const told = isRecord(state) ? state['votes'] : undefined
    if (Array.isArray(told) && told.length > 0) withKeeper((ready) => ready.takeSnapshot(state))
    else if (Array.isArray(told)) votes.value = []
    else if (atDesk) refreshVotes()
  }

  /** In the order in which they came, also while the keeper is under way; without a network it is fetched with the next one. */
  function withKeeper(step: (keeper: VoteKeeper) => void): void {
    if (keeper) return step(keeper)
    const asked = generation
    steps.push((ready) => asked === generation && step(ready))
    fetching ??= import('@/shared/meeting/vote-keeper')
      .then(({ createVoteKeeper }) => {
        const ready = createVoteKeeper({ votes, ownBallot, own })
        keeper = ready
        for (const waiting of steps.splice(0)) waiting(ready)
      })
      .catch(() => undefined)
      .finally(() => (fetching = undefined))
  }

  function haveCast(voteId: string, round: number): void {
    withKeeper((ready) => ready.haveCast(voteId, round))
  }

  function tookVote(voteId: string, newest: Vote | null): void {
    withKeeper((ready) => ready.takeVote(voteId, newest))
  }

  function refreshVotes(): void {
    clearTimeout(asking)
    asking = undefined
    const asked = generation
    withKeeper((ready) => void ready.refresh(id(), () => asked === generation).catch(() => undefined))
  }

  /** Hundreds may come in a second; the list is made anew a few times a second, however many they are. */
  function flush(): void {
    flushing = undefined
    const events = arrivals
    arrivals = []
    if (roster.value) roster.value = afterEvents(roster.value, events)
  }

  /** Subscribes once more: the first frame then says how I stand now. */
  function askAnew(within: number): void {
    clearTimeout(later)
    later = setTimeout(() => {
      following.value = false
      void nextTick(() => (following.value = true))
    }, Math.random() * within)
  }
}
