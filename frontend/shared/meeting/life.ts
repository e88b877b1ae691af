import { isRecord, type LiveEvent } from '@/shared/live/frames'
import type { MeetingNow } from './parse'
import type { Figures, Meeting } from './types'

/** What the live topic says of the meeting itself, put over what was read when the page opened. */

export function withFigures(meeting: Meeting, figures: Figures): Meeting {
  const same = meeting.state === figures.state && meeting.agenda_position?.index === figures.agenda?.index && meeting.agenda_position?.ends_at === figures.agenda?.ends_at
  return same ? meeting : { ...meeting, state: figures.state, agenda_position: figures.agenda }
}

export function withNow(meeting: Meeting, now: MeetingNow): Meeting {
  return { ...meeting, started_at: now.startedAt, ended_at: now.endedAt, cancel_reason: now.cancelReason, agenda: now.items.length > 0 ? now.items : meeting.agenda }
}

export function withLifeEvent(meeting: Meeting, event: LiveEvent): Meeting {
  switch (event.kind) {
    case 'meeting.launched':
      return { ...meeting, state: 'launched', launched_at: event.at }
    case 'meeting.started':
      return { ...meeting, state: 'running', started_at: event.at }
    case 'meeting.ended':
      return { ...meeting, state: 'ended', ended_at: event.at, agenda_position: null }
    case 'meeting.archived':
      return { ...meeting, state: 'archived' }
    case 'meeting.cancelled':
      return { ...meeting, state: 'cancelled', cancel_reason: typeof event.data['reason'] === 'string' ? event.data['reason'] : null }
    case 'meeting.minutes_signed':
      return { ...meeting, minutes_state: 'signed' }
    case 'meeting.minutes_edited':
    case 'meeting.minutes_reopened':
      return { ...meeting, minutes_state: 'draft' }
    default:
      return meeting
  }
}

/** What is announced to people who cannot see the page change. */
export function announcement(event: LiveEvent): string {
  const { title, reason, name, by_name, question } = event.data
  switch (event.kind) {
    case 'meeting.started':
      return '会议开始了'
    case 'meeting.ended':
      return '会议结束了'
    case 'meeting.cancelled':
      return `会议已取消${typeof reason === 'string' ? `：${reason}` : ''}`
    case 'meeting.agenda_moved':
      return typeof title === 'string' ? `现在进行：${title}` : ''
    case 'meeting.leave_requested':
      return typeof name === 'string' ? `${name} 申请请假` : ''
    case 'meeting.hand_raised':
      return typeof name === 'string' ? `${name} 举手` : ''
    case 'meeting.visited':
      return typeof by_name === 'string' ? `${by_name} 正在进会查看` : ''
    case 'vote.opened':
      return `表决开始，请投票${isRecord(question) && typeof question['title'] === 'string' ? `：${question['title']}` : ''}`
    case 'vote.closed':
      return '表决已截止'
    case 'vote.published':
      return `表决结果已公布${isRecord(question) && typeof question['title'] === 'string' ? `：${question['title']}` : ''}`
    case 'vote.reset':
      return `表决作废重来${typeof reason === 'string' ? `：${reason}` : ''}`
    default:
      return ''
  }
}

/** How far the item that is being dealt with has come. */
export interface ItemTime {
  left: number
  /** 0 to 1 */
  share: number
  tone: 'calm' | 'soon' | 'over'
}

const soonMs = 2 * 60_000

export function itemTime(position: Meeting['agenda_position'], now: number): ItemTime | null {
  if (!position || position.ends_at === null) return null
  const [since, end] = [Date.parse(position.since), Date.parse(position.ends_at)]
  const left = end - now
  const share = end > since ? Math.min(1, Math.max(0, (now - since) / (end - since))) : 1
  return { left, share, tone: left < 0 ? 'over' : left <= soonMs ? 'soon' : 'calm' }
}
