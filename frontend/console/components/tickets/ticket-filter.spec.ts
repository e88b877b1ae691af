import { describe, expect, test } from 'vitest'
import { ticketFixture } from '@/shared/ticket/ticket-fixture'
import { addressOf, filterOf, fits, isPeriod, noFilter, queryOf, usesMore, type TicketFilter } from './ticket-filter'

const filter = (changes: Partial<TicketFilter>): TicketFilter => ({ ...noFilter, ...changes })

describe('the filter of tickets', () => {
  test('goes into the address and comes back', () => {
    for (const one of [noFilter, filter({ state: 'submitted,accepted', overdue: true, person: '韦' }), filter({ kind: 'dispute', from: '2026-11-01', until: '2026-11-30', words: '路灯' })]) expect(filterOf(addressOf(one))).toEqual(one)
    expect(addressOf(noFilter)).toEqual({})
    expect(filterOf({ state: ['a', 'b'], overdue: 'no' })).toEqual(noFilter)
  })

  test('is asked for without spaces around words', () => {
    expect(queryOf(filter({ words: ' 路灯 ', person: ' 韦 ', overdue: true }))).toMatchObject({ q: '路灯', person: '韦', overdue: true })
    expect(queryOf(noFilter)).not.toHaveProperty('overdue')
  })

  test('knows what stands under "more" and which days are a period', () => {
    expect([noFilter, filter({ state: 'rated' }), filter({ person: '韦' }), filter({ overdue: true }), filter({ until: '2026-11-30' })].map(usesMore)).toEqual([false, false, true, true, true])
    expect([filter({ from: '2026-11-02' }), filter({ from: '2026-11-02', until: '2026-11-02' }), filter({ from: '2026-11-02', until: '2026-11-01' })].map(isPeriod)).toEqual([true, true, false])
  })

  test('judges changed tickets as far as a page can', () => {
    const ticket = ticketFixture({ state: 'accepted', kind: 'dispute', submitted_at: '2026-11-20T16:00:00.000Z' })
    const cases: [Partial<TicketFilter>, string][] = [
      [{}, 'yes'],
      [{ state: 'submitted,accepted' }, 'yes'],
      [{ state: 'submitted' }, 'no'],
      [{ kind: 'suggestion' }, 'no'],
      // Midnight in Beijing.
      [{ from: '2026-11-21', until: '2026-11-21' }, 'yes'],
      [{ until: '2026-11-20' }, 'no'],
      [{ overdue: true }, 'no'],
      [{ words: '路' }, 'unknown'],
      [{ words: '路', state: 'rated' }, 'no'],
      [{ person: '韦' }, 'unknown'],
    ]
    for (const [changes, expected] of cases) expect(fits(ticket, filter(changes)), JSON.stringify(changes)).toBe(expected)
  })
})
