import { onScopeDispose, ref, type Ref } from 'vue'

/** Moves to the next stop when nobody has touched the screen for a while. */

export const idleMs = 12_000
const checkEveryMs = 250

export interface Tour {
  /** seconds until the next stop; null while the tour is off */
  secondsLeft: Ref<number | null>
}

export function useTour(enabled: boolean, advance: () => void): Tour {
  const secondsLeft = ref<number | null>(enabled ? idleMs / 1000 : null)
  if (!enabled) return { secondsLeft }

  let nextAt = Date.now() + idleMs
  const postpone = (): void => {
    nextAt = Date.now() + idleMs
  }
  const gestures = ['pointerdown', 'pointermove', 'keydown', 'wheel'] as const
  for (const gesture of gestures) window.addEventListener(gesture, postpone, { passive: true })
  const timer = setInterval(() => {
    if (Date.now() >= nextAt) {
      postpone()
      advance()
    }
    secondsLeft.value = Math.ceil((nextAt - Date.now()) / 1000)
  }, checkEveryMs)
  onScopeDispose(() => {
    clearInterval(timer)
    for (const gesture of gestures) window.removeEventListener(gesture, postpone)
  })
  return { secondsLeft }
}

/** The stops: every child once, then the whole again. */
export function nextStop(root: string, children: readonly string[], current: string): string {
  if (children.length === 0) return root
  if (current === root) return children[0] ?? root
  return children[children.indexOf(current) + 1] ?? root
}
