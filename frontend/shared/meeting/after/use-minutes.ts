import { onScopeDispose, watch, type ShallowRef } from 'vue'
import { fetchMinutes, reopenMinutes, signMinutes, writeMinutes } from '@/shared/api/minutes'
import type { LiveEvent } from '@/shared/live/frames'
import { useLiveTopic } from '@/shared/live/use-live'
import type { Meeting } from '@/shared/meeting/types'
import { useSession } from '@/shared/session/session'
import { useMeetingHead } from './use-head'
import { openWriting, type Writing } from './writing'

export interface OpenMinutes {
  writing: Writing
  meeting: ShallowRef<Meeting | null>
}

/** Thousands of phones hear of a signature at once. */
const jitterMs = 3000
/** Hundreds may come in a second; the facts are read anew every few of them. */
const arrivalsMs = 4000
const changesMs = 150
const retryMs = 10_000
const ofArrivals = new Set(['meeting.signed_in', 'meeting.signed_out'])
const ofFacts = new Set(['meeting.started', 'meeting.ended', 'meeting.archived', 'meeting.agenda_moved', 'meeting.hand_lowered', 'meeting.listed', 'meeting.leave_decided', 'meeting.media_added', 'meeting.media_removed', 'meeting.minutes_edited', 'meeting.minutes_signed', 'meeting.minutes_reopened', 'vote.published', 'vote.reset'])

/** The minutes of one meeting on this page: read once, then kept current by the meeting's topic. `id` stays the same. */
export function useMinutes(id: string): OpenMinutes {
  const { phase, me } = useSession()
  const meeting = useMeetingHead(id)
  /** Whose text it is, also after the session has ended. */
  let account = ''
  const writing = openWriting({
    read: () => fetchMinutes(id),
    write: (text, version) => writeMinutes(id, text, version),
    sign: (version, key) => signMinutes(id, version, key),
    reopen: (reason) => reopenMinutes(id, reason),
    store: localStorage,
    get storeKey() {
      account = me.value?.id ?? account
      return `lianxin.minutes.${account}.${id}`
    },
  })
  let waiting: ReturnType<typeof setTimeout> | undefined
  let due = Infinity

  watch(phase, (now) => now === 'signed-in' && void writing.refresh(), { immediate: true })
  useLiveTopic(() => (phase.value === 'signed-in' ? `meeting:${id}` : null), {
    // Whatever happened while nobody was told.
    onSnapshot: (_state, cause) => cause === 'reset' && soon(changesMs),
    onEvent: take,
  })
  const again = (): void => void (writing.state.value === 'offline' && writing.save())
  const trying = setInterval(again, retryMs)
  window.addEventListener('online', again)
  onScopeDispose(() => {
    window.removeEventListener('online', again)
    clearInterval(trying)
    clearTimeout(waiting)
  })
  return { writing, meeting }

  function take(event: LiveEvent): void {
    if (ofArrivals.has(event.kind)) {
      if (writing.minutes.value) soon(arrivalsMs)
    } else if (ofFacts.has(event.kind)) soon(writing.minutes.value?.may.edit || writing.minutes.value?.may.reopen ? changesMs : changesMs + Math.random() * jitterMs)
  }

  function soon(ms: number): void {
    const at = Date.now() + ms
    if (at >= due) return
    clearTimeout(waiting)
    due = at
    waiting = setTimeout(() => {
      due = Infinity
      void writing.refresh()
    }, ms)
  }
}
