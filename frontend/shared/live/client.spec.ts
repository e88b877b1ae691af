import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLiveClient, type LiveClient, type LiveSocket } from './client'

class FakeSocket implements LiveSocket {
  onopen: (() => void) | null = null
  onmessage: ((message: { data: unknown }) => void) | null = null
  onclose: ((close: { code: number }) => void) | null = null
  readonly sent: Record<string, unknown>[] = []
  closed = false

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>)
  }
  close(): void {
    this.closed = true
  }
  frame(value: object): void {
    this.onmessage?.({ data: JSON.stringify(value) })
  }
  drop(code: number): void {
    this.onclose?.({ code })
  }
  welcome(epoch = 'e1'): void {
    this.frame({ op: 'welcome', epoch, head: 100, now: '2026-11-21T00:00:00.000Z', heartbeat_s: 25 })
  }
  event(seq: number, topics: string[], kind = 'ticket.accepted'): void {
    this.frame({ op: 'event', seq, topics, kind, at: '2026-11-21T00:00:00.000Z', data: { ticket_id: `t${seq}` } })
  }
  subscriptions(): Record<string, unknown>[] {
    return this.sent.filter((message) => message['op'] === 'subscribe')
  }
}

let sockets: FakeSocket[]
let client: LiveClient
let stopped: number

const current = (): FakeSocket => {
  const socket = sockets[sockets.length - 1]
  if (!socket) throw new Error('no socket was opened')
  return socket
}

beforeEach(() => {
  vi.useFakeTimers()
  sockets = []
  stopped = 0
  client = createLiveClient({
    open: () => {
      const socket = new FakeSocket()
      sockets.push(socket)
      return socket
    },
    random: () => 0.5,
    onStopped: () => (stopped += 1),
  })
})

afterEach(() => {
  client.stop()
  vi.useRealTimers()
})

function listen(topic: string) {
  const handlers = { onSnapshot: vi.fn(), onState: vi.fn(), onChanges: vi.fn(), onEvent: vi.fn(), onRefused: vi.fn() }
  const leave = client.subscribe(topic, handlers)
  return { ...handlers, leave }
}

