import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ApiProblem } from '../api/problem'
import { messagesByField, type Calendar, type Period } from '../api/rules'
import { calendarChanges, calendarProblems, mergedCalendar, tidied } from './draft'
import { compareNotice, placeOf, readNotice } from './notice'
import { hoursWords, minutesAt, nextPeriod, periodProblems, timeFrom } from './periods'
import { countsOf, dateInChina, datesBetween, dayLabel, dayOf, groupsOfYear, isoDate, monthsOf, movedDate, runsOf, specialWords, weekdayOf } from './year'

const office: Period[] = [
  { from: '08:30', to: '12:00' },
  { from: '14:30', to: '18:00' },
]
const plain: Calendar = { version: 1, week: [office, office, office, office, office, [], []], makeup: office, days: {}, noticed: [] }
const file = readFileSync(new URL('../../../domain/src/calendar/notices/2026.json', import.meta.url), 'utf8')

function taken(): Calendar {
  const read = readNotice(file)
  if (!read.ok) throw new Error(read.message)
  const days = read.notice.days.map(({ date, name, isOffDay }) => [date, { working: !isOffDay, name }])
  return { ...plain, days: Object.fromEntries(days) as Calendar['days'], noticed: [2026] }
}

describe('times of a day', () => {
  it('are understood as people type them', () => {
    expect(['8:30', '830', '0830', '8', '08.30', '8：30', '24:00', '00:00'].map(timeFrom)).toEqual(['08:30', '08:30', '08:30', '08:00', '08:30', '08:30', '24:00', '00:00'])
    expect(['', '25', '8:60', '24:01', '8:3', 'x', '-1', '08:30:00'].map(timeFrom)).toEqual(Array.from({ length: 8 }, () => null))
    expect(minutesAt('14:30')).toBe(870)
  })

  it('add up', () => {
    expect([office, [{ from: '08:00', to: '08:45' }], []].map(hoursWords)).toEqual(['7 小时', '45 分', '不上班'])
  })

  it('must have a length and an order', () => {
    const periods = [{ from: '12:00', to: '08:00' }, { from: '08:00', to: '12:00' }, { from: '11:00', to: '13:00' }, { from: '13:00', to: '' }, { from: '12:00', to: '24:00' }]
    expect(Object.keys(periodProblems('week.0', periods))).toEqual(['week.0.0', 'week.0.2', 'week.0.3', 'week.0.4'])
    expect(periodProblems('week.0', [{ from: '08:00', to: '12:00' }, { from: '12:00', to: '13:00' }])).toEqual({})
  })

  it('go on in the afternoon', () => {
    expect(nextPeriod([])).toEqual(office[0])
    expect(nextPeriod(office.slice(0, 1))).toEqual(office[1])
    expect(nextPeriod(office)).toEqual({ from: '19:00', to: '21:00' })
    expect(periodProblems('x', [{ from: '08:00', to: '23:30' }, nextPeriod([{ from: '08:00', to: '22:00' }])])).not.toEqual({})
  })
})

describe('a year', () => {
  it('has whole weeks from Monday on', () => {
    const months = monthsOf(plain, 2026)
    expect(months).toHaveLength(12)
    expect(months.every(({ weeks }) => weeks.every((week) => week.length === 7))).toBe(true)
    expect(months.flatMap(({ weeks }) => weeks.flat()).filter(Boolean)).toHaveLength(365)
    expect(monthsOf(plain, 2028)[1]?.weeks.flat().filter(Boolean)).toHaveLength(29)
    expect(weekdayOf('2026-11-21')).toBe(5)
  })

  it('counts as the server does', () => {
    expect(countsOf(taken(), 2026)).toEqual({ workdays: 248, holidays: 33, makeup: 6 })
    expect(countsOf(plain, 2026).workdays).toBe(261)
  })

  it('says what a day is', () => {
    const calendar = taken()
    expect(['2026-10-01', '2026-10-10', '2026-11-21', '2026-11-23'].map((date) => dayLabel(dayOf(calendar, date)))).toEqual(['10月1日 星期四 国庆节 放假', '10月10日 星期六 国庆节 调休上班', '11月21日 星期六 周末休息', '11月23日 星期一 上班'])
  })

  it('tells its holidays together', () => {
    const groups = groupsOfYear(taken(), 2026)
    expect(groups.map(({ name }) => name)).toEqual(['元旦', '春节', '清明节', '劳动节', '端午节', '中秋节', '国庆节'])
    expect(groups.at(-1)).toMatchObject({ off: ['10月1日–7日'], makeup: ['9月20日', '10月10日'], offDays: 7 })
    expect(runsOf(['2026-10-02', '2026-09-30', '2026-10-01', '2026-12-31'])).toEqual(['9月30日–10月2日', '12月31日'])
  })

  it('is walked with the keyboard', () => {
    expect(['ArrowLeft', 'ArrowDown', 'Home', 'End', 'PageUp', 'PageDown', 'Enter'].map((key) => movedDate('2026-03-31', key))).toEqual(['2026-03-30', '2026-04-07', '2026-03-01', '2026-03-31', '2026-02-28', '2026-04-30', null])
    expect(movedDate('2026-12-31', 'ArrowRight')).toBe('2027-01-01')
    expect(movedDate('2026-12-15', 'End')).toBe('2026-12-31')
  })

  it('has its days in China', () => {
    expect(dateInChina(Date.parse('2026-12-31T16:00:00Z'))).toBe('2027-01-01')
    expect(isoDate(2026, 2, 28)).toBe('2026-02-28')
    expect(datesBetween('2026-03-02', '2026-02-28')).toEqual(['2026-02-28', '2026-03-01', '2026-03-02'])
  })
})

