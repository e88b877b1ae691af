import { joinedText } from '@/shared/meeting/joined-text'
import type { MinutesText } from './types'

/** The text of minutes by its parts, and two texts that grew from the same one. */

/** 0 to n: what was said to an item of the agenda. */
export type Part = 'content' | 'decisions' | 'remarks' | number

export const longest = { content: 10_000, discussion: 3_000, decisions: 5_000, remarks: 2_000 } as const

export function longestOf(part: Part): number {
  return typeof part === 'number' ? longest.discussion : longest[part]
}

/** In the order in which minutes have them. */
export function partsOf(items: number): Part[] {
  return ['content', ...Array.from({ length: items }, (_, index) => index), 'decisions', 'remarks']
}

export function partOf(text: MinutesText, part: Part): string {
  return typeof part === 'number' ? (text.discussions[part] ?? '') : text[part]
}

export function withPart(text: MinutesText, part: Part, value: string): MinutesText {
  if (typeof part !== 'number') return { ...text, [part]: value }
  const discussions = Array.from({ length: Math.max(part + 1, text.discussions.length) }, (_, index) => text.discussions[index] ?? '')
  discussions[part] = value
  return { ...text, discussions }
}

/** As the server counts: a rare character is one. */
export function lengthOf(text: string): number {
  return Array.from(text).length
}

/** How many characters too many. */
export function excess(text: MinutesText, part: Part): number {
  const value = partOf(text, part)
  return value.length <= longestOf(part) ? 0 : Math.max(0, lengthOf(value) - longestOf(part))
}

/** The server takes white space at the ends away; later discussions may be left out. */
export function sameText(one: MinutesText, other: MinutesText): boolean {
  return differing(one, other).length === 0
}

export function differing(one: MinutesText, other: MinutesText): Part[] {
  const parts = partsOf(Math.max(one.discussions.length, other.discussions.length))
  return parts.filter((part) => partOf(one, part).trim() !== partOf(other, part).trim())
}

export const isBlank = (text: MinutesText): boolean => partsOf(text.discussions.length).every((part) => partOf(text, part).trim() === '')

export type Choice = 'mine' | 'theirs' | 'both'

export interface Difference {
  part: Part
  mine: string
  theirs: string
  /** both wrote here: nobody but the writer can say what stays */
  contested: boolean
  /** what is proposed */
  choice: Choice
}

/** Where two texts differ that both grew from `base`. Who alone changed a part is right; where both did, both stay at first. */
export function compare(base: MinutesText, mine: MinutesText, theirs: MinutesText): Difference[] {
  return differing(mine, theirs).map((part) => {
    const before = partOf(base, part).trim()
    const [own, other] = [partOf(mine, part), partOf(theirs, part)]
    const [iChanged, theyChanged] = [own.trim() !== before, other.trim() !== before]
    const contested = iChanged && theyChanged
    return { part, mine: own, theirs: other, contested, choice: contested ? 'both' : iChanged ? 'mine' : 'theirs' }
  })
}

/** `mine` with the choices made; where both stay, theirs comes first. */
export function joined(mine: MinutesText, differences: readonly Difference[]): MinutesText {
  return differences.reduce((text, { part, mine: own, theirs, choice }) => withPart(text, part, choice === 'mine' ? own : choice === 'theirs' ? theirs : joinedText(theirs.trim(), own.trim())), mine)
}