describe('subscribing', () => {
  it('waits for the welcome, then asks for a snapshot', () => {
    const grid = listen('grid:1')
    client.start()
    expect(current().sent).toEqual([])
    expect(client.status.value.phase).toBe('connecting')
    current().welcome()
    expect(client.status.value.phase).toBe('online')
    expect(current().subscriptions()).toEqual([{ op: 'subscribe', topics: ['grid:1'] }])
    current().frame({ op: 'subscribed', topic: 'grid:1', seq: 100, state: { counters: 1 } })
    expect(grid.onSnapshot).toHaveBeenCalledWith({ counters: 1 }, 'subscribed')
  })

  it('hands out state, events and refusals by topic', () => {
    const grid = listen('grid:1')
    const other = listen('grid:2')
    client.start()
    current().welcome()
    current().frame({ op: 'state', topic: 'grid:1', seq: 101, data: { counters: 2 } })
    current().frame({ op: 'changes', topic: 'grid:1', seq: 102, data: { changed: [] } })
    current().event(102, ['grid:1'])
    current().frame({ op: 'refused', topic: 'grid:2', reason: 'forbidden' })
    expect(grid.onState).toHaveBeenCalledWith({ counters: 2 })
    expect(grid.onChanges).toHaveBeenCalledWith({ changed: [] })
    expect(grid.onEvent).toHaveBeenCalledTimes(1)
    expect(other.onEvent).not.toHaveBeenCalled()
    expect(other.onRefused).toHaveBeenCalledWith('forbidden')
  })

  it('gives an event of several topics once to a listener of both', () => {
    const onEvent = vi.fn()
    const handlers = { onEvent }
    client.subscribe('grid:1', handlers)
    client.subscribe('inbox', handlers)
    client.start()
    current().welcome()
    current().event(101, ['grid:1', 'inbox'])
    expect(onEvent).toHaveBeenCalledTimes(1)
  })

  it('drops an event it has had already', () => {
    const grid = listen('grid:1')
    client.start()
    current().welcome()
    current().frame({ op: 'subscribed', topic: 'grid:1', seq: 100, state: {} })
    current().event(100, ['grid:1'])
    current().event(101, ['grid:1'])
    current().event(101, ['grid:1'])
    expect(grid.onEvent).toHaveBeenCalledTimes(1)
  })

  it('delivers joined events one by one, and each once', () => {
    const meeting = listen('meeting:1')
    client.start()
    current().welcome()
    current().frame({ op: 'subscribed', topic: 'meeting:1', seq: 100, state: {} })
    const event = (seq: number) => ({ op: 'event', seq, topic: 'meeting:1', kind: 'meeting.signed_in', at: '2026-11-21T00:00:00.000Z', data: {} })
    current().frame({ op: 'events', topic: 'meeting:1', events: [event(100), event(101), event(102)] })
    current().frame({ op: 'events', topic: 'meeting:1', events: [event(102), event(103)] })
    expect(meeting.onEvent.mock.calls.map(([told]) => (told as { seq: number }).seq)).toEqual([101, 102, 103])
  })

  it('unsubscribes with the last listener', () => {
    const grid = listen('grid:1')
    client.start()
    current().welcome()
    grid.leave()
    expect(current().sent[current().sent.length - 1]).toEqual({ op: 'unsubscribe', topics: ['grid:1'] })
    current().event(105, ['grid:1'])
    expect(grid.onEvent).not.toHaveBeenCalled()
  })

  it('fetches a fresh snapshot for a second listener', () => {
    const first = listen('grid:1')
    client.start()
    current().welcome()
    current().frame({ op: 'subscribed', topic: 'grid:1', seq: 100, state: { n: 1 } })
    const second = listen('grid:1')
    expect(current().sent.slice(-2)).toEqual([
      { op: 'unsubscribe', topics: ['grid:1'] },
      { op: 'subscribe', topics: ['grid:1'] },
    ])
    current().frame({ op: 'subscribed', topic: 'grid:1', seq: 104, state: { n: 2 } })
    expect(second.onSnapshot).toHaveBeenCalledWith({ n: 2 }, 'subscribed')
    expect(first.onSnapshot).toHaveBeenLastCalledWith({ n: 2 }, 'subscribed')
  })

  it('delivers joined events one by one, and none twice', () => {
    const meeting = listen('meeting:1')
    client.start()
    current().welcome()
    current().frame({ op: 'subscribed', topic: 'meeting:1', seq: 100, state: {} })
    const element = (seq: number): object => ({ op: 'event', topic: 'meeting:1', seq, kind: 'meeting.signed_in', at: '2026-11-21T00:00:00.000Z', data: { member_id: `m${seq}` } })
    current().frame({ op: 'events', topic: 'meeting:1', events: [element(101), element(103)] })
    current().frame({ op: 'events', topic: 'meeting:1', events: [element(103), element(104)] })
    expect(meeting.onEvent.mock.calls.map(([event]) => (event as { seq: number }).seq)).toEqual([101, 103, 104])
  })

  it('ignores frames that are not well formed', () => {
    const grid = listen('grid:1')
    client.start()
    current().welcome()
    current().onmessage?.({ data: 'nonsense' })
    current().onmessage?.({ data: new ArrayBuffer(2) })
    current().frame({ op: 'event', topic: 'grid:1' })
    expect(grid.onEvent).not.toHaveBeenCalled()
    expect(client.status.value.phase).toBe('online')
  })
})

describe('resuming', () => {
  function connectedWith(...topics: string[]): ReturnType<typeof listen>[] {
    const listeners = topics.map(listen)
    client.start()
    current().welcome()
    for (const topic of topics) current().frame({ op: 'subscribed', topic, seq: 100, state: {} })
    return listeners
  }

  it('asks each topic for what came after its own last event', () => {
    connectedWith('grid:1', 'inbox', 'board:1')
    current().event(107, ['grid:1'])
    current().drop(1006)
    vi.advanceTimersByTime(20_000)
    current().welcome()
    expect(current().subscriptions()).toEqual([
      { op: 'subscribe', topics: ['grid:1'], since: 107 },
      { op: 'subscribe', topics: ['inbox', 'board:1'], since: 100 },
    ])
  })

  it('moves the cursor by replayed events, not by the head of the resume', () => {
    const [grid] = connectedWith('grid:1')
    current().drop(1006)
    vi.advanceTimersByTime(20_000)
    current().welcome()
    current().frame({ op: 'subscribed', topic: 'grid:1', seq: 120 })
    current().event(110, ['grid:1'])
    current().drop(1006)
    vi.advanceTimersByTime(20_000)
    current().welcome()
    expect(current().subscriptions()).toEqual([{ op: 'subscribe', topics: ['grid:1'], since: 110 }])
    current().event(115, ['grid:1'])
    expect(grid?.onEvent).toHaveBeenCalledTimes(2)
  })

  it('replaces everything on reset and goes on from there', () => {
    const [grid] = connectedWith('grid:1')
    current().frame({ op: 'reset', topic: 'grid:1', reason: 'expired', seq: 300, state: { n: 3 } })
    expect(grid?.onSnapshot).toHaveBeenLastCalledWith({ n: 3 }, 'reset')
    current().event(250, ['grid:1'])
    expect(grid?.onEvent).not.toHaveBeenCalled()
    current().drop(1006)
    vi.advanceTimersByTime(20_000)
    current().welcome()
    expect(current().subscriptions()).toEqual([{ op: 'subscribe', topics: ['grid:1'], since: 300 }])
  })

  it('takes a snapshot when the log was replaced', () => {
    connectedWith('grid:1')
    current().drop(1006)
    vi.advanceTimersByTime(20_000)
    current().welcome('e2')
    expect(current().subscriptions()).toEqual([{ op: 'subscribe', topics: ['grid:1'] }])
  })

  it('does not move the cursor by conflated state', () => {
    connectedWith('grid:1')
    current().frame({ op: 'state', topic: 'grid:1', seq: 180, data: {} })
    current().drop(1006)
    vi.advanceTimersByTime(20_000)
    current().welcome()
    expect(current().subscriptions()).toEqual([{ op: 'subscribe', topics: ['grid:1'], since: 100 }])
  })
})

