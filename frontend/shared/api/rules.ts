import { get, post, request } from './client'
import { ApiProblem } from './problem'
import type { components } from './schema'
import type { Person } from './types'

/** Service levels and the working calendar: what is read is what may be sent back. */

export type LimitUnit = 'minutes' | 'hours' | 'workdays'
export type LimitClock = 'working' | 'continuous'
export type Purpose = 'accept' | 'finish'

export interface Limit {
  value: number
  unit: LimitUnit
  clock: LimitClock
}

export interface LevelException {
  kind: string | null
  level: number | null
  accept: Limit | null
  finish: Limit | null
}

export interface ServiceLevels {
  version: number
  accept: Limit
  finish: Limit
  exceptions: LevelException[]
  warn_percent: number
  pause_workdays: number
  nudge_cooldown_minutes: number
  nudge_answer: Limit | null
  nudge_repeat: Limit | null
  returns_until_escalation: number
  reopen_days: number
}

export interface RuleVersion {
  version: number
  at: string
  /** null: the system */
  by: Person | null
}

interface Ruled {
  /** newest first */
  history: RuleVersion[]
  may_change: boolean
}

export type ServiceLevelsView = ServiceLevels & Ruled

export interface Period {
  /** 08:30 */
  from: string
  /** 12:00; the end of the day is 24:00 */
  to: string
}

export interface SpecialDay {
  working: boolean
  name: string
  /** only of a workday; without them the make-up hours hold */
  hours?: Period[]
}

export interface Calendar {
  version: number
  /** Monday first */
  week: Period[][]
  makeup: Period[]
  days: Record<string, SpecialDay>
  noticed: number[]
}

export type CalendarView = Calendar & Ruled & { year: components['schemas']['YearView'] }

export interface NoticeDay {
  name: string
  date: string
  isOffDay: boolean
}

/** A year's notice in the form of NateScarlet/holiday-cn. */
export interface Notice {
  year: number
  papers?: string[]
  days: NoticeDay[]
}

export interface MovedTicket {
  ticket_id: string
  number: string
  kind_title: string
  grid_name: string
  purpose: Purpose
  due_at: string
  new_due_at: string
}

/** What other rules would do to the clocks that run. */
export interface RuleEffect {
  running: number
  changed: number
  earlier: number
  later: number
  kept_past: number
  sample: MovedTicket[]
}

export interface NoticeTaken {
  calendar: CalendarView
  effect: components['schemas']['NoticeEffectView']
}

export const fetchServiceLevels = (): Promise<ServiceLevelsView> => get('/service-levels')

export const saveServiceLevels = (levels: ServiceLevels): Promise<ServiceLevelsView> => request('PUT', '/service-levels', { body: levels })

export const previewServiceLevels = (levels: ServiceLevels): Promise<RuleEffect> => post('/service-levels/preview', levels)

export const fetchCalendar = (): Promise<CalendarView> => get('/calendar')

export const saveCalendar = (calendar: Calendar): Promise<CalendarView> => request('PUT', '/calendar', { body: calendar })

export const previewCalendar = (calendar: Calendar): Promise<RuleEffect> => post('/calendar/preview', { calendar })

/** The server reads a notice more strictly than any type can say, so it goes as it was pasted. */
export const previewNotice = (notice: unknown): Promise<RuleEffect> => post('/calendar/preview', { notice })

export const takeNotice = (version: number, notice: unknown): Promise<NoticeTaken> => post('/calendar/notice', { version, notice })

export function isChangedMeanwhile(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 409 && error.code.endsWith('.changed_meanwhile')
}

/**
 * Messages by field, as the pages name their fields: `week.0.1`, `exceptions.2.accept.value`. A preview puts a name in
 * front (`calendar.week.0.1`), and a value of the wrong form is named with brackets (`makeup[0].from`).
 */
export function messagesByField(error: unknown): Record<string, string> {
  const messages: Record<string, string> = {}
  if (!(error instanceof ApiProblem)) return messages
  for (const { field, message } of error.fields) {
    const name = field.replace(/\[(\d+)\]/g, '.$1').replace(/^(calendar|notice)\.(?=.)/, '')
    messages[name] ??= message
  }
  return messages
}
