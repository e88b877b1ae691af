/** How names are set. */

const han = /^\p{Script=Han}+$/u
/** As wide as one character of Chinese. */
const fullSpace = '\u3000'

/** Names of two characters are spread to the width of three, as printed lists do, so that columns stand straight. */
export function spread(name: string): string {
  const characters = Array.from(name)
  return characters.length === 2 && han.test(name) ? characters.join(fullSpace) : name
}

/** What stands in a small circle: the given name, or as much of a longer name as two characters hold. */
export function brief(name: string): string {
  const characters = Array.from(name)
  if (characters.length <= 2) return name
  return (han.test(name) && characters.length <= 4 ? characters.slice(-2) : characters.slice(0, 2)).join('')
}

/** A long name in two lines, at the dot that joins its parts; null: one line will do. */
export function inTwoLines(name: string): readonly [string, string] | null {
  const dot = name.search(/[·•]/)
  return name.length > 5 && dot > 0 && dot < name.length - 1 ? [name.slice(0, dot + 1), name.slice(dot + 1)] : null
}

const [largestTitle, smallestOneLine, largestTwoLines, smallestTitle] = [2.9, 2.2, 2.1, 1.3]
/** Letters and digits against a character of Chinese; lines do not break exactly in the middle. */
const latinWidth = 0.58
const halves = 1.86

/** The size of a topic's type, in rem: one line while it can be read from afar, two lines after that. */
export function titleSize(topic: string, roomRem: number): number {
  const wide = Array.from(topic).reduce((sum, character) => sum + (character < '\u2e80' ? latinWidth : 1), 0)
  const oneLine = Math.min(largestTitle, roomRem / Math.max(1, wide * 1.02))
  if (oneLine >= smallestOneLine) return Math.floor(oneLine * 100) / 100
  return Math.max(smallestTitle, Math.floor(Math.min(largestTwoLines, (roomRem * halves) / wide) * 100) / 100)
}

export const tones = 6

/** One of the wall's colours, the same for the same person on every screen. */
export function toneOf(id: string): number {
  let hash = 0
  for (let index = 0; index < id.length; index += 1) hash = (hash * 31 + id.charCodeAt(index)) >>> 0
  return hash % tones
}

const words: Record<string, string> = { on_time: '准时', late: '迟到', left_early: '早退', online: '线上', substitute: '替会', guest: '列席' }

export interface StatusWord {
  word: string
  tone: 'green' | 'amber' | 'blue' | 'plain'
}

export function statusWord(status: string): StatusWord {
  const word = words[status] ?? '已签到'
  if (status === 'on_time') return { word, tone: 'green' }
  if (status === 'late' || status === 'left_early') return { word, tone: 'amber' }
  return { word, tone: status === 'online' ? 'blue' : 'plain' }
}

const namedAtMost = 3

/** One sentence for all who came since the last one, for who listens instead of looking. */
export function announcement(names: readonly string[], present: number): string {
  if (names.length === 0) return ''
  const named = names.slice(-namedAtMost).join('、')
  const who = names.length > namedAtMost ? `${named}等 ${names.length} 人` : named
  return `${who}已签到，实到 ${present} 人`
}
