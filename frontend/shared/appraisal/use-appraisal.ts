import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { fetchAppraisal, type Appraisal } from '@/shared/api/appraisals'
import { ApiProblem, describeProblem } from '@/shared/api/problem'
import { serverNow } from '@/shared/format/clock'
import { useInbox } from '@/shared/inbox/inbox-store'
import { useLiveTopic } from '@/shared/live/use-live'
import { useSession } from '@/shared/session/session'
import { nextInstant } from './words'

/** One appraisal as a page shows it: read again whenever its topic tells of something, and when its own time has come. */
export interface OpenAppraisal {
  appraisal: ShallowRef<Appraisal | null>
  message: Ref<string>
  /** Nothing there that this person may know of. */
  absent: Ref<boolean>
  reload: () => Promise<void>
  /** Takes over the answer of a change. */
  took: (newest: Appraisal) => void
}

/** Forms arrive in bursts; they are counted together. */
const togetherMs = 300
/** At the deadline the server counts; that takes a moment. */
const afterInstantMs = 400
const uncountedMs = 1500
/** Timers know no longer waits; a page that is open that long asks in between. */
const longestWaitMs = 3_600_000

export function useAppraisal(id: () => string, afterEach: (appraisal: Appraisal) => void): OpenAppraisal {
  const session = useSession()
  const appraisal = shallowRef<Appraisal | null>(null)
  const message = ref('')
  const absent = ref(false)
  let generation = 0
  let soon: ReturnType<typeof setTimeout> | undefined
  let instant: ReturnType<typeof setTimeout> | undefined

  watch(
    [id, session.phase],
    () => {
      generation += 1
      appraisal.value = null
      absent.value = false
      message.value = ''
      void reload()
    },
    { immediate: true },
  )
  // 群众 with the link are told nothing live; the page's own time does for them.
  useLiveTopic(() => (appraisal.value?.oversees || appraisal.value?.participates ? `appraisal:${appraisal.value.id}` : null), {
    onSnapshot: (_state, cause) => cause === 'reset' && askSoon(),
    onState: askSoon,
    onEvent: askSoon,
  })
  const stopListening = useInbox().onArrival(({ subject }) => {
    if (subject.kind === 'appraisal' && subject.id === id()) askSoon()
  })
  onScopeDispose(() => {
    stopListening()
    clearTimeout(soon)
    clearTimeout(instant)
  })
  return { appraisal, message, absent, reload, took }

  function askSoon(): void {
    clearTimeout(soon)
    soon = setTimeout(() => void reload(), togetherMs)
  }

  async function reload(): Promise<void> {
    if (session.phase.value !== 'signed-in') return
    const asked = generation
    try {
      const newest = await fetchAppraisal(id())
      if (asked === generation) took(newest)
    } catch (error) {
      if (asked !== generation) return
      absent.value = error instanceof ApiProblem && (error.status === 404 || error.status === 403)
      message.value = describeProblem(error)
    }
  }

  /** Answers may overtake each other; an older one changes nothing. The answer of a change leaves the people out. */
  function took(newest: Appraisal): void {
    const known = appraisal.value
    if (known?.id === newest.id && known.version > newest.version) return
    const people = newest.people ?? (known?.id === newest.id ? known.people : undefined)
    appraisal.value = people === undefined ? newest : { ...newest, people }
    message.value = ''
    absent.value = false
    waitForInstant(newest)
    afterEach(appraisal.value)
  }

  function waitForInstant(newest: Appraisal): void {
    clearTimeout(instant)
    const at = nextInstant(newest)
    const counting = (newest.state === 'meeting' || newest.state === 'grading') && !newest.counted
    if (at === null && !counting) return
    const wait = counting ? uncountedMs : Math.max(afterInstantMs, (at ?? 0) - serverNow() + afterInstantMs)
    instant = setTimeout(() => void reload(), Math.min(wait, longestWaitMs))
  }
}
