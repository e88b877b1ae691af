import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { fetchLifeMeeting } from '@/shared/api/organisational-life'
import { ApiProblem, describeProblem } from '@/shared/api/problem'
import { serverNow } from '@/shared/format/clock'
import { useInbox } from '@/shared/inbox/inbox-store'
import type { LiveEvent } from '@/shared/live/frames'
import { useLiveTopic } from '@/shared/live/use-live'
import { useSession } from '@/shared/session/session'
import type { LifeMeeting } from './types'
import { nextInstant } from './words'

/** One 组织生活会 as a page shows it, read anew whenever its topic or the clock says that it changed. */
export interface OpenLifeMeeting {
  life: ShallowRef<LifeMeeting | null>
  message: Ref<string>
  /** Nothing there that this person may know of. */
  absent: Ref<boolean>
  reload: () => Promise<void>
  took: (newest: LifeMeeting) => void
}

/** Many phones hear of a change at once; they ask one after the other. */
const jitterMs = 2000
/** Of a linked meeting: what else happens in it changes nothing here. */
const turningKinds: ReadonlySet<string> = new Set(['meeting.launched', 'meeting.started', 'meeting.ended', 'meeting.archived', 'meeting.cancelled', 'meeting.minutes_signed', 'meeting.minutes_reopened'])
/** A timer takes no more than 2^31 ms. */
const longestMs = 24 * 3600_000

/** `told`: something changed, for what the page reads besides; null: events may have been missed. */
export function useLifeMeeting(id: () => string, told: (event: LiveEvent | null) => void): OpenLifeMeeting {
  const { phase } = useSession()
  const life = shallowRef<LifeMeeting | null>(null)
  const message = ref('')
  const absent = ref(false)
  let generation = 0
  let asking: ReturnType<typeof setTimeout> | undefined
  let turning: ReturnType<typeof setTimeout> | undefined

  watch(
    [id, phase],
    () => {
      generation += 1
      life.value = null
      absent.value = false
      void reload()
    },
    { immediate: true },
  )
  useLiveTopic(() => (phase.value === 'signed-in' && !absent.value ? `organisational_life:${id()}` : null), {
    // Its state is empty: whatever was missed is read.
    onSnapshot: () => life.value && news(null),
    onState: () => undefined,
    onEvent: news,
  })
  // When its meetings begin and end, and what becomes of their minutes, is told by their own topics.
  for (const part of ['committee', 'members'] as const) {
    useLiveTopic(() => (phase.value === 'signed-in' && life.value?.meetings[part] ? `meeting:${life.value.meetings[part].id}` : null), {
      onSnapshot: () => undefined,
      onState: () => undefined,
      onEvent: (event) => {
        if (turningKinds.has(event.kind)) news(event)
      },
    })
  }
  // What became of one's own material is told to oneself alone.
  const stop = useInbox().onArrival(({ subject }) => {
    if (subject.kind === 'organisational_life' && subject.id === id()) news(null)
  })
  watch(life, turn)
  onScopeDispose(() => {
    stop()
    clearTimeout(asking)
    clearTimeout(turning)
  })
  return { life, message, absent, reload, took }

  function news(event: LiveEvent | null): void {
    clearTimeout(asking)
    asking = setTimeout(() => {
      void reload()
      told(event)
    }, life.value?.counts ? 0 : Math.random() * jitterMs)
  }

  async function reload(): Promise<void> {
    if (phase.value !== 'signed-in') return
    const asked = generation
    try {
      const newest = await fetchLifeMeeting(id())
      if (asked !== generation) return
      message.value = ''
      absent.value = false
      life.value = newest
    } catch (error) {
      if (asked !== generation) return
      absent.value = error instanceof ApiProblem && error.status === 404
      if (absent.value) life.value = null
      message.value = describeProblem(error)
    }
  }

  function took(newest: LifeMeeting): void {
    if (life.value === null || newest.version >= life.value.version) life.value = newest
  }

  /** A phase ends at an instant, without an event. */
  function turn(): void {
    clearTimeout(turning)
    const at = life.value && nextInstant(life.value)
    if (at === null) return
    const left = at - serverNow() + 500
    turning = setTimeout(() => (left > longestMs ? turn() : news(null)), Math.min(Math.max(left, 1000), longestMs))
  }
}
