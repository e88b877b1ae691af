import { watch } from 'vue'
import { keptCompletions } from './composables/completion-drafts'
import { tellGone } from './composables/gone'
import { dropOldDrafts, goneDrafts } from './composables/old-drafts'
import { outboxParts, startOutbox } from './composables/outbox'
import { keptRecords } from './composables/record-queue'
import { useSession } from '@/shared/session/session'
import { keepStaffPages, registerWorker } from '@/shared/session/worker'

/** Once, when the first page stands. */
export function afterLoad(): void {
  void dropOld().finally(startOutbox)
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

/** Forms hold what they found; whoever opened one by its address keeps it. */
const forms = /^\/m\/(new|diary|appraisals|organisational-life|meetings)\//

/** Before anything is sent by itself: what waited longer than it may be kept is no longer sent either. */
async function dropOld(): Promise<void> {
  tellGone(goneDrafts(outboxParts.store))
  try {
    tellGone(await dropOldDrafts({ ...outboxParts, records: keptRecords, completions: keptCompletions }, serverDate, forms.test(location.pathname)))
  } catch {
    // Without a network, or its clock: the next opening does it.
  }
}

async function serverDate(): Promise<number> {
  const now = Date.parse((await fetch('/healthz', { cache: 'no-store' })).headers.get('Date') ?? '')
  if (Number.isNaN(now)) throw new Error('no clock')
  return now
}
