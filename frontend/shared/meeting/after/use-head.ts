import { shallowRef, watch, type ShallowRef } from 'vue'
import { fetchMeeting } from '@/shared/api/meetings'
import { useLiveTopic } from '@/shared/live/use-live'
import { withLifeEvent } from '@/shared/meeting/life'
import type { Meeting } from '@/shared/meeting/types'
import { useSession } from '@/shared/session/session'

/** The meeting that a page of what follows it belongs to; nothing of its list of people. null: not read, or not for this person. */
export function useMeetingHead(id: string): ShallowRef<Meeting | null> {
  const { phase } = useSession()
  const meeting = shallowRef<Meeting | null>(null)
  watch(phase, (now) => now === 'signed-in' && void load(), { immediate: true })
  useLiveTopic(() => (phase.value === 'signed-in' ? `meeting:${id}` : null), {
    onSnapshot: (_state, cause) => cause === 'reset' && void load(),
    onEvent: (event) => {
      if (meeting.value) meeting.value = withLifeEvent(meeting.value, event)
    },
  })
  return meeting

  /** Where the meeting cannot be read, neither can what follows it, and that says why. */
  async function load(): Promise<void> {
    meeting.value = await fetchMeeting(id).catch(() => meeting.value)
  }
}
