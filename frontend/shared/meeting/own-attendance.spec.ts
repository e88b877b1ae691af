import { describe, expect, it } from 'vitest'
import { byMonth, ownNotes, parseOwnAttendance } from './own-attendance'

const record = (meeting_id: string, starts_at: string, changes: object = {}): object => ({ meeting_id, topic: '学习', type_name: '党课', org_name: '柳河村党支部', starts_at, status: 'on_time', status_title: '准时', ...changes })

describe('my attendance', () => {
  it('is told by month, by Beijing’s calendar, the latest first', () => {
    const own = parseOwnAttendance({ items: [record('a', '2026-10-31T15:30:00.000Z'), record('b', '2026-10-31T16:30:00.000Z'), record('c', '2026-11-20T06:30:00.000Z')], total: {} })
    const months = byMonth(own?.items ?? [])
    expect(months.map(({ month, records }) => [month % 12, records.map(({ meeting_id }) => meeting_id)])).toEqual([
      [10, ['c', 'b']],
      [9, ['a']],
    ])
  })

  it('leaves out what it cannot read, and is nothing when there is no list', () => {
    expect(parseOwnAttendance({ items: [record('a', 'yesterday'), record('b', '2026-11-20T06:30:00.000Z', { status: 'asleep' }), null], total: {} })?.items).toEqual([])
    expect(parseOwnAttendance({ total: {} })).toBeNull()
  })

  it('names what happened at all', () => {
    const total = parseOwnAttendance({ items: [], total: { expected: 9, present: 8, late: 2, online: 1 } })?.total
    expect(total && ownNotes(total)).toEqual(['迟到 2 次', '线上 1 次'])
  })
})