describe('a draft of a calendar', () => {
  it('names what is wrong by the fields of the server', () => {
    const wrong: Calendar = {
      ...plain,
      week: [[{ from: '12:00', to: '08:00' }], [], [], [], [], [], []],
      makeup: [],
      days: { '2026-11-22': { working: true, name: ' ' }, '2026-11-23': { working: true, name: '值班', hours: [{ from: '9', to: '8' }] }, '2026-11-24': { working: false, name: '放假' } },
    }
    expect(Object.keys(calendarProblems(wrong)).sort()).toEqual(['days.2026-11-22', 'days.2026-11-22.name', 'days.2026-11-23.hours.0', 'week.0.0'])
    expect(calendarProblems({ ...plain, week: plain.week.map(() => []) })).toHaveProperty('week')
    expect(calendarProblems(taken())).toEqual({})
  })

  it('is sent tidy', () => {
    const days = { '2026-11-22': { working: true, name: ' 值班 ', hours: [{ from: '9', to: '1700' }] } }
    expect(tidied({ ...plain, days }).days['2026-11-22']).toEqual({ working: true, name: '值班', hours: [{ from: '09:00', to: '17:00' }] })
  })

  it('tells days that became the same together', () => {
    const holiday = { working: false, name: '停电' }
    const after = { ...plain, noticed: [2027], week: [[], ...plain.week.slice(1)], days: { '2026-11-23': holiday, '2026-11-24': holiday, '2026-11-29': { working: true, name: '调休上班' } } }
    expect(calendarChanges(plain, after).map(({ title, before, after: is }) => `${title}：${before} → ${is}`)).toEqual([
      '星期一上班时间：08:30–12:00、14:30–18:00 → 不上班',
      '2027 年放假安排：暂定 → 已确定',
      '2026 年 11月23日–24日：按平常 → 放假（停电）',
      '2026 年 11月29日：按平常 → 调休上班',
    ])
    expect(specialWords({ working: true, name: '国庆节', hours: office })).toBe('调休上班（国庆节，7 小时）')
  })

  it('keeps the changes of two editors', () => {
    const mine = { ...plain, days: { '2026-11-23': { working: false, name: '停电' } } }
    const theirs = { ...plain, version: 2, noticed: [2027], makeup: [], days: { '2026-11-24': { working: false, name: '防汛' } } }
    const { value, both } = mergedCalendar(plain, mine, theirs)
    expect(both).toEqual([])
    expect(value).toEqual({ ...theirs, days: { ...theirs.days, ...mine.days } })
  })
})

describe('a notice', () => {
  it('is compared with what holds', () => {
    const read = readNotice(`\uFEFF${file}`)
    if (!read.ok) throw new Error(read.message)
    expect(compareNotice(plain, read.notice)).toMatchObject({ holidays: 33, makeup: 6, unchanged: 0, kept: [] })
    const calendar = taken()
    calendar.days['2026-10-01'] = { working: true, name: '值班' }
    calendar.days['2026-11-11'] = { working: false, name: '停电' }
    expect(compareNotice(calendar, read.notice)).toMatchObject({ added: [], changed: [{ date: '2026-10-01' }], unchanged: 38, kept: ['2026-11-11'] })
  })

  it('that is none says so, and where', () => {
    expect(['', '[]', '{}', '{"year":"2026","days":[]}', 'null'].map((text) => readNotice(text).ok)).toEqual([false, false, false, false, false])
    const placeOfError = (text: string): string | undefined => {
      const read = readNotice(text)
      return read.ok ? undefined : /第 \d+ 行第 \d+ 列/.exec(read.message)?.[0]
    }
    expect(placeOfError('{\n"year": 2026,\n"days": [}')).toBe('第 3 行第 10 列')
    expect(placeOfError('{"a": {"b": [1, 2.5e3, null, "\\u4E2D"]},}')).toBe('第 1 行第 41 列')
    expect(placeOfError('{"year": 2026} 完')).toBe('第 1 行第 16 列')
    expect(placeOfError('{"year": 2026')).toBe('第 1 行第 14 列')
    expect(placeOfError('{"year" 2026}')).toBe('第 1 行第 9 列')
    expect(placeOfError("{'year': 2026}")).toBe('第 1 行第 2 列')
  })

  it('shows the place of a field', () => {
    const text = '{\n "year": 2026, "papers": ["a, ]}\\"b"],\n "days": [\n  {"name": "元旦", "date": "2026-01-01", "isOffDay": true},\n  {"name": "", "date": "x"}\n ]\n}'
    const at = (field: string): [string, number] | null => {
      const place = placeOf(text, field)
      return place && [text.slice(place.start, place.end), place.line]
    }
    expect(at('year')).toEqual(['2026', 2])
    expect(at('days.1.date')).toEqual(['"x"', 5])
    expect(at('papers.0')).toEqual(['"a, ]}\\"b"', 2])
    // A field that is missing: what it should stand in.
    expect(at('days.1.isOffDay')).toEqual(['{"name": "", "date": "x"}', 5])
    expect(at('nothing')?.[1]).toBe(1)
    expect(placeOf('', 'year')).toBeNull()
  })
})

describe('messages of the server', () => {
  it('are found under the names of the page', () => {
    const fields = [
      { field: 'calendar.week.0.1', code: '', message: '重叠' },
      { field: 'makeup[0].from', code: '', message: '格式' },
      { field: 'notice.days.3.date', code: '', message: '日期' },
      { field: 'notice', code: '', message: '全部' },
      { field: 'week.0.1', code: '', message: '再一次' },
    ]
    expect(messagesByField(new ApiProblem(422, 'request.fields', '有误', fields))).toEqual({ 'week.0.1': '重叠', 'makeup.0.from': '格式', 'days.3.date': '日期', notice: '全部' })
    expect(messagesByField(new Error('x'))).toEqual({})
  })
})
