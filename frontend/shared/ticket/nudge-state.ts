import type { Ticket } from '@/shared/api/types'
import { moment } from '@/shared/format/time'
import { dueMoment } from './countdown'

/** What became of the last nudge, for staff. */

export type Nudge = NonNullable<Ticket['nudge']>

export interface NudgeState {
  /** 罗志强 14:52 督促（第 2 次） */
  asked: string
  note: string | null
  /** 吴德明、蒋大勇 */
  to: string
  answered: boolean
  /** 已收到, 未回应 */
  answer: string
  /** … 前未回复将上报 */
  threat: string | null
}

/** The rules nudge by themselves too: then nobody is named. */
export function nudgerOf(nudge: Nudge | null): string {
  return nudge?.last_by?.name ?? '系统'
}

export function nudgeState(nudge: Nudge, now: number): NudgeState {
  const times = nudge.count > 1 ? `（第 ${nudge.count} 次）` : ''
  return {
    asked: `${nudgerOf(nudge)} ${moment(nudge.last_at, now)} 督促${times}`,
    note: nudge.last_note,
    to: nudge.last_to.map((person) => person.name).join('、'),
    answered: !nudge.unread,
    answer: nudge.unread ? '未回应' : `已收到${nudge.read_at ? `（${moment(nudge.read_at, now)}）` : ''}`,
    threat: nudgeThreat(nudge, now),
  }
}

/** 今天 15:12 前未回复将上报; null when an answer came, or when none is asked for. */
export function nudgeThreat(nudge: Nudge | null, now: number): string | null {
  if (!nudge?.unread || nudge.answer_by === null) return null
  return Date.parse(nudge.answer_by) > now ? `${dueMoment(nudge.answer_by, now)} 前未回复将上报` : '逾期未回复，正在上报'
}
