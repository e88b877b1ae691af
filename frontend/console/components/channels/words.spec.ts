import { describe, expect, it } from 'vitest'
import { monthsOfCounts, monthWords, reasonWords, yuan } from './words'

describe('money', () => {
  it('is told in yuan, to the last thousandth of a fen', () => {
    expect([0, 4500, 27000, 100_000, 123_456_789, 1, 12_345_600_000].map(yuan)).toEqual(['0.00', '0.045', '0.27', '1.00', '1,234.56789', '0.00001', '123,456.00'])
  })
})

describe('counts', () => {
  it('are told by month, newest first', () => {
    const count = (month: string, channel: string, cost: number): Parameters<typeof monthsOfCounts>[0][number] => ({ month, channel, sent: 1, given_up: 0, not_needed: 0, attempts: 1, cost_milli_fen: cost })
    const months = monthsOfCounts([count('2026-09', 'sms', 4500), count('2026-11', 'sms', 4500), count('2026-11', 'voice', 12_000)])
    expect(months.map(({ month, costMilliFen, byChannel }) => [monthWords(month), costMilliFen, byChannel.size])).toEqual([
      ['2026 年 11 月', 16_500, 2],
      ['2026 年 9 月', 4500, 1],
    ])
  })
})

describe('reasons', () => {
  it('are Chinese where they are ours', () => {
    const given = (last_error: string): string | null => reasonWords({ state: 'given_up', last_error, reference: null })
    const needless = (reference: string): string | null => reasonWords({ state: 'not_needed', last_error: null, reference })
    expect([needless('read'), needless('told with 1:2:sms'), given('no answer in time'), given('the sms bridge answered 503 Service Unavailable')]).toEqual(['收件人已经看过', '与另一条合并发送', '对方没有及时回答', '对方回答 503 Service Unavailable'])
    expect(given('certificate expired')).toBe('certificate expired')
    expect(reasonWords({ state: 'owed', last_error: null, reference: null })).toBeNull()
  })
})
