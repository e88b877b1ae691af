import { ref, type Ref } from 'vue'
import { describeProblem } from '@/shared/api/problem'
import { toast } from '@/shared/components/toasts'

/** Runs one change at a time and says how it went. */
export interface MeetingActions {
  busy: Ref<boolean>
  /** True when it was done. */
  run: <T>(change: () => Promise<T>, words: string, then?: (answer: T) => void) => Promise<boolean>
}

export function useMeetingActions(): MeetingActions {
  const busy = ref(false)
  return { busy, run }

  async function run<T>(change: () => Promise<T>, words: string, then?: (answer: T) => void): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    try {
      const answer = await change()
      then?.(answer)
      if (words !== '') toast(words, 'good')
      return true
    } catch (error) {
      toast(describeProblem(error), 'bad')
      return false
    } finally {
      busy.value = false
    }
  }
}
