import { expect, it } from 'vitest'
import { isPeriod, periodOf } from './periods'
import { rateOf, rateWords } from './rate'
import { parseStatistics } from './statistics'

it('knows the usual periods by the calendar of Beijing', () => {
  const now = Date.parse('2026-10-31T17:00:00.000Z')
  expect(periodOf('month', now)).toEqual({ from: '2026-11-01', until: '2026-11-01' })
  expect(periodOf('last_month', now)).toEqual({ from: '2026-10-01', until: '2026-10-31' })
  expect(periodOf('quarter', now)).toEqual({ from: '2026-10-01', until: '2026-11-01' })
  expect(periodOf('year', now)).toEqual({ from: '2026-01-01', until: '2026-11-01' })
  expect(periodOf('last_month', Date.parse('2026-01-10T00:00:00.000Z'))).toEqual({ from: '2025-12-01', until: '2025-12-31' })
})

it('refuses a period that ends before it begins', () => {
  expect(isPeriod({ from: '2026-11-02', until: '2026-11-01' })).toBe(false)
  expect(isPeriod({ from: '2026-11-01', until: '2026-11-01' })).toBe(true)
  expect(isPeriod({ from: '', until: '2026-11-01' })).toBe(false)
})

it('says a rate that flatters nobody', () => {
  expect(rateOf({ expected: 0, present: 0 })).toBeNull()
  expect(rateWords({ expected: 1000, present: 999 })).toBe('99.9%')
  expect(rateWords({ expected: 3000, present: 2999 })).toBe('99.9%')
  expect(rateWords({ expected: 9, present: 6 })).toBe('66.7%')
  expect(rateWords({ expected: 3000, present: 1 })).toBe('0.1%')
  expect(rateWords({ expected: 4, present: 4 })).toBe('100%')
})

it('reads statistics although a number is missing', () => {
  expect(parseStatistics({ items: [{ key: 'm1', name: '韦建国', present: 3 }, 'x'] })).toMatchObject({ items: [{ name: '韦建国', present: 3, expected: 0 }], total: { meetings: 0 } })
  expect(parseStatistics([])).toBeNull()
})
