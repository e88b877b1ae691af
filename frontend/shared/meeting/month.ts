import { dayOf } from './words'
import type { Meeting } from './types'

/** Months and days of a member's meetings, by Beijing time. */

const zoneMs = 8 * 3600_000
const dayMs = 86_400_000
const weekdays = ['日', '一', '二', '三', '四', '五', '六'] as const

/** Months are counted from year 0, so that the next one is one more. */
export type Month = number

export function monthOf(value: string | number): Month {
  const at = new Date((typeof value === 'number' ? value : Date.parse(value)) + zoneMs)
  return at.getUTCFullYear() * 12 + at.getUTCMonth()
}

/** 2026 年 11 月 */
export function monthWords(month: Month): string {
  return `${Math.floor(month / 12)} 年 ${(month % 12) + 1} 月`
}

/** The first moment of a month. */
export function monthStart(month: Month): number {
  return Date.UTC(Math.floor(month / 12), month % 12, 1) - zoneMs
}

export interface StripDay {
  /** counted from 1970, as `dayOf` does */
  day: number
  date: number
  weekday: string
  today: boolean
  meetings: number
  /** One that runs or is still to come. */
  open: boolean
}

/** The days of a month, each with how many meetings begin on it. */
export function stripOf(month: Month, meetings: readonly Meeting[], now: number): StripDay[] {
  const [first, after, today] = [dayOf(monthStart(month)), dayOf(monthStart(month + 1)), dayOf(now)]
  return Array.from({ length: after - first }, (_, index) => {
    const day = first + index
    const own = meetings.filter((meeting) => dayOf(meeting.starts_at) === day && meeting.state !== 'cancelled')
    return {
      day,
      date: index + 1,
      weekday: weekdays[new Date(day * dayMs).getUTCDay()] ?? '',
      today: day === today,
      meetings: own.length,
      open: own.some((meeting) => isOpen(meeting)),
    }
  })
}

export interface Sorted {
  running: Meeting[]
  /** today first, in the order of their beginning */
  upcoming: { day: number; meetings: Meeting[] }[]
}

/** Drafts are shown to those who make them; what is over is not here. */
export function sortOpen(meetings: readonly Meeting[], now: number): Sorted {
  const open = meetings.filter(isOpen).sort(soonestFirst)
  const upcoming: Sorted['upcoming'] = []
  for (const meeting of open.filter((other) => other.state !== 'running')) {
    // One that should have begun yesterday is still waiting today.
    const day = Math.max(dayOf(meeting.starts_at), dayOf(now))
    const last = upcoming[upcoming.length - 1]
    if (last?.day === day) last.meetings.push(meeting)
    else upcoming.push({ day, meetings: [meeting] })
  }
  return { running: open.filter((meeting) => meeting.state === 'running'), upcoming }
}

/** What is over, newest first. */
export function sortPast(meetings: readonly Meeting[]): Meeting[] {
  return meetings.filter((meeting) => !isOpen(meeting)).sort((a, b) => soonestFirst(b, a))
}

/** A list with a meeting put in place of the one with its id, unless what is there is newer. */
export function withMeeting(meetings: readonly Meeting[], meeting: Meeting): Meeting[] {
  return meetings.map((other) => (other.id === meeting.id && other.version <= meeting.version ? meeting : other))
}

function isOpen(meeting: Meeting): boolean {
  return meeting.state === 'draft' || meeting.state === 'launched' || meeting.state === 'running'
}

function soonestFirst(a: Meeting, b: Meeting): number {
  return Date.parse(a.starts_at) - Date.parse(b.starts_at) || (a.id < b.id ? -1 : 1)
}
