import { onScopeDispose, watch } from 'vue'
import { onBeforeRouteLeave, onBeforeRouteUpdate } from 'vue-router'

const words = '还有没保存的修改，离开后会丢失。确定离开吗？'
const asking = new Set<() => boolean>()

/** Whether what was typed on this page may be thrown away. Whoever says yes is not asked again for the same input. */
export function mayLoseInput(): boolean {
  if ([...asking].some((dirty) => dirty()) && !window.confirm(words)) return false
  asking.clear()
  return true
}

/** A page or a form on it that holds what somebody typed: nobody leaves, closes its tab or loads it anew without being asked. */
export function useUnsaved(dirty: () => boolean): void {
  const warn = (event: BeforeUnloadEvent): void => event.preventDefault()
  asking.add(dirty)
  const leaves = (): boolean => !asking.has(dirty) || !dirty() || window.confirm(words)
  onBeforeRouteLeave(leaves)
  onBeforeRouteUpdate((to, from) => to.params['id'] === from.params['id'] || leaves())
  // Only while there is something to lose: a page with such a listener is slower to come back to.
  watch(dirty, (is) => (is ? window.addEventListener('beforeunload', warn) : window.removeEventListener('beforeunload', warn)))
  onScopeDispose(() => {
    asking.delete(dirty)
    window.removeEventListener('beforeunload', warn)
  })
}
