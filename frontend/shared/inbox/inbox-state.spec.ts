import { describe, expect, it } from 'vitest'
import type { LiveEvent } from '@/shared/live/frames'
import { badgeText, nothingUnread, parseArrival, parseRead, parseUnread, withArrival, withNewest, withRead } from './inbox-state'

function told(cause: string, type = 'nudge', at = '2026-11-21T06:00:00.000Z'): LiveEvent {
  return { seq: 7, at, kind: 'inbox.notified', topics: ['inbox'], data: { cause, type, urgency: 'important', title: '督促', text: '三组', subject: { kind: 'ticket', id: 't1' } } }
}

describe('the inbox', () => {
  it('counts what arrives, by type', () => {
    const first = parseArrival(told('t1:3:1'), 'me')
    expect(first?.id).toBe('me:t1:3:1')
    const one = withArrival(nothingUnread, first!)
    const two = withArrival(one, parseArrival(told('t1:4:1'), 'me')!)
    expect(two).toEqual({ total: 2, by_type: [{ type: 'nudge', type_title: '领导督促', unread: 2 }] })
    expect(parseUnread(two)).toEqual(two)
  })

  it('shows a notification once, however often it is told', () => {
    const arrival = parseArrival(told('t1:3:1'), 'me')!
    expect(withNewest(withNewest([], arrival), arrival)).toEqual([arrival])
  })

  it('marks what another device read', () => {
    const older = parseArrival(told('t1:3:1', 'request', '2026-11-21T05:00:00.000Z'), 'me')!
    const newer = parseArrival(told('t1:4:1'), 'me')!
    const read = (data: Record<string, unknown>) => parseRead({ seq: 9, at: '', kind: 'inbox.read', topics: [], data })!
    const at = '2026-11-21T07:00:00.000Z'
    expect(withRead([newer, older], read({ ids: [newer.id], all_until: null }), at).map((item) => item.read_at)).toEqual([at, null])
    expect(withRead([newer, older], read({ ids: [], all_until: '2026-11-21T05:30:00.000Z' }), at).map((item) => item.read_at)).toEqual([null, at])
  })

  it('ignores what it does not know', () => {
    expect(parseArrival(told('x', 'unheard_of'), 'me')).toBeNull()
    expect(parseArrival({ ...told('x'), kind: 'ticket.nudged' }, 'me')).toBeNull()
    expect(parseUnread({ total: 'many' })).toBeNull()
    expect(badgeText(100)).toBe('99+')
  })
})
