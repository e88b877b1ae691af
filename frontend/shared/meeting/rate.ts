/** How many of those expected came, in words and for bars; of a meeting, a member or an organisation alike. */

export interface Turnout {
  expected: number
  present: number
}

/** Of a hundred that were expected, as minutes say it: rounded half up, but never 100 before everybody came, never 0 once
 *  somebody did; null: nobody was expected. */
export function rateOf({ expected, present }: Turnout): number | null {
  if (expected <= 0) return null
  if (present >= expected) return 100
  return Math.min(999, Math.max(Math.sign(present), Math.round((1000 * present) / expected))) / 10
}

/** 86.5% */
export function rateWords(line: Turnout): string {
  const rate = rateOf(line)
  return rate === null ? '—' : `${rate}%`
}
