import { computed, onScopeDispose, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { fetchTree } from '@/shared/api/grids'
import { ApiProblem, describeProblem } from '@/shared/api/problem'
import type { GridNode } from '@/shared/api/types'
import { GridIndex } from '@/shared/map/grid-index'

/** Which grids a board knows, and which of them it looks at. */
export interface Place {
  grids: ShallowRef<GridIndex | null>
  focus: ComputedRef<GridNode | null>
  /** from the top of the board down to the focus */
  path: ComputedRef<readonly GridNode[]>
  /** why there are no grids yet */
  message: Ref<string>
  enter: (id: string) => void
  /** one level up, as far as the board goes */
  leave: () => void
}

const levels = 5
const retryAfterMs = 5000
/** Grids are renamed and redrawn rarely, but a screen runs for weeks. */
const renewTreeMs = 600_000

export function usePlace(gridId: string): Place {
  const grids = shallowRef<GridIndex | null>(null)
  const focusId = ref<string | null>(null)
  const message = ref('')
  const focus = computed(() => (focusId.value === null ? null : (grids.value?.get(focusId.value) ?? grids.value?.root ?? null)))
  const path = computed(() => (grids.value && focus.value ? grids.value.pathTo(focus.value.id) : []))
  let retry: ReturnType<typeof setTimeout> | undefined
  const renewal = setInterval(() => void load(), renewTreeMs)
  onScopeDispose(() => {
    clearInterval(renewal)
    clearTimeout(retry)
  })
  void load()
  return {
    grids,
    focus,
    path,
    message,
    enter: (id) => (focusId.value = id),
    leave: () => {
      const parent = path.value[path.value.length - 2]
      if (parent) focusId.value = parent.id
    },
  }

  async function load(): Promise<void> {
    try {
      grids.value = new GridIndex(await fetchTree(gridId === 'me' ? undefined : gridId, levels))
      focusId.value ??= grids.value.root.id
      message.value = ''
    } catch (error) {
      message.value = error instanceof ApiProblem && error.status === 404 ? '没有这个网格，或当前账号不能查看。' : `${describeProblem(error)}正在重试…`
      clearTimeout(retry)
      retry = setTimeout(() => void load(), retryAfterMs)
    }
  }
}
