import type { Attendee, AttendeeStatus } from './types'
import { statusWords, type Tone } from './words'

/** How one person of the list stands, in words. */

const standings = { full: '正式党员', probationary: '预备党员', none: '' } as const
const grades = { strong: '在会场扫码，位置相符', fair: '扫码签到，没有位置佐证', weak: '有需要核对的地方' } as const

export function attendeeTone(attendee: Attendee): Tone {
  const { status } = attendee
  if (status === 'late' || status === 'left_early' || status === 'leave_pending') return 'wait'
  if (status === 'absent') return 'bad'
  return attendee.number === null ? 'plain' : 'good'
}

/** Of a meeting that is over. */
export function recordTone(status: AttendeeStatus): Tone {
  if (status === 'on_time' || status === 'online') return 'good'
  if (status === 'late' || status === 'left_early' || status === 'leave_pending') return 'wait'
  return status === 'absent' ? 'bad' : 'plain'
}

export function attendeeStatus(attendee: Attendee): string {
  return attendee.role === 'guest' && attendee.number !== null ? '列席 · 已到' : statusWords[attendee.status]
}

/** 正式党员 · 迟到 */
export function standingWords(attendee: Attendee): string {
  const role = attendee.role === 'guest' ? '列席' : attendee.role === 'substitute' ? '替会人' : ''
  return [standings[attendee.standing], role, statusWords[attendee.status]].filter((word, index, all) => word !== '' && all.indexOf(word) === index).join(' · ')
}

/** What somebody's first sign-in rests on; empty: nobody signed in. */
export function proofWords({ evidence, presence }: Pick<Attendee, 'evidence' | 'presence'>): string {
  if (!evidence) return ''
  if (evidence.manual) return `${evidence.manual.by || '主持人'}代签：${evidence.manual.reason}`
  const away = evidence.distance_m !== null ? `，距会场中心约 ${Math.round(evidence.distance_m)} 米` : ''
  if (presence[0]?.way === 'online' && evidence.grade === 'fair') return '线上参会'
  return grades[evidence.grade] + away
}

/** Asked for, not decided, and the person has not come after all. */
export function isLeavePending(attendee: Attendee): boolean {
  return attendee.leave !== null && attendee.leave.decision === null && attendee.number === null
}
