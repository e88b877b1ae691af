import { computed, nextTick, onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { fetchMeeting, fetchRoster } from '@/shared/api/meetings'
import { ApiProblem, describeProblem } from '@/shared/api/problem'
import { toast } from '@/shared/components/toasts'
import { useInbox } from '@/shared/inbox/inbox-store'
import type { LiveEvent } from '@/shared/live/frames'
import { useLiveTopic } from '@/shared/live/use-live'
import { announcement, withFigures, withLifeEvent, withNow } from '@/shared/meeting/life'
import { parseFigures, parseTopicState } from '@/shared/meeting/parse'
import { afterEvents, changed, rosterOf, type Roster } from '@/shared/meeting/roster'
import type { Attendee, Figures, Meeting } from '@/shared/meeting/types'
import { useSession } from '@/shared/session/session'

/** One meeting as a page shows it: read once, then kept current by its topic. The server decides how much is told. */
export interface OpenMeeting {
  meeting: ShallowRef<Meeting | null>
  figures: ShallowRef<Figures | null>
  /** My own line of the list; null: I am not on it; undefined: not told yet. */
  own: ShallowRef<Attendee | null | undefined>
  /** Everybody, for those who run or look over the meeting; null: not told. */
  roster: ShallowRef<Roster | null>
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
  const message = ref('')
  const absent = ref(false)
  const announced = ref('')
  const following = ref(true)
  let later: ReturnType<typeof setTimeout> | undefined
  let generation = 0
  let arrivals: LiveEvent[] = []
  let flushing: ReturnType<typeof setTimeout> | undefined

  watch(
    [id, session.phase],
    () => {
      generation += 1
      arrivals = []
      meeting.value = figures.value = roster.value = null
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
  })

  return { meeting, figures, own, roster, message, absent, announced, ready: computed(() => meeting.value !== null), reload, took, patchOwn, refreshRoster }

  async function reload(): Promise<void> {
    if (session.phase.value !== 'signed-in') return
    const asked = generation
    try {
      const newest = await fetchMeeting(id())
      if (asked !== generation) return
      message.value = ''
      absent.value = false
      took(newest)
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
