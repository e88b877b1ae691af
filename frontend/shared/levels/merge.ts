/** Three versions of one thing, taken apart into named parts. */

export interface Merge<T> {
  value: T
  /** names of the parts that both sides changed, differently */
  both: string[]
}

export type Parts = ReadonlyMap<string, unknown>

export function differingKeys(one: Parts, other: Parts): string[] {
  const keys = [...one.keys(), ...[...other.keys()].filter((key) => !one.has(key))]
  return keys.filter((key) => !same(one.get(key), other.get(key)))
}

/** What I changed stays as I have it; everything else is as they have it. */
export function merged(base: Parts, mine: Parts, theirs: Parts): { parts: Map<string, unknown>; both: string[] } {
  const parts = new Map(theirs)
  const both: string[] = []
  for (const key of differingKeys(base, mine)) {
    if (!same(base.get(key), theirs.get(key)) && !same(mine.get(key), theirs.get(key))) both.push(key)
    if (mine.has(key)) parts.set(key, mine.get(key))
    else parts.delete(key)
  }
  return { parts, both }
}

/** Values of JSON, whatever the order of their members. */
export function same(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const [left, right] = [one as Record<string, unknown>, other as Record<string, unknown>]
  const keys = new Set([...Object.keys(left), ...Object.keys(right)])
  return [...keys].every((key) => same(left[key], right[key]))
}

/** A copy of what JSON can say; also of what Vue watches, which structuredClone refuses. */
export function copyOf<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}
