import { describe, expect, it } from 'vitest'
import type { LiveEvent } from '@/shared/live/frames'
import { anAttendee } from './fixture'
import { afterEvents, counts, flagsOf, listed, raisedHands, rosterOf, tabOf, type Roster } from './roster'
import type { Attendee } from './types'

const at = '2026-11-21T06:31:00.000Z'
const event = (kind: string, data: Record<string, unknown>): LiveEvent => ({ seq: 1, topics: ['meeting:1'], kind: `meeting.${kind}`, at, data })
const afterEvent = (roster: Roster, ...events: LiveEvent[]): Roster => afterEvents(roster, events)
const one = (changes: Partial<Attendee> = {}): Roster => rosterOf([anAttendee(changes)])
const first = (roster: Roster): Attendee | undefined => roster.get('m1')
const signedIn = event('signed_in', { member_id: 'm1', name: '黄志强', number: 7, status: 'late', again: false, version: 9, way: 'code', evidence: { grade: 'weak', flags: ['stale_fix', 'from_the_future'] } })

describe('the list after an event', () => {
  it('knows who came, as the how-manieth, and what is odd about it', () => {
    const after = first(afterEvent(one(), signedIn))
    expect(after).toMatchObject({ present: true, number: 7, status: 'late', presence: [{ from: at, until: null, way: 'code' }] })
    expect(after && flagsOf(after)).toEqual(['stale_fix'])
  })

  it('is the same after an arrival that comes twice', () => {
    const once = afterEvent(one(), signedIn)
    expect(afterEvent(once, signedIn)).toEqual(once)
  })

  it('keeps the stretches of somebody who leaves and comes back', () => {
    let roster = afterEvent(one(), signedIn)
    roster = afterEvent(roster, { ...event('signed_out', { member_id: 'm1', name: '黄志强' }), at: '2026-11-21T07:00:00.000Z' })
    expect(first(roster)).toMatchObject({ present: false, number: 7, presence: [{ from: at, until: '2026-11-21T07:00:00.000Z' }] })
    expect(afterEvent(roster, { ...event('signed_out', { member_id: 'm1' }), at: '2026-11-21T07:30:00.000Z' })).toEqual(roster)
    roster = afterEvent(roster, { ...signedIn, at: '2026-11-21T07:10:00.000Z' })
    expect(first(roster)?.presence).toHaveLength(2)
  })

  it('follows leave from the asking to the decision', () => {
    let roster = afterEvent(one(), event('leave_requested', { member_id: 'm1', name: '黄志强', reason: '住院' }))
    expect(first(roster)).toMatchObject({ status: 'leave_pending', leave: { reason: '住院', decision: null } })
    const refused = afterEvent(roster, event('leave_decided', { member_id: 'm1', decision: { approved: false, note: '请线上参会' } }))
    expect(first(refused)).toMatchObject({ status: 'expected', leave: { decision: { approved: false, note: '请线上参会', at } } })
    roster = afterEvent(roster, event('leave_decided', { member_id: 'm1', decision: { approved: true } }))
    expect(first(roster)).toMatchObject({ status: 'leave_approved' })
    expect(first(afterEvent(roster, event('leave_withdrawn', { member_id: 'm1' })))).toMatchObject({ status: 'expected', leave: null })
  })

  it('takes replies, sign-ups and people who are added', () => {
    expect(first(afterEvent(one(), event('attendee_replied', { member_id: 'm1', attending: false })))?.answer).toEqual({ attending: false, at })
    expect(first(afterEvent(one(), event('signed_up', { member_id: 'm1' })))?.signed_up_at).toBe(at)
    const listedAnew = event('listed', { attendees: [anAttendee({ member_id: 'g1', name: '李站长', role: 'guest', status: 'guest' }), { member_id: 7 }] })
    expect(counts(afterEvent(one(), listedAnew))).toEqual({ missing: 1, arrived: 0, leave: 0, guests: 1 })
    const instead = event('listed', { attendees: [anAttendee({ member_id: 's1', name: '李代表', role: 'substitute', substitute_of: 'm1' })] })
    const replaced = afterEvent(one(), instead)
    expect(first(replaced)).toMatchObject({ substituted_by: '李代表', status: 'expected' })
    expect(first(afterEvent(replaced, event('signed_in', { member_id: 's1', name: '李代表', number: 3, status: 'on_time' })))).toMatchObject({ status: 'substitute', present: false })
    const unknown = event('signed_in', { member_id: 'x', name: '覃站长', number: 8, status: 'guest' })
    expect(afterEvent(one(), unknown).get('x')).toMatchObject({ role: 'guest', number: 8, present: true })
  })

  it('is the same object after what says nothing of the list', () => {
    const roster = one()
    for (const other of [event('agenda_moved', { index: 1 }), event('signed_up', { member_id: 'nobody' }), event('leave_decided', { member_id: 'm1', decision: {} }), event('signed_out', {})]) {
      expect(afterEvent(roster, other)).toBe(roster)
    }
  })
})

