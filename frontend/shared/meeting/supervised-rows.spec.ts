import { describe, expect, it } from 'vitest'
import { parseSupervised, parseSupervision, parseSupervisionChange, type SupervisedMeeting } from './supervision'
import { afterChange, alertWords, gravestFirst, rowsOf, shownRows, totalsOf } from './supervised-rows'

const aRow = (id: string, changes: object = {}): SupervisedMeeting => {
  const row = parseSupervised({ id, topic: `会议 ${id}`, org_id: 'o1', org_name: '柳河村党支部', host: { id: 'h', name: '韦建国' }, starts_at: '2026-11-21T06:30:00.000Z', ends_at: '2026-11-21T08:00:00.000Z', state: 'running', expected: 20, present: 15, late: 1, leave: 2, missing: 3, ...changes })
  if (!row) throw new Error('a row of the contract')
  return row
}
const all = { part: 'all', alert: '', words: '' } as const
const ids = (rows: readonly SupervisedMeeting[]): string => rows.map(({ id }) => id).join(' ')

describe('what the server tells', () => {
  it('is read although a part is missing, new or wrong', () => {
    expect(parseSupervised({ id: 'a', topic: 't', starts_at: 'x', state: 'running', alerts: ['new_one', 3], item: { title: '一', index: 0 } })).toMatchObject({ expected: 0, alerts: ['new_one'], item: null, host: { name: '' } })
    expect(parseSupervision({ org_id: 'o', items: [{ id: 'a' }, null, { id: 'b', topic: 't', starts_at: 'x', state: 'ended' }] })?.items).toHaveLength(1)
    expect(parseSupervisionChange({ changed: 'no', removed: ['a', 1] })).toEqual({ changed: [], removed: ['a'] })
    expect(parseSupervision({})).toBeNull()
    expect(alertWords('new_one').word).toBe('需关注')
  })
})

describe('the order', () => {
  const rows = rowsOf([
    aRow('over', { state: 'ended' }),
    aRow('later', { state: 'launched', starts_at: '2026-11-21T09:30:00.000Z' }),
    aRow('soon', { state: 'launched', starts_at: '2026-11-21T07:30:00.000Z' }),
    aRow('runs'),
    aRow('waits', { alerts: ['leave_waiting'] }),
    aRow('late', { state: 'launched', alerts: ['leave_waiting', 'not_started'] }),
    aRow('gone', { state: 'cancelled', alerts: ['not_started'] }),
  ])

  it('puts the gravest warning first, then what runs, then what begins next, then what is over', () => {
    expect(ids(shownRows(rows, all))).toBe('late waits runs soon later over gone')
    expect(gravestFirst(['leave_waiting', 'unknown', 'not_started'])).toEqual(['not_started', 'leave_waiting', 'unknown'])
  })

  it('narrows by part, warning and words', () => {
    expect(ids(shownRows(rows, { ...all, part: 'soon' }))).toBe('late soon later')
    expect(ids(shownRows(rows, { ...all, part: 'alert' }))).toBe('late waits gone')
    expect(ids(shownRows(rows, { ...all, alert: 'not_started' }))).toBe('late gone')
    expect(ids(shownRows(rows, { ...all, words: ' 会议 RUNS ' }))).toBe('runs')
  })
})

describe('a change', () => {
  it('leaves the rows that did not change as they are', () => {
    const before = rowsOf([aRow('a'), aRow('b'), aRow('c')])
    const after = afterChange(before, { changed: [{ id: 'a', present: 15 }, { id: 'b', present: 16 }, { ...aRow('d') }, { id: 'unknown', present: 1 }], removed: ['c'] })
    expect(after.get('a')).toBe(before.get('a'))
    expect(after.get('b')?.present).toBe(16)
    expect([...after.keys()].sort()).toEqual(['a', 'b', 'd'])
    expect(rowsOf([aRow('a')], before).get('a')).toBe(before.get('a'))
  })
})

it('adds up only meetings that have begun', () => {
  expect(totalsOf(rowsOf([aRow('a', { alerts: ['overrun'] }), aRow('b', { state: 'launched' }), aRow('c', { state: 'ended' }), aRow('d', { state: 'cancelled' })]))).toEqual({ all: 4, alert: 1, running: 1, soon: 1, over: 2, expected: 40, present: 30, late: 2, leave: 4, missing: 6 })
})
