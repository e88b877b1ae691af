import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { checkArea, type AreaFit } from '@/shared/api/grid-admin'
import { ApiProblem, describeProblem } from '@/shared/api/problem'
import type { PolygonArea } from '@/shared/api/types'

/** Long enough that a held arrow key asks once. */
const quietMs = 350

export interface AreaCheck {
  fit: Ref<AreaFit | null>
  /** why the border cannot be saved */
  refusal: Ref<string>
  /** the server could not be asked; saving asks it again */
  unknown: Ref<string>
  busy: Ref<boolean>
}

/** Asks the server about the border while it is drawn; the newest border's answer counts. */
export function useAreaCheck(gridId: () => string, area: Ref<PolygonArea | null>): AreaCheck {
  const fit = shallowRef<AreaFit | null>(null)
  const refusal = ref('')
  const unknown = ref('')
  const busy = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let newest = 0
  onScopeDispose(() => clearTimeout(timer))

  async function ask(asked: PolygonArea): Promise<void> {
    const number = newest
    let found: AreaFit | null = null
    let [wrong, missing] = ['', '']
    try {
      found = await checkArea(gridId(), asked)
    } catch (error) {
      if (error instanceof ApiProblem && error.fieldMessage('area') !== null) wrong = error.fieldMessage('area') ?? ''
      else missing = describeProblem(error)
    }
    if (number !== newest) return
    fit.value = found
    refusal.value = wrong
    unknown.value = missing
    busy.value = false
  }

  watch(
    area,
    (now) => {
      clearTimeout(timer)
      newest += 1
      busy.value = now !== null
      if (now === null) {
        fit.value = null
        refusal.value = ''
        unknown.value = ''
      } else timer = setTimeout(() => void ask(now), quietMs)
    },
    { immediate: true },
  )
  return { fit, refusal, unknown, busy }
}
