import type { Due } from '@/shared/api/tickets'
import type { Ticket } from '@/shared/api/types'
import { clock, moment, remaining } from '@/shared/format/time'

/** What is left of a ticket's limit, in words; no page reads the clock in another way. */

export type Timed = Pick<Ticket, 'state' | 'clock' | 'due_at' | 'overdue'>
export type TicketClock = NonNullable<Ticket['clock']>
export type Tone = 'calm' | 'soon' | 'over' | 'paused'

export interface Countdown {
  tone: Tone
  /** A word beside the colour; null where `text` says enough. */
  word: string | null
  text: string
}

const dayMs = 86_400_000
const zoneMs = 8 * 3600_000
/** The last part of a limit, as the server warns by default. */
const lastPart = 0.2
const minuteMs = 60_000
const soonAtLeastMs = 10 * minuteMs

/** For staff; null when nothing runs. `lead` is the word before the time; a column that says it by itself needs none. */
export function countdown(ticket: Timed, now: number, lead = '剩'): Countdown | null {
  if (ticket.state !== 'submitted' && ticket.state !== 'accepted') return null
  const running = ticket.clock
  if (running?.paused) return { tone: 'paused', word: null, text: '暂停计时' }
  const left = remaining(ticket.due_at, now, lead)
  if (left === null || ticket.due_at === null) return null
  if (left.tone === 'over') return { tone: 'over', word: null, text: left.text }
  const text = endsLater(running, ticket.due_at, now) ? `${dueMoment(ticket.due_at, now)}${lead === '' ? '' : ' 到期'}` : left.text
  if (ticket.overdue) return { tone: 'over', word: '已超时', text }
  return isSoon(running, ticket.due_at, now) ? { tone: 'soon', word: '即将到期', text } : { tone: 'calm', word: null, text }
}

/** For residents, who need no minutes of lateness. */
export function residentCountdown(ticket: Timed, now: number): Countdown | null {
  const left = countdown(ticket, now, '还剩')
  if (left === null) return null
  if (left.tone === 'over') return { tone: 'over', word: null, text: '已超时' }
  return { ...left, word: null }
}

/** 暂停计时：等待其他部门（到 11-30 17:30 自动恢复） */
export function pausedSentence(running: TicketClock | null, now: number): string | null {
  const pause = running?.paused
  return pause ? `暂停计时：${pause.reason_title}（到 ${dueMoment(pause.until, now)} 自动恢复）` : null
}

/** Pieces of a sentence; a line must not end inside of a date. */
export function pieces(sentence: string): { text: string; whole: boolean }[] {
  return sentence.split(/((?:\d{4}-)?\d{2}-\d{2} \d{2}:\d{2})/).map((text, index) => ({ text, whole: index % 2 === 1 }))
}

/** 今天 17:30, 明天 17:30, 11-30 17:30 */
export function dueMoment(value: string, now: number): string {
  const day = (at: number): number => Math.floor((at + zoneMs) / dayMs)
  const ahead = day(Date.parse(value)) - day(now)
  if (ahead === 0) return `今天 ${clock(value)}`
  return ahead === 1 ? `明天 ${clock(value)}` : moment(value, now)
}

/** Office time until the end, in words; null when the limit runs around the clock, or is over. */
export function officeTimeLeft(due: Due, now: number): string | null {
  const stretches = due.days.flatMap((day) => day.counted)
  const left = stretches.reduce((sum, stretch) => sum + Math.max(0, Date.parse(stretch.to) - Math.max(now, Date.parse(stretch.from))), 0)
  return left > 0 ? minutesWords(Math.ceil(left / minuteMs)) : null
}

/** 45 分钟, 8 小时, 7 小时 12 分钟; office hours are never folded into days. */
export function minutesWords(minutes: number): string {
  const hours = Math.floor(minutes / 60)
  const rest = minutes % 60
  if (hours === 0) return `${rest} 分钟`
  return rest === 0 ? `${hours} 小时` : `${hours} 小时 ${rest} 分钟`
}

/** A limit in office time stands still at night: hours on the wall would promise too much. */
function endsLater(running: TicketClock | null, dueAt: string, now: number): boolean {
  return running?.limit.clock === 'working' && !dueMoment(dueAt, now).startsWith('今天')
}

function isSoon(running: TicketClock | null, dueAt: string, now: number): boolean {
  const end = Date.parse(dueAt)
  const whole = running ? end - Date.parse(running.started_at) : 0
  return end - now <= Math.max(soonAtLeastMs, whole * lastPart)
}