it('takes thousands of joined arrivals in one copy, and keeps the order of names', () => {
  const all = Array.from({ length: 10_000 }, (_, index) => anAttendee({ member_id: `m${index}`, name: `党员${String(9999 - index).padStart(4, '0')}` }))
  const before = rosterOf(all)
  const arrivals = Array.from({ length: 2000 }, (_, index) => event('signed_in', { member_id: `m${index}`, name: 'x', number: index + 1, status: 'on_time' }))
  const after = afterEvents(before, [...arrivals, ...arrivals])
  expect(counts(after)).toEqual({ missing: 8000, arrived: 2000, leave: 0, guests: 0 })
  expect(listed(after, 'missing', '')[0]?.name).toBe('党员0000')
  expect(listed(after, 'arrived', '')[0]?.number).toBe(2000)
  expect(before.get('m0')?.present).toBe(false)
  const withGuest = afterEvents(after, [event('listed', { attendees: [anAttendee({ member_id: 'new', name: '党员0000甲' })] })])
  expect(listed(withGuest, 'missing', '')[1]?.member_id).toBe('new')
})

describe('tabs', () => {
  it.each<[string, Partial<Attendee>, string]>([
    ['nobody heard of', {}, 'missing'],
    ['said no', { answer: { attending: false, at } }, 'missing'],
    ['absent in the end', { status: 'absent' }, 'missing'],
    ['there', { number: 1, present: true, status: 'on_time' }, 'arrived'],
    ['gone again', { number: 1, present: false, status: 'left_early' }, 'arrived'],
    ['leave granted', { status: 'leave_approved' }, 'leave'],
    ['leave waits', { status: 'leave_pending' }, 'leave'],
    ['came in spite of leave', { status: 'on_time', number: 3, present: true, leave: { reason: 'x', asked_at: at, decision: null } }, 'arrived'],
    ['a guest, there or not', { role: 'guest', status: 'guest', number: 5, present: true }, 'guests'],
    ['a substitute who came', { role: 'substitute', number: 6, present: true, status: 'substitute' }, 'arrived'],
  ])('%s', (_words, changes, tab) => expect(tabOf(anAttendee(changes))).toBe(tab))

  it('show the newest arrival first, waiting leave above decided, and others by name', () => {
    const roster = rosterOf([
      anAttendee({ member_id: 'a', name: '韦一', number: 1, present: true, status: 'on_time' }),
      anAttendee({ member_id: 'b', name: '韦二', number: 2, present: true, status: 'on_time' }),
      anAttendee({ member_id: 'c', name: '安三', status: 'leave_approved' }),
      anAttendee({ member_id: 'd', name: '周四', status: 'leave_pending' }),
      anAttendee({ member_id: 'e', name: '周五' }),
      anAttendee({ member_id: 'f', name: '安六' }),
    ])
    const names = (tab: Parameters<typeof listed>[1], search = ''): string[] => listed(roster, tab, search).map((attendee) => attendee.name)
    expect(names('arrived')).toEqual(['韦二', '韦一'])
    expect(names('leave')).toEqual(['周四', '安三'])
    expect(names('missing')).toEqual(['安六', '周五'])
    expect(names('missing', ' 周 ')).toEqual(['周五'])
    expect(names('arrived', '2')).toEqual(['韦二'])
  })
})

describe('raised hands', () => {
  const hand = (kind: string, id: string, when: string): LiveEvent => ({ ...event(kind, { member_id: id, name: id, version: 1 }), at: when })
  const hall = (): Roster => rosterOf(['m1', 'm2', 'm3'].map((id) => anAttendee({ member_id: id, name: id, present: true, number: 1 })))
  const waiting = (roster: Roster): string[] => raisedHands(roster).map(({ member_id }) => member_id)

  it('stand in the order in which they went up, however often that is told', () => {
    const raised = afterEvents(hall(), [hand('hand_raised', 'm3', '2026-11-21T06:40:00.000Z'), hand('hand_raised', 'm1', '2026-11-21T06:41:00.000Z')])
    expect(waiting(raised)).toEqual(['m3', 'm1'])
    expect(waiting(afterEvents(raised, [hand('hand_raised', 'm3', '2026-11-21T06:45:00.000Z')]))).toEqual(['m3', 'm1'])
  })

  it('come down by the host, by oneself, and with who leaves', () => {
    const raised = afterEvents(hall(), ['m1', 'm2', 'm3'].map((id) => hand('hand_raised', id, at)))
    expect(waiting(afterEvents(raised, [hand('hand_lowered', 'm1', at), hand('hand_withdrawn', 'm2', at), hand('signed_out', 'm3', at)]))).toEqual([])
  })
})
