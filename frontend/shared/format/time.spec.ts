import { describe, expect, it } from 'vitest'
import { ago, clock, clockSeconds, limit, longDate, measured, moment, playTime, remaining, span, stamp } from './time'

const now = Date.parse('2026-11-21T06:52:07.000Z')
const minute = 60_000

describe('times in China', () => {
  it('shows the clock of UTC+8', () => {
    expect(clock('2026-11-21T06:52:07.000Z')).toBe('14:52')
    expect(clockSeconds(now)).toBe('14:52:07')
    expect(longDate(now)).toBe('11 月 21 日 星期六')
    expect(stamp('2026-12-31T16:05:00.000Z')).toBe('2027-01-01 00:05')
  })

  it('names the day by the day in China, not in UTC', () => {
    expect(moment('2026-11-21T06:00:00.000Z', now)).toBe('14:00')
    expect(moment('2026-11-20T16:30:00.000Z', now)).toBe('00:30')
    expect(moment('2026-11-20T15:30:00.000Z', now)).toBe('昨天 23:30')
    expect(moment('2026-11-18T01:00:00.000Z', now)).toBe('11-18 09:00')
    expect(moment('2025-11-18T01:00:00.000Z', now)).toBe('2025-11-18 09:00')
  })
})

describe('remaining', () => {
  const due = (ms: number): string => new Date(now + ms).toISOString()

  it('counts down and says when time is over', () => {
    expect(remaining(due(27 * minute), now)).toEqual({ text: '剩 27 分', tone: 'soon' })
    expect(remaining(due(200 * minute), now, '还剩')).toEqual({ text: '还剩 3 小时 20 分', tone: 'calm' })
    expect(remaining(due(-9 * minute), now)).toEqual({ text: '超时 9 分', tone: 'over' })
    expect(remaining(null, now)).toBeNull()
    expect(remaining('not a time', now)).toBeNull()
  })

  it('uses the two largest units', () => {
    expect(span(20_000)).toBe('不到 1 分')
    expect(span(60 * minute)).toBe('1 小时')
    expect(span(26 * 60 * minute)).toBe('1 天 2 小时')
    expect(span(48 * 60 * minute)).toBe('2 天')
  })
})

describe('measures of the board', () => {
  it('chooses the unit', () => {
    expect(measured(null)).toEqual({ value: '—', unit: '' })
    expect(measured(45)).toEqual({ value: '45', unit: '秒' })
    expect(measured(252)).toEqual({ value: '4.2', unit: '分钟' })
    expect(measured(20_520)).toEqual({ value: '5.7', unit: '小时' })
    expect(measured(86_400 * 3)).toEqual({ value: '3', unit: '天' })
  })

  it('writes limits and short spans', () => {
    expect(limit(1800)).toBe('30 分')
    expect(limit(86_400)).toBe('24 时')
    expect(limit(86_400 * 3)).toBe('3 天')
    expect(playTime(24_000)).toBe('0:24')
    expect(ago(0.23)).toBe('0.2 秒前')
    expect(ago(12.4)).toBe('12 秒前')
    expect(ago(190)).toBe('3 分前')
  })
})