describe('close codes', () => {
  it('1012: comes back after a random part of the spread', () => {
    client.start()
    current().welcome()
    current().drop(1012)
    expect(client.status.value.phase).toBe('waiting')
    vi.advanceTimersByTime(1499)
    expect(sockets).toHaveLength(1)
    vi.advanceTimersByTime(1)
    expect(sockets).toHaveLength(2)
  })

  it('4001: resumes soon, with since', () => {
    listen('grid:1')
    client.start()
    current().welcome()
    current().event(120, ['grid:1'])
    current().drop(4001)
    vi.advanceTimersByTime(300)
    current().welcome()
    expect(current().subscriptions()).toEqual([{ op: 'subscribe', topics: ['grid:1'], since: 120 }])
  })

  it('4003: stops until somebody starts it again, and forgets its cursors', () => {
    listen('grid:1')
    client.start()
    current().welcome()
    current().event(120, ['grid:1'])
    current().drop(4003)
    expect(client.status.value.phase).toBe('stopped')
    expect(stopped).toBe(1)
    vi.advanceTimersByTime(120_000)
    expect(sockets).toHaveLength(1)
    client.start()
    current().welcome()
    expect(current().subscriptions()).toEqual([{ op: 'subscribe', topics: ['grid:1'] }])
  })

  it('backs off while the server stays away, and starts small again after a stable connection', () => {
    client.start()
    for (let attempt = 0; attempt < 8; attempt += 1) {
      current().drop(1006)
      vi.advanceTimersByTime(20_000)
    }
    expect(sockets).toHaveLength(9)
    current().drop(1006)
    vi.advanceTimersByTime(10_000)
    expect(sockets).toHaveLength(9)
    vi.advanceTimersByTime(10_000)
    expect(sockets).toHaveLength(10)
    current().welcome()
    vi.advanceTimersByTime(6000)
    current().drop(1006)
    vi.advanceTimersByTime(500)
    expect(sockets).toHaveLength(11)
  })

  it('does not wait when the device says the network is back', () => {
    client.start()
    current().drop(1006)
    client.retryNow()
    expect(sockets).toHaveLength(2)
    client.retryNow()
    expect(sockets).toHaveLength(2)
  })

  it('stop ends it for good', () => {
    client.start()
    current().welcome()
    const socket = current()
    client.stop()
    expect(socket.closed).toBe(true)
    vi.advanceTimersByTime(60_000)
    expect(sockets).toHaveLength(1)
    expect(client.status.value.phase).toBe('idle')
  })
})

describe('heartbeat', () => {
  it('pings every heartbeat and lives on any answer', () => {
    client.start()
    current().welcome()
    for (let round = 0; round < 5; round += 1) {
      vi.advanceTimersByTime(25_000)
      current().frame({ op: 'pong' })
    }
    expect(current().sent.filter((message) => message['op'] === 'ping')).toHaveLength(5)
    expect(sockets).toHaveLength(1)
  })

  it('gives up after two missed heartbeats and connects anew', () => {
    client.start()
    current().welcome()
    vi.advanceTimersByTime(25_000)
    vi.advanceTimersByTime(25_000)
    expect(client.status.value.phase).toBe('online')
    vi.advanceTimersByTime(25_000)
    expect(sockets[0]?.closed).toBe(true)
    expect(client.status.value.phase).toBe('waiting')
    vi.advanceTimersByTime(500)
    expect(sockets).toHaveLength(2)
  })

  it('remembers when the last frame came', () => {
    vi.setSystemTime(1_000_000)
    client.start()
    expect(client.status.value.lastFrameAt).toBeNull()
    current().welcome()
    vi.advanceTimersByTime(3000)
    current().frame({ op: 'pong' })
    expect(client.status.value.lastFrameAt).toBe(1_003_000)
  })
})
