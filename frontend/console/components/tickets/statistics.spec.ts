import { describe, expect, test } from 'vitest'
import type { TicketStatisticsLine } from '@/shared/api/ticket-desk'
import { addressOfStatistics, doneRate, measures, minutes, percent, shortName, stars, statisticsOf, usualDays } from './statistics'

const now = Date.parse('2026-11-20T16:00:00.000Z')
const line = (changes: Partial<TicketStatisticsLine>): TicketStatisticsLine => ({ key: 'k', name: 'n', further: false, received: 0, accepted: 0, completed: 0, rated: 0, withdrawn: 0, overdue: 0, escalated: 0, overdue_rate: null, stars: null, accept_median_min: null, accept_average_min: null, complete_median_min: null, complete_average_min: null, ...changes })

describe('statistics of tickets', () => {
  test('begin with thirty days of Beijing, and stand in the address', () => {
    expect(usualDays(now)).toEqual({ from: '2026-10-23', until: '2026-11-21' })
    const usual = statisticsOf({}, now)
    expect(usual).toEqual({ by: 'period', bucket: 'day', from: '2026-10-23', until: '2026-11-21', grid_id: '', kind: '' })
    const other = { ...usual, by: 'grid', bucket: 'month', grid_id: 'g', kind: 'dispute' } as const
    expect(statisticsOf(addressOfStatistics(other), now)).toEqual(other)
    expect(statisticsOf({ by: 'x', bucket: 'hour' }, now)).toEqual(usual)
  })

  test('say numbers as people do', () => {
    expect([null, 0, 12.4, 200, 1500].map(minutes)).toEqual(['—', '不到 1 分', '12 分', '3 小时 20 分', '1 天 1 小时'])
    expect([percent(null), percent(0.1234), stars(null), stars(4.26)]).toEqual(['—', '12.3%', '—', '4.3'])
    expect(['2026-11-21', '2026-11-16 起一周', '2026年11月', '云溪镇'].map(shortName)).toEqual(['11-21', '11-16', '2026年11月', '云溪镇'])
    expect([doneRate(line({ received: 4, withdrawn: 2, completed: 1 })), doneRate(line({ received: 2, withdrawn: 2 }))]).toEqual([0.5, null])
  })

  test('every measure has a value for every line', () => {
    const lines = [line({ received: 3, completed: 1, accept_median_min: 5, overdue_rate: 0.5, stars: 4 }), line({})]
    for (const measure of measures) for (const series of measure.series(lines)) expect([series.values.length, series.words.length], measure.word).toEqual([2, 2])
  })
})
