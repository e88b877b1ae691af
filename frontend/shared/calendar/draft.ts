import type { Calendar, CalendarView, Period, SpecialDay } from '../api/rules'
import type { Change } from '../levels/draft'
import { copyOf, differingKeys, merged, type Merge } from '../levels/merge'
import { periodProblems, periodWords, tidyPeriods, weekdayWords } from './periods'
import { runsOf, specialWords, yearOf } from './year'

/** A calendar while somebody edits it. */

export function calendarOf(view: CalendarView): Calendar {
  const { version, week, makeup, days, noticed } = view
  return copyOf({ version, week, makeup, days, noticed })
}

/** As the server wants it: times in full, and names without space around them. */
export function tidied(calendar: Calendar): Calendar {
  const days = Object.entries(calendar.days).map(([date, day]): [string, SpecialDay] => [date, { working: day.working, name: day.name.trim(), ...(day.hours ? { hours: tidyPeriods(day.hours) } : {}) }])
  return { ...calendar, week: calendar.week.map(tidyPeriods), makeup: tidyPeriods(calendar.makeup), days: Object.fromEntries(days) }
}

const longestName = 50

/** What the server would refuse, by its names. */
export function calendarProblems(calendar: Calendar): Record<string, string> {
  const problems: Record<string, string> = {}
  calendar.week.forEach((periods, weekday) => Object.assign(problems, periodProblems(`week.${weekday}`, periods)))
  if (calendar.week.every((periods) => periods.length === 0)) problems['week'] = '一周中至少要有一段工作时间'
  Object.assign(problems, periodProblems('makeup', calendar.makeup))
  for (const [date, day] of Object.entries(calendar.days)) {
    const name = day.name.trim()
    if (name === '') problems[`days.${date}.name`] = '请填写名称，例如“国庆节”'
    else if (Array.from(name).length > longestName) problems[`days.${date}.name`] = `名称最多 ${longestName} 个字`
    if (!day.working) continue
    if ((day.hours ?? calendar.makeup).length === 0) problems[`days.${date}`] = '调休上班日没有工作时间，请填写当天或调休日的工作时间'
    Object.assign(problems, periodProblems(`days.${date}.hours`, day.hours ?? []))
  }
  return problems
}

/** Everything that differs, in words; days that became the same are told together. */
export function calendarChanges(before: Calendar, after: Calendar): Change[] {
  const [was, is] = [partsOf(before), partsOf(after)]
  const changes: Change[] = []
  const days = new Map<string, string[]>()
  for (const key of differingKeys(was, is)) {
    const [part = '', name = ''] = key.split('/')
    if (part === 'day') {
      const words = `${yearOf(name)}\n${specialWords(was.get(key) as SpecialDay | undefined)}\n${specialWords(is.get(key) as SpecialDay | undefined)}`
      days.set(words, [...(days.get(words) ?? []), name])
    } else if (part === 'noticed') {
      const words = (parts: Map<string, unknown>): string => (parts.has(key) ? '已确定' : '暂定')
      changes.push({ key, title: `${name} 年放假安排`, before: words(was), after: words(is) })
    } else {
      const title = part === 'makeup' ? '调休日上班时间' : `${weekdayWords[Number(name)] ?? ''}上班时间`
      changes.push({ key, title, before: periodWords(was.get(key) as Period[]), after: periodWords(is.get(key) as Period[]) })
    }
  }
  for (const [words, dates] of days) {
    const [year = '', wasWords = '', isWords = ''] = words.split('\n')
    changes.push({ key: `day/${dates[0] ?? ''}`, title: `${year} 年 ${runsOf(dates).join('、')}`, before: wasWords, after: isWords })
  }
  return changes
}

export function mergedCalendar(base: Calendar, mine: Calendar, theirs: Calendar): Merge<Calendar> {
  const { parts, both } = merged(partsOf(base), partsOf(mine), partsOf(theirs))
  const value: Calendar = { version: theirs.version, week: Array.from({ length: 7 }, () => []), makeup: [], days: {}, noticed: [] }
  for (const [key, part] of parts) {
    const [kind = '', name = ''] = key.split('/')
    if (kind === 'day') value.days[name] = copyOf(part as SpecialDay)
    else if (kind === 'noticed') value.noticed.push(Number(name))
    else if (kind === 'makeup') value.makeup = copyOf(part as Period[])
    else value.week[Number(name)] = copyOf(part as Period[])
  }
  value.noticed.sort((a, b) => a - b)
  return { value, both }
}

function partsOf(calendar: Calendar): Map<string, unknown> {
  return new Map<string, unknown>([
    ...calendar.week.map((periods, weekday): [string, unknown] => [`week/${weekday}`, periods]),
    ['makeup', calendar.makeup],
    ...calendar.noticed.map((year): [string, unknown] => [`noticed/${year}`, true]),
    ...Object.entries(calendar.days).map(([date, day]): [string, unknown] => [`day/${date}`, day]),
  ])
}
