import { describe, expect, it } from 'vitest'
import { may } from './ticket-actions'
import { ticketFixture } from './ticket-fixture'
import { mostUrgentFirst, newestFirst, withoutTicket, withTicket } from './ticket-list'

const at = (minute: number): string => `2026-11-21T00:${String(minute).padStart(2, '0')}:00.000Z`

describe('lists of tickets', () => {
  it('adds, replaces and removes', () => {
    const a = ticketFixture({ id: 'a', submitted_at: at(1) })
    const b = ticketFixture({ id: 'b', submitted_at: at(2) })
    expect(withTicket([a], b).map((ticket) => ticket.id)).toEqual(['b', 'a'])
    expect(withTicket([a], { ...a, version: 2, state: 'accepted' })[0]?.state).toBe('accepted')
    expect(withoutTicket([a, b], 'a')).toEqual([b])
  })

  it('never lets an older version win', () => {
    const newer = ticketFixture({ id: 'a', version: 5, state: 'completed' })
    expect(withTicket([newer], { ...newer, version: 4, state: 'accepted' })[0]?.state).toBe('completed')
  })

  it('orders by urgency: nearest deadline first, no deadline last', () => {
    const list = [ticketFixture({ id: 'none', submitted_at: at(0) }), ticketFixture({ id: 'late', due_at: at(30) }), ticketFixture({ id: 'soon', due_at: at(10) })]
    expect(mostUrgentFirst(list).map((ticket) => ticket.id)).toEqual(['soon', 'late', 'none'])
    expect(newestFirst([ticketFixture({ id: 'old', submitted_at: at(1) }), ticketFixture({ id: 'new', submitted_at: at(9) })])[0]?.id).toBe('new')
  })

  it('knows which actions the server offers', () => {
    expect(may({ actions: ['accept', 'nudge-receipt'] }, 'nudge-receipt')).toBe(true)
    expect(may({ actions: ['accept'] }, 'complete')).toBe(false)
  })
})
