import { clock, longDate, span } from '@/shared/format/time'
import type { Attendee, AttendeeStatus, Flag, Meeting, MeetingMode, MeetingState } from './types'

/** Words of meetings: times as people say them, how somebody stands, what is odd about a sign-in. */

const zoneMs = 8 * 3600_000
const dayMs = 86_400_000

/** The day by Beijing time, counted from 1970. */
export function dayOf(value: string | number): number {
  return Math.floor(((typeof value === 'number' ? value : Date.parse(value)) + zoneMs) / dayMs)
}

/** 今天, 明天, 后天, 昨天, 11 月 25 日 星期三, and with its year when it is not this one. */
export function dayWords(value: string | number, now: number): string {
  const near = ['昨天', '今天', '明天', '后天'][dayOf(value) - dayOf(now) + 1]
  if (near !== undefined) return near
  const year = yearOf(value)
  return year === yearOf(now) ? longDate(value) : `${year} 年 ${longDate(value)}`
}

/** 今天 14:30–16:00; a second day is named: 今天 14:30 至 明天 09:00 */
export function timeWords(meeting: Pick<Meeting, 'starts_at' | 'ends_at'>, now: number): string {
  const begin = `${dayWords(meeting.starts_at, now)} ${clock(meeting.starts_at)}`
  if (dayOf(meeting.starts_at) === dayOf(meeting.ends_at)) return `${begin}–${clock(meeting.ends_at)}`
  return `${begin} 至 ${dayWords(meeting.ends_at, now)} ${clock(meeting.ends_at)}`
}

/** 14:30–16:00, below a heading with the day; what ends the night after, or on a later day, says so. */
export function hoursWords(meeting: Pick<Meeting, 'starts_at' | 'ends_at'>): string {
  const days = dayOf(meeting.ends_at) - dayOf(meeting.starts_at)
  if (days === 0) return `${clock(meeting.starts_at)}–${clock(meeting.ends_at)}`
  return `${clock(meeting.starts_at)} 至 ${days === 1 ? '次日' : longDate(meeting.ends_at)} ${clock(meeting.ends_at)}`
}

/** How far away it is, where that helps: 还有 25 分, 刚开始, 已开始 10 分; nothing when it is not today. */
export function nearWords(meeting: Pick<Meeting, 'starts_at' | 'started_at' | 'state'>, now: number): string {
  if (meeting.state === 'running') {
    const since = now - Date.parse(meeting.started_at ?? meeting.starts_at)
    return since < 60_000 ? '刚开始' : `已开始 ${span(since)}`
  }
  if (meeting.state !== 'launched') return ''
  const left = Date.parse(meeting.starts_at) - now
  if (left < 0) return '到点，等主持人开始'
  return left < 12 * 3600_000 ? `还有 ${span(left)}` : ''
}

export const stateWords: Record<MeetingState, { text: string; tone: Tone }> = {
  draft: { text: '草稿', tone: 'plain' },
  launched: { text: '待召开', tone: 'wait' },
  running: { text: '进行中', tone: 'live' },
  ended: { text: '已结束', tone: 'plain' },
  archived: { text: '已归档', tone: 'plain' },
  cancelled: { text: '已取消', tone: 'bad' },
}

export const modeWords: Record<MeetingMode, string> = { onsite: '线下', online: '线上', hybrid: '线下 + 线上' }

export const statusWords: Record<AttendeeStatus, string> = {
  expected: '未到',
  on_time: '准时',
  late: '迟到',
  left_early: '早退',
  absent: '缺席',
  leave_approved: '请假',
  leave_pending: '请假待批',
  substitute: '替会',
  guest: '列席',
  online: '线上',
}

export type Tone = 'good' | 'wait' | 'bad' | 'plain' | 'live'

export interface OwnStanding {
  text: string
  tone: Tone
}

