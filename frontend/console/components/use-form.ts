import { computed, ref, shallowRef, type ComputedRef, type Ref } from 'vue'
import { ApiProblem, describeProblem } from '@/shared/api/problem'
import { repeatKey } from '@/shared/api/repeat-key'

export interface Form {
  busy: Ref<boolean>
  /** What is wrong and belongs to no field of the form. */
  message: ComputedRef<string>
  /** What is wrong with a field; empty: nothing. */
  errorOf: (field: string) => string
  /** Puts an error beside a field, before anything is sent. */
  refuse: (field: string, message: string) => void
  /** Answers whether it worked. */
  submit: (work: () => Promise<void>) => Promise<boolean>
  /** The same for the same content, so that a send whose answer was lost does nothing twice. */
  keyFor: (content: object) => string
}

/** A form that is sent: the server's errors stand beside the fields they name. */
export function useForm(fields: readonly string[]): Form {
  const busy = ref(false)
  const problem = shallowRef<unknown>(null)

  const errorOf = (field: string): string => (problem.value instanceof ApiProblem ? (problem.value.fieldMessage(field) ?? '') : '')
  const message = computed(() => {
    if (problem.value === null) return ''
    const isShownBeside = problem.value instanceof ApiProblem && problem.value.fields.length > 0 && problem.value.fields.every((error) => fields.includes(error.field))
    return isShownBeside ? '' : describeProblem(problem.value)
  })

  async function submit(work: () => Promise<void>): Promise<boolean> {
    busy.value = true
    problem.value = null
    try {
      await work()
      return true
    } catch (error) {
      problem.value = error
      return false
    } finally {
      busy.value = false
    }
  }

  function refuse(field: string, words: string): void {
    problem.value = new ApiProblem(422, 'form.incomplete', words, [{ field, code: 'form.incomplete', message: words }])
  }

  return { busy, message, errorOf, refuse, submit, keyFor: repeatKey() }
}
