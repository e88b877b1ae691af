import { expect, it } from 'vitest'
import { aMeeting } from './fixture'
import { monthOf, monthStart, monthWords, sortOpen, sortPast, stripOf, withMeeting } from './month'
import { dayOf } from './words'

const now = Date.parse('2026-11-21T06:00:00.000Z')
const at = (id: string, starts_at: string, state: Parameters<typeof aMeeting>[0] = {}) => aMeeting({ id, starts_at, ...state })

it('counts months by Beijing time and over the turn of the year', () => {
  expect(monthWords(monthOf('2026-11-30T16:00:00.000Z'))).toBe('2026 年 12 月')
  expect(monthWords(monthOf('2026-11-30T15:59:00.000Z'))).toBe('2026 年 11 月')
  expect(monthWords(monthOf(now) + 2)).toBe('2027 年 1 月')
  expect(new Date(monthStart(monthOf(now))).toISOString()).toBe('2026-10-31T16:00:00.000Z')
})

it('shows every day of the month with its meetings', () => {
  const strip = stripOf(monthOf(now), [at('a', '2026-11-21T06:30:00.000Z'), at('b', '2026-11-03T01:00:00.000Z', { state: 'ended' }), at('c', '2026-11-05T01:00:00.000Z', { state: 'cancelled' }), at('d', '2026-11-30T16:00:00.000Z')], now)
  expect(strip).toHaveLength(30)
  expect(strip[20]).toEqual({ day: dayOf(now), date: 21, weekday: '六', today: true, meetings: 1, open: true })
  expect(strip[2]).toMatchObject({ meetings: 1, open: false, weekday: '二' })
  expect(strip.filter((day) => day.meetings > 0)).toHaveLength(2)
})

it('puts what runs first, then today, then later days; what should have begun waits today', () => {
  const { running, upcoming } = sortOpen(
    [at('late', '2026-11-25T06:00:00.000Z'), at('today', '2026-11-21T11:00:00.000Z'), at('runs', '2026-11-21T05:00:00.000Z', { state: 'running' }), at('forgotten', '2026-11-20T05:00:00.000Z'), at('over', '2026-11-21T01:00:00.000Z', { state: 'ended' })],
    now,
  )
  expect(running.map((meeting) => meeting.id)).toEqual(['runs'])
  expect(upcoming.map(({ day, meetings }) => [day - dayOf(now), meetings.map((meeting) => meeting.id)])).toEqual([
    [0, ['forgotten', 'today']],
    [4, ['late']],
  ])
})

it('shows what is over newest first', () => {
  const past = sortPast([at('a', '2026-11-02T01:00:00.000Z', { state: 'ended' }), at('b', '2026-11-09T01:00:00.000Z', { state: 'cancelled' }), at('c', '2026-11-10T01:00:00.000Z')])
  expect(past.map((meeting) => meeting.id)).toEqual(['b', 'a'])
})

it('never puts an older version in place of a newer one', () => {
  const list = [aMeeting({ version: 5, topic: '新' })]
  expect(withMeeting(list, aMeeting({ version: 4, topic: '旧' }))[0]?.topic).toBe('新')
  expect(withMeeting(list, aMeeting({ version: 6, topic: '更新' }))[0]?.topic).toBe('更新')
})
