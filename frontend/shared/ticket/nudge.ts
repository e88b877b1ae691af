import { fetchTimeline, nudgeTicket } from '@/shared/api/tickets'
import type { Ticket } from '@/shared/api/types'

export interface NudgeResult {
  after: Ticket
  /** Within the cool-down nudges are counted but not passed on again. */
  folded: boolean
}

/** Nudges, and finds out whether the worker really hears of it: only the timeline tells. */
export async function nudge(ticket: Ticket, note: string): Promise<NudgeResult> {
  const after = await nudgeTicket(ticket.id, note)
  const timeline = await fetchTimeline(ticket.id).catch(() => null)
  const nudges = timeline?.items.filter((item) => item.kind === 'ticket.nudged') ?? []
  return { after, folded: nudges[nudges.length - 1]?.data['folded'] === true }
}

export function nudgeWords(result: NudgeResult): string {
  return result.folded ? '刚刚已经督促过，已合并为一次，不再重复提醒。' : '督促已送到网格员手机。'
}
