import { startOutbox } from './composables/outbox'
import { registerWorker } from '@/shared/session/worker'

/** Once, when the first page stands. */
export function afterLoad(): void {
  startOutbox()
  void registerWorker()
}