/** My own status on a card: what is settled first, then what is still asked of me. */
export function ownStanding(own: Attendee | null | undefined, meeting: Pick<Meeting, 'state' | 'sign_up_until'>): OwnStanding | null {
  if (!own) return null
  const over = meeting.state === 'ended' || meeting.state === 'archived'
  if (own.number !== null) {
    const extra = own.status === 'late' || own.status === 'left_early' || own.status === 'online' ? ` · ${statusWords[own.status]}` : ''
    return { text: `已签到${extra}`, tone: own.status === 'late' || own.status === 'left_early' ? 'wait' : 'good' }
  }
  if (own.leave?.decision?.approved === true || own.status === 'leave_approved') return { text: '已准假', tone: 'plain' }
  if (own.role !== 'substitute' && (own.status === 'substitute' || own.substituted_by !== null)) return { text: '已请人替会', tone: 'plain' }
  if (over) return own.role === 'guest' ? { text: '列席', tone: 'plain' } : overWords(own.status)
  if (own.leave && own.leave.decision === null) return { text: '请假待批', tone: 'wait' }
  if (own.leave?.decision?.approved === false) return { text: '请假未批准，请参会', tone: 'bad' }
  if (meeting.state === 'running') return { text: '未签到', tone: 'wait' }
  if (own.signed_up_at !== null) return { text: '已报名', tone: 'good' }
  if (own.answer) return own.answer.attending ? { text: '参加', tone: 'good' } : { text: '不参加', tone: 'bad' }
  return { text: meeting.sign_up_until ? '未报名' : '未回复', tone: 'wait' }
}

/** Until the server has said what became of it, who did not come was absent. */
function overWords(status: AttendeeStatus): OwnStanding {
  return status === 'absent' || status === 'expected' ? { text: statusWords.absent, tone: 'bad' } : { text: statusWords[status], tone: 'plain' }
}

/** 已签到 at the door: what the result page says below the tick. */
export function arrivalWords(status: AttendeeStatus): string {
  if (status === 'late') return '迟到，已如实记录'
  if (status === 'online') return '线上参会'
  if (status === 'guest') return '列席'
  if (status === 'substitute') return '替会'
  return '准时'
}

/** What a flag means, for the host; a reason to ask, never a proof. */
export const flagWords: Record<Flag, { short: string; long: string }> = {
  second_account_on_device: { short: '同一部手机为多人签到', long: '这部手机在本次会议已为另一人签过到。可能是借手机，也可能是代签，请核对本人是否在场。' },
  second_device: { short: '本人换了手机', long: '本人此前用另一部手机签过到。请核对是不是本人操作。' },
  stale_fix: { short: '定位不是刚取的', long: '手机给出的位置已超过 2 分钟，不能说明签到时人在会场。' },
  mock_location: { short: '疑似虚拟定位', long: '手机表示位置由软件模拟。请核对本人是否在场。' },
  coarse_fix: { short: '定位精度低', long: '位置误差超过 100 米，只能大致说明在会场附近。' },
}

/** 第 38 位 */
export function numberWords(number: number): string {
  return `第 ${number} 位`
}

/** 12:05, 1:02:00; over: +0:30 */
export function countdownClock(ms: number): string {
  const over = ms < 0
  const total = over ? Math.floor(-ms / 1000) : Math.ceil(ms / 1000)
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor((total % 3600) / 60), total % 60]
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${over ? '+' : ''}${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds)}`
}

/** How long somebody was there, over all stretches; a stretch that lasts ends `until`. */
export function presenceMs(presence: readonly { from: string; until: string | null }[], until: number): number {
  return presence.reduce((sum, stretch) => sum + Math.max(0, (stretch.until === null ? until : Date.parse(stretch.until)) - Date.parse(stretch.from)), 0)
}

/** Where a map shows the place: opens the map app of the phone where there is one, else a page; works in WeChat too. */
export function mapAddress(place: string, fence: Meeting['sign_in']['fence']): string {
  if (fence && typeof fence.lat === 'number' && typeof fence.lng === 'number') {
    return `https://uri.amap.com/marker?position=${fence.lng},${fence.lat}&name=${encodeURIComponent(place)}&coordinate=wgs84&callnative=1`
  }
  return `https://uri.amap.com/search?keyword=${encodeURIComponent(place)}&callnative=1`
}

function yearOf(value: string | number): number {
  return new Date((typeof value === 'number' ? value : Date.parse(value)) + zoneMs).getUTCFullYear()
}
