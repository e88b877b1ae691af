import { describe, expect, it } from 'vitest'
import { parseBoardEvent, parseBoardFigures, parseBoardState, parseGridState, parseTicketEvent } from './ticket-events'

const counters = { submitted: 1, accepted: 2, completed: 3, rated: 4, overdue: 5, returned: 6 }
const figures = {
  grid_id: 'g',
  counters,
  today: { submitted: 1, accepted: 1, completed: 1, rated: 1, nudged: 2, escalated: 1, satisfied_pct: null },
  kinds: [{ kind: 'dispute', title: '矛盾纠纷', count: 2 }],
  times: { accept_avg_s: null, accept_within_pct: 96.8, accept_limit_s: 1800, finish_avg_s: 10, finish_within_pct: null, finish_limit_s: 86400 },
  ladder: [{ level: 5, level_title: '五级网格', count: 3, escalated: 1, overdue: 1 }],
  slowest: [{ grid_id: 'a', name: '甲', accept_avg_s: 60, waiting: 1 }],
}
const ticket = { ticket_id: 't', grid_id: 'g', kind: 'dispute', state: 'submitted', lng: 106.1, lat: null, overdue: false, escalated: true }
const event = (data: Record<string, unknown>) => ({ seq: 1, topics: ['grid:g'], kind: 'ticket.accepted', at: '2026-11-21T00:00:00.000Z', data })

describe('payloads of ticket topics', () => {
  it('reads an event and refuses one without a ticket or with an unknown state', () => {
    expect(parseTicketEvent(event({ ticket_id: 't', state: 'accepted', by: { id: 'a', name: '韦师傅' }, handler: null, folded: true }))).toMatchObject({ ticketId: 't', state: 'accepted', by: '韦师傅', handler: null, folded: true })
    expect(parseTicketEvent(event({ state: 'accepted' }))).toBeNull()
    expect(parseTicketEvent(event({ ticket_id: 't', state: 'lost' }))).toBeNull()
  })

  it('reads counters only when all of them are numbers', () => {
    expect(parseGridState({ counters })).toEqual(counters)
    expect(parseGridState(counters)).toEqual(counters)
    expect(parseGridState({ counters: { ...counters, rated: '4' } })).toBeNull()
    expect(parseGridState(null)).toBeNull()
  })

  it('reads figures with the counters on top', () => {
    const { counters: inner, ...rest } = figures
    expect(parseBoardFigures({ ...rest, ...inner })).toEqual(figures)
  })

  it('tells the ticket\'s kind from the event\'s', () => {
    expect(parseBoardEvent(event({ ...ticket, kind: 'ticket.accepted', ticket_kind: 'dispute' }))).toMatchObject({ kind: 'dispute' })
  })

  it('keeps unknown places unknown', () => {
    expect(parseBoardEvent(event({ ...ticket, grid_name: '云溪镇', kind_title: '矛盾纠纷', text: '一句话' }))).toMatchObject({ lng: 106.1, lat: null, text: '一句话' })
  })

  it('reads the board as snapshot and as figures', () => {
    const feed = [{ ...ticket, seq: 9, at: '2026-11-21T00:00:00.000Z', kind: 'ticket.submitted', grid_name: '云溪镇', kind_title: '矛盾纠纷', text: '' }]
    expect(parseBoardFigures(figures)).toEqual(figures)
    expect(parseBoardFigures({ ...figures, counters: null })).toBeNull()
    expect(parseBoardState({ ...figures, grids_total: 3, staff_total: 4, open: [ticket, { broken: true }], feed })).toMatchObject({ grids_total: 3, staff_total: 4, open: [ticket], feed: [{ seq: 9, kind: 'ticket.submitted' }] })
    expect(parseBoardState(figures)).toBeNull()
  })
})
