import { onScopeDispose, watch } from 'vue'
import { onBeforeRouteLeave, onBeforeRouteUpdate } from 'vue-router'

const words = '还有没保存的修改，离开后会丢失。确定离开吗？'
const asking = new Set<() => boolean>()

/** Whether what shows this page may be thrown away; asks when something typed would be lost. */
export const mayLoseInput = (): boolean => ![...asking].some((dirty) => dirty()) || window.confirm(words)

/** A page or a form on it that holds what somebody typed: nobody leaves, closes its tab or loads it anew without being asked. */
export function useUnsaved(dirty: () => boolean): void {
  const warn = (event: BeforeUnloadEvent): void => event.preventDefault()
  asking.add(dirty)
  onBeforeRouteLeave(() => !dirty() || window.confirm(words))
  onBeforeRouteUpdate((to, from) => to.params['id'] === from.params['id'] || !dirty() || window.confirm(words))
  // Only while there is something to lose: a page with such a listener is slower to come back to.
  watch(dirty, (is) => (is ? window.addEventListener('beforeunload', warn) : window.removeEventListener('beforeunload', warn)))
  onScopeDispose(() => {
    asking.delete(dirty)
    window.removeEventListener('beforeunload', warn)
  })
}
