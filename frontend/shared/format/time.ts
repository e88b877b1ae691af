/** Times as people read them. The product serves China: one zone, UTC+8 without summer time, whatever the device says. */

const zoneMs = 8 * 3600_000
const weekdays = ['日', '一', '二', '三', '四', '五', '六'] as const

function parts(value: string | number): Date {
  return new Date((typeof value === 'number' ? value : Date.parse(value)) + zoneMs)
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

/** 14:52 */
export function clock(value: string | number): string {
  const at = parts(value)
  return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`
}

/** 14:52:07 */
export function clockSeconds(value: string | number): string {
  return `${clock(value)}:${two(parts(value).getUTCSeconds())}`
}

/** 11 月 21 日 星期六 */
export function longDate(value: string | number): string {
  const at = parts(value)
  return `${at.getUTCMonth() + 1} 月 ${at.getUTCDate()} 日 星期${weekdays[at.getUTCDay()] ?? ''}`
}

/** 14:52 today, 昨天 14:52, 11-19 14:52, 2025-11-19 14:52 */
export function moment(value: string | number, now: number): string {
  const at = parts(value)
  const today = parts(now)
  const days = Math.floor(today.getTime() / 86_400_000) - Math.floor(at.getTime() / 86_400_000)
  if (days === 0) return clock(value)
  if (days === 1) return `昨天 ${clock(value)}`
  const date = `${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())} ${clock(value)}`
  return at.getUTCFullYear() === today.getUTCFullYear() ? date : `${at.getUTCFullYear()}-${date}`
}

/** 2026-11-21 14:52, for what is kept and printed: it reads the same years later. */
export function stamp(value: string | number): string {
  const at = parts(value)
  return `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())} ${clock(value)}`
}

/** 3 小时 20 分; the two largest units, minutes at least. */
export function span(ms: number): string {
  const minutes = Math.floor(Math.abs(ms) / 60_000)
  if (minutes < 1) return '不到 1 分'
  if (minutes < 60) return `${minutes} 分`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return minutes % 60 === 0 ? `${hours} 小时` : `${hours} 小时 ${minutes % 60} 分`
  const days = Math.floor(hours / 24)
  return hours % 24 === 0 ? `${days} 天` : `${days} 天 ${hours % 24} 小时`
}

export interface Remaining {
  text: string
  tone: 'calm' | 'soon' | 'over'
}

const soonMs = 30 * 60_000

/** What is left until a deadline. `lead` is the word before the time: 剩 on a worker's card, 还剩 for residents. */
export function remaining(dueAt: string | null, now: number, lead = '剩'): Remaining | null {
  if (dueAt === null) return null
  const left = Date.parse(dueAt) - now
  if (!Number.isFinite(left)) return null
  if (left < 0) return { text: `超时 ${span(left)}`, tone: 'over' }
  return { text: `${lead} ${span(left)}`, tone: left <= soonMs ? 'soon' : 'calm' }
}

export interface Measured {
  value: string
  unit: string
}

/** An average for a board: 45 秒, 4.2 分钟, 5.7 小时, 2.1 天. */
export function measured(seconds: number | null): Measured {
  if (seconds === null) return { value: '—', unit: '' }
  if (seconds < 60) return { value: String(Math.round(seconds)), unit: '秒' }
  if (seconds < 5400) return { value: oneDecimal(seconds / 60), unit: '分钟' }
  if (seconds < 172_800) return { value: oneDecimal(seconds / 3600), unit: '小时' }
  return { value: oneDecimal(seconds / 86_400), unit: '天' }
}

/** A limit in words: 30 分, 24 时, 3 天. */
export function limit(seconds: number): string {
  if (seconds < 5400) return `${Math.round(seconds / 60)} 分`
  if (seconds <= 172_800) return `${oneDecimal(seconds / 3600)} 时`
  return `${oneDecimal(seconds / 86_400)} 天`
}

/** 0:24 */
export function playTime(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`
}

/** For the live dot: 0.2 秒前, 12 秒前, 3 分前. */
export function ago(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} 秒前`
  if (seconds < 60) return `${Math.round(seconds)} 秒前`
  return `${Math.floor(seconds / 60)} 分前`
}

function oneDecimal(value: number): string {
  const text = value.toFixed(1)
  return text.endsWith('.0') ? text.slice(0, -2) : text
}
