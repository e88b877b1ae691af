import { describe, expect, it } from 'vitest'
import { parseFrame } from './frames'

const parse = (value: unknown) => parseFrame(JSON.stringify(value))

describe('parseFrame', () => {
  it('reads every frame of the contract', () => {
    expect(parse({ op: 'welcome', epoch: 'e1', head: 815, now: '2026-11-21T06:52:07.000Z', heartbeat_s: 25 })).toEqual({ op: 'welcome', epoch: 'e1', head: 815, now: '2026-11-21T06:52:07.000Z', heartbeatSeconds: 25 })
    expect(parse({ op: 'subscribed', topic: 'grid:1', seq: 815, state: { counters: {} } })).toEqual({ op: 'subscribed', topic: 'grid:1', seq: 815, state: { counters: {} } })
    expect(parse({ op: 'subscribed', topic: 'grid:1', seq: 815 })).toEqual({ op: 'subscribed', topic: 'grid:1', seq: 815, state: null })
    expect(parse({ op: 'state', topic: 'grid:1', seq: 9, data: { a: 1 } })).toEqual({ op: 'state', topic: 'grid:1', seq: 9, data: { a: 1 } })
    expect(parse({ op: 'reset', topic: 'grid:1', reason: 'epoch', seq: 9, state: {} })).toEqual({ op: 'reset', topic: 'grid:1', reason: 'epoch', seq: 9, state: {} })
    expect(parse({ op: 'refused', topic: 'grid:1', reason: 'forbidden' })).toEqual({ op: 'refused', topic: 'grid:1', reason: 'forbidden' })
    expect(parse({ op: 'pong' })).toEqual({ op: 'pong' })
  })

  it('reads an event of one topic and of several', () => {
    const event = { op: 'event', seq: 816, kind: 'ticket.accepted', at: '2026-11-21T06:52:07.000Z', data: { ticket_id: 't' } }
    expect(parse({ ...event, topic: 'inbox' })).toMatchObject({ topics: ['inbox'], seq: 816 })
    expect(parse({ ...event, topics: ['inbox', 'grid:1'] })).toMatchObject({ topics: ['inbox', 'grid:1'] })
  })

  it('takes joined events apart, with or without a topic of their own', () => {
    const event = { op: 'event', seq: 816, topic: 'meeting:1', kind: 'meeting.signed_in', at: '2026-11-21T06:52:07.000Z', data: { member_id: 'm' } }
    const { topic: _topic, ...bare } = event
    const frame = parse({ op: 'events', topic: 'meeting:1', events: [event, { ...bare, seq: 817 }, { nonsense: true }, 7] })
    expect(frame).toMatchObject({ op: 'events', events: [{ seq: 816, topics: ['meeting:1'] }, { seq: 817, topics: ['meeting:1'] }] })
    expect(parse({ op: 'events', topic: 'meeting:1', events: {} })).toBeNull()
  })

  it('refuses what is not a frame, and ignores operations it does not know', () => {
    for (const text of ['', 'nonsense', '[]', '1', 'null', '{}', '{"op":"later"}']) expect(parseFrame(text)).toBeNull()
    expect(parse({ op: 'event', seq: -1, topic: 'a', kind: 'k', at: 'x', data: {} })).toBeNull()
    expect(parse({ op: 'event', seq: 1, topic: 'a', kind: 'k', at: 'x', data: [] })).toBeNull()
    expect(parse({ op: 'event', seq: 1, kind: 'k', at: 'x', data: {} })).toBeNull()
    expect(parse({ op: 'event', seq: 1, topics: [], kind: 'k', at: 'x', data: {} })).toBeNull()
    expect(parse({ op: 'welcome', epoch: 'e', head: 1, now: 'x', heartbeat_s: 0 })).toBeNull()
    expect(parse({ op: 'state', topic: 'a', seq: 1 })).toBeNull()
    expect(parse({ op: 'subscribed', topic: 'a', seq: '1' })).toBeNull()
  })
})
