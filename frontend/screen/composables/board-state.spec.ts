import { describe, expect, it } from 'vitest'
import type { BoardState } from '@/shared/api/types'
import { longestFeed, withEvents, withFigures, type BoardEvent } from './board-state'

const empty: BoardState = {
  grid_id: 'g',
  counters: { submitted: 0, accepted: 0, completed: 0, rated: 0, overdue: 0, returned: 0 },
  today: { submitted: 0, accepted: 0, completed: 0, rated: 0, nudged: 0, escalated: 0, satisfied_pct: null },
  kinds: [],
  times: { accept_avg_s: null, accept_within_pct: null, accept_limit_s: 1800, finish_avg_s: null, finish_within_pct: null, finish_limit_s: 86_400 },
  ladder: [],
  slowest: [],
  open: [],
  feed: [],
  grids_total: 0,
  staff_total: 0,
}
const event = (seq: number, state: BoardEvent['data']['state'], id = 't'): BoardEvent => ({
  seq,
  at: '2026-11-21T00:00:00.000Z',
  kind: `ticket.${state}`,
  data: { ticket_id: id, grid_id: 'g', grid_name: '云溪镇', kind: 'dispute', kind_title: '矛盾纠纷', state, overdue: false, escalated: false, lng: null, lat: null, text: '' },
})

describe('the board', () => {
  it('adds, changes and removes points', () => {
    const one = withEvents(empty, [event(1, 'submitted')])
    expect(one.open).toHaveLength(1)
    const two = withEvents(one, [event(2, 'accepted')])
    expect(two.open).toMatchObject([{ ticket_id: 't', state: 'accepted' }])
    expect(withEvents(two, [event(3, 'rated')]).open).toEqual([])
    expect(withEvents(two, [event(3, 'withdrawn')]).open).toEqual([])
  })

  it('keeps the feed newest first, without doubles, and short', () => {
    const many = Array.from({ length: 30 }, (_, index) => event(index + 1, 'submitted', `t${index}`))
    const state = withEvents(withEvents(empty, many), [event(30, 'submitted', 't29')])
    expect(state.feed).toHaveLength(longestFeed)
    expect(state.feed[0]?.seq).toBe(30)
    expect(state.feed[0]?.kind).toBe('ticket.submitted')
  })

  it('takes new figures without losing points and feed', () => {
    const state = withEvents(empty, [event(1, 'submitted')])
    const { open: _open, feed: _feed, grids_total: _grids, staff_total: _staff, ...figures } = { ...empty, counters: { ...empty.counters, rated: 9 } }
    expect(withFigures({ ...state, staff_total: 7 }, figures)).toMatchObject({ counters: { rated: 9 }, staff_total: 7, open: [{ ticket_id: 't' }], feed: [{ seq: 1 }] })
  })
})
