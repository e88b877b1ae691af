import { onScopeDispose, ref, watch, type Ref } from 'vue'
import { onBeforeRouteLeave, onBeforeRouteUpdate } from 'vue-router'

export interface LeaveGuard {
  /** Somebody wants to leave and has something unsaved. */
  asking: Ref<boolean>
  answer: (leave: boolean) => void
}

/** Asks before something unsaved is left behind, within the pages and at the window's closing. */
export function useLeaveGuard(unsaved: () => boolean): LeaveGuard {
  const asking = ref(false)
  let decide: ((leave: boolean) => void) | undefined
  const warn = (event: BeforeUnloadEvent): void => event.preventDefault()

  const ask = (): boolean | Promise<boolean> => {
    if (!unsaved()) return true
    decide?.(false)
    asking.value = true
    return new Promise<boolean>((resolve) => (decide = resolve))
  }

  onBeforeRouteLeave(ask)
  // Pages that share an address but for a word of it.
  onBeforeRouteUpdate(ask)
  watch(unsaved, (now) => (now ? window.addEventListener('beforeunload', warn) : window.removeEventListener('beforeunload', warn)), { immediate: true })
  onScopeDispose(() => window.removeEventListener('beforeunload', warn))
  return { asking, answer }

  function answer(leave: boolean): void {
    asking.value = false
    decide?.(leave)
    decide = undefined
  }
}
