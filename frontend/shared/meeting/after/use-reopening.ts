import { ref, type Ref } from 'vue'
import { useMeetingActions } from '@/shared/meeting/use-actions'
import type { Writing } from './writing'

/** Takes signed minutes back, with the reason that is asked for. */
export function useReopening(writing: Writing): { reopening: Ref<boolean>; busy: Ref<boolean>; reopen: (reason: string) => Promise<void> } {
  const reopening = ref(false)
  const { busy, run } = useMeetingActions()
  return { reopening, busy, reopen }

  async function reopen(reason: string): Promise<void> {
    if (await run(() => writing.reopen(reason), '已退回，可以修改后重新签发')) reopening.value = false
  }
}
