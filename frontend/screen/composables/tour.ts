import { onScopeDispose, ref, watch, type Ref } from 'vue'

/** Moves to the next stop by itself; whoever touches the screen has it to themselves for a while. */

export const stopMs = 12_000
export const pauseMs = 45_000
const checkEveryMs = 250

export interface TourState {
  dueAt: number
  /** somebody looks at the screen now */
  paused: boolean
}

export const atStop = (now: number): TourState => ({ dueAt: now + stopMs, paused: false })
export const touched = (now: number): TourState => ({ dueAt: now + pauseMs, paused: true })

export interface TourSign {
  word: string
  /** what is left of the wait, 1 to 0 */
  left: number
}

export function tourSign(state: TourState, now: number): TourSign {
  const leftMs = Math.max(0, state.dueAt - now)
  const seconds = Math.ceil(leftMs / 1000)
  return { word: state.paused ? `巡览暂停，${seconds} 秒后继续` : `自动巡览 ${seconds} 秒后继续`, left: leftMs / (state.paused ? pauseMs : stopMs) }
}

/** A pointer that lies still tells of itself too, when something moves beneath it. */
export function isGesture(type: string, at: { screenX: number; screenY: number } | null, before: { screenX: number; screenY: number } | null): boolean {
  if (type !== 'pointermove' || at === null) return true
  return before !== null && (at.screenX !== before.screenX || at.screenY !== before.screenY)
}

/** Calls back whenever somebody touches the screen, as long as the calling component lives. */
export function onTouch(listener: () => void): void {
  let before: { screenX: number; screenY: number } | null = null
  const hear = (event: Event): void => {
    const at = 'screenX' in event ? (event as MouseEvent) : null
    const counts = isGesture(event.type, at, before)
    before = at ?? before
    if (counts) listener()
  }
  const gestures = ['pointerdown', 'pointermove', 'keydown', 'wheel'] as const
  for (const gesture of gestures) window.addEventListener(gesture, hear, { passive: true })
  onScopeDispose(() => {
    for (const gesture of gestures) window.removeEventListener(gesture, hear)
  })
}

/** @param held something else has the screen; the tour goes on afterwards. The answer is null while there is no tour. */
export function useTour(enabled: boolean, held: () => boolean, advance: () => void): Ref<TourSign | null> {
  const sign = ref<TourSign | null>(null)
  if (!enabled) return sign
  let state = atStop(Date.now())
  const show = (): void => {
    sign.value = held() ? null : tourSign(state, Date.now())
  }
  onTouch(() => (state = touched(Date.now())))
  watch(held, () => {
    state = touched(Date.now())
    show()
  })
  const timer = setInterval(() => {
    if (!held() && Date.now() >= state.dueAt) {
      state = atStop(Date.now())
      advance()
    }
    show()
  }, checkEveryMs)
  onScopeDispose(() => clearInterval(timer))
  show()
  return sign
}

/** The stops: every child once, then the whole again. */
export function nextStop(root: string, children: readonly string[], current: string): string {
  if (children.length === 0) return root
  if (current === root) return children[0] ?? root
  return children[children.indexOf(current) + 1] ?? root
}
