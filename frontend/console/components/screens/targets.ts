import type { ScreenTarget } from '@/shared/api/screens'
import type { GridNode } from '@/shared/api/types'
import type { Meeting } from '@/shared/meeting/types'

/** Something that may be shown on a screen. */
export interface TargetChoice {
  target: ScreenTarget
  /** "云溪镇指挥大屏" */
  title: string
  /** with those above, to tell two of one name apart */
  fullName: string
  /** 1 (county, or a meeting) to 5 */
  level: number
}

/** The boards that the reader may show: those whose counters the server told. */
export function boardsOf(tree: GridNode): TargetChoice[] {
  const found: TargetChoice[] = []
  const visit = (node: GridNode): void => {
    if (node.counters !== null) found.push({ target: `board:${node.id}`, title: `${node.name}指挥大屏`, fullName: node.full_name, level: node.level })
    for (const child of node.children ?? []) visit(child)
  }
  visit(tree)
  return found
}

/** The walls of meetings that are still to come, or run. */
export function wallsOf(meetings: readonly Pick<Meeting, 'id' | 'topic' | 'org_name'>[]): TargetChoice[] {
  return meetings.map(({ id, topic, org_name }) => ({ target: `meeting:${id}`, title: `${topic} 签到大屏`, fullName: `${org_name} ${topic} 签到大屏`, level: 1 }))
}

export const mostShown = 200

/** Choices whose full name holds every word; the chosen one stays among them. */
export function matching(choices: readonly TargetChoice[], search: string, chosen: ScreenTarget | null): TargetChoice[] {
  const words = search.trim().split(/\s+/)
  return choices.filter((choice) => choice.target === chosen || words.every((word) => choice.fullName.includes(word))).slice(0, mostShown)
}

/** "482 913", "482-913" and full-width digits are what people type. */
export function digitsOf(text: string): string {
  return text.normalize('NFKC').replace(/\D/g, '').slice(0, 6)
}
