/** Words and figures of a waiting screen. */

const lifeMs = 600_000

/** What is left of a code's life, 1 to 0. */
export function partLeft(expiresAt: number, now: number): number {
  return Math.max(0, Math.min(1, (expiresAt - now) / lifeMs))
}

/** "9 分 05 秒" */
export function remaining(expiresAt: number, now: number): string {
  const seconds = Math.max(0, Math.ceil((expiresAt - now) / 1_000))
  const minutes = Math.floor(seconds / 60)
  return minutes > 0 ? `${minutes} 分 ${String(seconds % 60).padStart(2, '0')} 秒` : `${seconds} 秒`
}

/** Digit by digit: "4 8 2 9 1 3" is a code, 482913 a number. */
export function spoken(code: string): string {
  return [...code].join(' ')
}
