import { watch } from 'vue'
import { useSession } from '@/shared/session/session'
import { startRecordOutbox } from './record-outbox'
import { countUnsent } from './unsent'
import { startSync } from './kept-sync'

let started = false

/** What a worker's phone does beside its pages, once somebody who serves a grid is signed in. */
export function startStaffPhone(): void {
  if (started) return
  started = true
  const { me } = useSession()
  startRecordOutbox()
  startSync()
  watch(() => me.value?.id, () => void countUnsent(), { immediate: true })
}
