import { onScopeDispose, ref, watch, type Ref } from 'vue'

const durationMs = 700

/**
 * A number that runs to its new value, so that the eye sees that it changed. `everyMs`: where much else moves, digits
 * need not change with every frame to be seen running.
 */
export function useCountUp(target: () => number, everyMs = 0): Readonly<Ref<number>> {
  const shown = ref(target())
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches
  let frame = 0

  watch(target, (to) => {
    cancelAnimationFrame(frame)
    const from = shown.value
    if (calm || document.hidden) {
      shown.value = to
      return
    }
    const startedAt = performance.now()
    let drawnAt = -Infinity
    const step = (now: number): void => {
      const part = Math.min(1, (now - startedAt) / durationMs)
      if (part === 1 || now - drawnAt >= everyMs) {
        drawnAt = now
        shown.value = Math.round(from + (to - from) * (1 - (1 - part) ** 3))
      }
      if (part < 1) frame = requestAnimationFrame(step)
    }
    frame = requestAnimationFrame(step)
  })
  onScopeDispose(() => cancelAnimationFrame(frame))
  return shown
}
