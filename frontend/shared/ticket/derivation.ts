import type { Due, DueDay } from '@/shared/api/tickets'
import { clock } from '@/shared/format/time'
import { limitWords } from '@/shared/levels/limits'
import { dueMoment, minutesWords } from './countdown'

/** How the end of a limit came about, line by line, as it can be retold to whoever asks. */

export interface DerivationDay {
  /** the first day, for the list's key */
  date: string
  /** 11 月 23 日 周一; 11 月 21 日 – 22 日 */
  title: string
  /** 国庆节调休, 暂定 … */
  marks: string[]
  counts: boolean
  /** 7 小时 12 分钟, or why nothing counted */
  words: string
  /** 08:30–12:00、14:30–17:30 */
  hours: string
}

const dayMs = 86_400_000
const weekdays = ['周日', '周一', '周二', '周三', '周四', '周五', '周六'] as const

export function derivationDays(days: readonly DueDay[]): DerivationDay[] {
  return grouped(days).map((group) => (group.length > 1 || !group[0].working ? rest(group) : counted(group[0])))
}

/** The sum of all days, which is the limit together with the extension. */
export function countedInAll(days: readonly DueDay[]): string {
  const ms = days.flatMap((day) => day.counted).reduce((sum, stretch) => sum + Date.parse(stretch.to) - Date.parse(stretch.from), 0)
  return minutesWords(Math.round(ms / 60_000))
}

export interface Fact {
  name: string
  words: string
}

/** Everything but the days. */
export function derivationFacts(due: Due, now: number): Fact[] {
  const facts: Fact[] = []
  const add = (name: string, words: string | null): void => void (words !== null && words !== '' && facts.push({ name, words }))
  add('时限', due.limit_words && `${due.purpose === 'accept' ? '接单' : '办结'}时限 ${due.limit_words}`)
  add('环节', due.level_title && `由${due.level_title}负责`)
  add('起算', due.started_at && dueMoment(due.started_at, now))
  for (const pause of due.pauses) add('暂停', `${dueMoment(pause.from, now)} ${pause.to === null ? '至今' : `至 ${dueMoment(pause.to, now)}`}，${pause.reason_title}${pause.note ? `：${pause.note}` : ''}`)
  add('延期', due.extension && `经批准延长 ${limitWords(due.extension)}`)
  return facts
}

export function rulesWords(rules: Due['rules']): string {
  return rules ? `依据：服务时限${versionWords(rules.service_levels_version)}，工作日历${versionWords(rules.calendar_version)}` : ''
}

/** Version 0 is what the product brings along. */
function versionWords(version: number): string {
  return version === 0 ? '（初始设置）' : `第 ${version} 版`
}

type Group = [DueDay, ...DueDay[]]

/** Free days of the same name are told in one line. */
function grouped(days: readonly DueDay[]): Group[] {
  const groups: Group[] = []
  for (const day of days) {
    const last = groups[groups.length - 1]
    if (last && !day.working && !last[0].working && last[0].name === day.name && last[0].provisional === day.provisional) last.push(day)
    else groups.push([day])
  }
  return groups
}

function rest(group: Group): DerivationDay {
  const [first] = group
  const last = group[group.length - 1] ?? first
  const words = first.name ? (group.length > 1 ? `休 ${group.length} 天，不计时` : '放假，不计时') : '周末休息，不计时'
  return { date: first.date, title: period(first.date, last.date), marks: marksOf(first), counts: false, words, hours: '' }
}

function counted(day: DueDay): DerivationDay {
  const hours = day.counted.map((stretch) => `${clock(stretch.from)}–${clock(stretch.to)}`).join('、')
  const pause = day.paused_minutes > 0 ? `暂停 ${minutesWords(day.paused_minutes)}` : ''
  const counts = day.counted_minutes > 0
  const words = counts ? [`计 ${minutesWords(day.counted_minutes)}`, pause].filter((part) => part !== '').join('，') : pause || '工作时间外，不计时'
  return { date: day.date, title: period(day.date, day.date), marks: marksOf(day), counts, words, hours }
}

function marksOf(day: DueDay): string[] {
  const marks: string[] = []
  if (day.name) marks.push(day.working ? `${day.name}${isWeekend(day.date) ? '调休上班' : ''}` : day.name)
  else if (day.working && isWeekend(day.date)) marks.push('调休上班')
  if (day.provisional) marks.push('暂定')
  return marks
}

function isWeekend(date: string): boolean {
  return [0, 6].includes(new Date(date).getUTCDay())
}

function period(from: string, to: string): string {
  const [start, end] = [new Date(from), new Date(to)]
  const day = (at: Date): string => `${at.getUTCMonth() + 1} 月 ${at.getUTCDate()} 日`
  if (from === to) return `${day(start)} ${weekdays[start.getUTCDay()] ?? ''}`
  const days = (end.getTime() - start.getTime()) / dayMs
  const last = start.getUTCMonth() === end.getUTCMonth() ? `${end.getUTCDate()} 日` : day(end)
  return days === 1 ? `${day(start)}、${last}` : `${day(start)} 至 ${last}`
}
