const firstDelayMs = 500
const longestDelayMs = 20_000
/** A restart drops every client at once; this spreads their return. */
const restartSpreadMs = 3_000
/** A client that was too slow should come back soon, but not before it has caught its breath. */
const slowClientDelayMs = 300

export const closeCodes = { restart: 1012, tooSlow: 4001, rightsChanged: 4003 } as const

/** Milliseconds until the next attempt. `random` is in [0, 1). */
export function reconnectDelay(attempt: number, closeCode: number, random: number): number {
  if (attempt === 0 && closeCode === closeCodes.restart) return Math.round(random * restartSpreadMs)
  if (attempt === 0 && closeCode === closeCodes.tooSlow) return slowClientDelayMs
  const ceiling = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(attempt, 10))
  // Half fixed, half random: never an instant hammer, never everyone in step.
  return Math.round(ceiling / 2 + (ceiling / 2) * random)
}
