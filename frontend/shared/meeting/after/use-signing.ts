import { ref, type Ref } from 'vue'
import { ApiProblem, describeProblem } from '@/shared/api/problem'
import { toast } from '@/shared/components/toasts'
import type { Writing } from './writing'

/** Signs what was read; who was overtaken is told to read first. True when it was done. */
export function useSigning(writing: Writing): { signing: Ref<boolean>; sign: () => Promise<boolean> } {
  const signing = ref(false)
  return { signing, sign }

  async function sign(): Promise<boolean> {
    if (signing.value) return false
    signing.value = true
    try {
      await writing.sign()
      toast('会议纪要已签发，参会人可以查看了', 'good')
      return true
    } catch (error) {
      const isOld = error instanceof ApiProblem && error.code === 'minutes.changed'
      toast(isOld ? '会议纪要刚被其他人修改，请看过最新内容再签发。' : describeProblem(error), 'bad')
      return false
    } finally {
      signing.value = false
    }
  }
}
