import { watch } from 'vue'
import { startOutbox } from './composables/outbox'
import { useSession } from '@/shared/session/session'
import { keepStaffPages, registerWorker } from '@/shared/session/worker'

/** Once, when the first page stands. */
export function afterLoad(): void {
  startOutbox()
  void registerWorker()
  const { me } = useSession()
  watch(
    () => me.value?.kind === 'staff' && !me.value.must_change_password,
    (serves) => {
      if (!serves) return
      void keepStaffPages()
      void import('./composables/staff-phone').then(({ startStaffPhone }) => startStaffPhone(), () => undefined)
    },
    { immediate: true },
  )
}
