/** How many of those expected came, in words and for bars; of a meeting, a member or an organisation alike. */

export interface Turnout {
  expected: number
  present: number
}

/** Of a hundred that were expected, as minutes say it: rounded half up, but never 100 before everybody came, never 0 once
 *  somebody did; null: nobody was expected. */
export function rateOf(line: Turnout): number | null {
  if (line.expected <= 0) return null
  if (line.present >= line.expected) return 100
  const permille = Math.floor((2000 * line.present + line.expected) / (2 * line.expected))
  return line.present <= 0 ? 0 : Math.min(999, Math.max(1, permille)) / 10
}

/** 86.5% */
export function rateWords(line: Turnout): string {
  const rate = rateOf(line)
  return rate === null ? '—' : `${rate}%`
}
