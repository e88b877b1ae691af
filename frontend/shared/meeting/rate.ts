/** How many of those expected came, in words and for bars; of a meeting, a member or an organisation alike. */

export interface Turnout {
  expected: number
  present: number
}

/** Of a hundred that were expected; null: nobody was. Never 100 before everybody came, never 0 once somebody did. */
export function rateOf(line: Turnout): number | null {
  if (line.expected <= 0) return null
  const permille = Math.floor((Math.min(line.present, line.expected) * 1000) / line.expected)
  return line.present <= 0 ? 0 : Math.max(1, permille) / 10
}

/** 86.5% */
export function rateWords(line: Turnout): string {
  const rate = rateOf(line)
  return rate === null ? '—' : `${rate}%`
}
