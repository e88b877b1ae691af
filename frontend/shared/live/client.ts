import { readonly, ref, type Ref } from 'vue'
import { closeCodes, reconnectDelay } from './backoff'
import { parseFrame, type LiveEvent, type RefusedReason, type ServerFrame } from './frames'

/** `stopped`: the server ended the session (4003); only a new login may start again. */
export type LivePhase = 'idle' | 'connecting' | 'online' | 'waiting' | 'stopped'

export interface LiveStatus {
  phase: LivePhase
  lastFrameAt: number | null
}

export interface TopicHandlers {
  /** The whole state of the topic: first snapshot, or a replacement after a gap that could not be filled. */
  onSnapshot?: (state: unknown, cause: 'subscribed' | 'reset') => void
  /** Conflated state between snapshots. */
  onState?: (data: unknown) => void
  /** What changed of a state that is too large to be told whole; each comes. */
  onChanges?: (data: unknown) => void
  onEvent?: (event: LiveEvent) => void
  onRefused?: (reason: RefusedReason) => void
}

/** The part of WebSocket the client needs, so that tests can give another one. */
export interface LiveSocket {
  onopen: (() => void) | null
  onmessage: ((message: { data: unknown }) => void) | null
  onclose: ((close: { code: number }) => void) | null
  send(text: string): void
  close(): void
}

export interface LiveOptions {
  open: () => LiveSocket
  random?: () => number
  now?: () => number
  /** The server's clock, for countdowns. */
  onServerTime?: (iso: string) => void
  onStopped?: () => void
  /** Told after every failed attempt; a refused handshake does not say why, so somebody should ask the session. */
  onAttemptFailed?: (attempt: number) => void
}

export interface LiveClient {
  status: Readonly<Ref<LiveStatus>>
  start: () => void
  stop: () => void
  /** Skips the waiting time, for instance when the device says that the network is back. */
  retryNow: () => void
  subscribe: (topic: string, handlers: TopicHandlers) => () => void
}

interface Topic {
  /** seq of the last event or snapshot; null: never had one, so a snapshot is needed */
  cursor: number | null
  /** kept, so that a second listener of the same topic does not need a second subscription */
  snapshot: { state: unknown } | null
  listeners: Set<TopicHandlers>
}

const missedHeartbeatsUntilDead = 2
/** A connection shorter than this was not a success: the back-off goes on growing. */
const stableAfterMs = 5_000

export function createLiveClient(options: LiveOptions): LiveClient {
  const random = options.random ?? Math.random
  const now = options.now ?? Date.now
  const status = ref<LiveStatus>({ phase: 'idle', lastFrameAt: null })
  const topics = new Map<string, Topic>()

  let socket: LiveSocket | null = null
  let epoch: string | null = null
  let welcomedAt: number | null = null
  let attempt = 0
  let retryTimer: ReturnType<typeof setTimeout> | undefined
  let heartbeatTimer: ReturnType<typeof setInterval> | undefined
  let framesSincePing = true
  let missed = 0

  return { status: readonly(status), start, stop, retryNow, subscribe }

  function start(): void {
    if (socket !== null || retryTimer !== undefined) return
    attempt = 0
    connect()
  }

  function stop(): void {
    clearTimeout(retryTimer)
    retryTimer = undefined
    dropSocket()
    setPhase('idle')
  }

  function retryNow(): void {
    if (retryTimer === undefined) return
    clearTimeout(retryTimer)
    retryTimer = undefined
    connect()
  }

  function subscribe(name: string, handlers: TopicHandlers): () => void {
    let topic = topics.get(name)
    if (topic) {
      topic.listeners.add(handlers)
      // The first snapshot may have been changed by events since; a fresh one is the honest start for a newcomer.
      if (topic.snapshot) resubscribeFresh(name, topic)
    } else {
      topic = { cursor: null, snapshot: null, listeners: new Set([handlers]) }
      topics.set(name, topic)
      if (welcomedAt !== null) sendSubscribe([name], null)
    }
    const owner = topic
    return () => {
      owner.listeners.delete(handlers)
      if (owner.listeners.size > 0 || topics.get(name) !== owner) return
      topics.delete(name)
      if (welcomedAt !== null) send({ op: 'unsubscribe', topics: [name] })
    }
  }

  function resubscribeFresh(name: string, topic: Topic): void {
    topic.cursor = null
    topic.snapshot = null
    if (welcomedAt === null) return
    send({ op: 'unsubscribe', topics: [name] })
    sendSubscribe([name], null)
  }

  function connect(): void {
    setPhase('connecting')
    const opened = options.open()
    socket = opened
    opened.onmessage = (message) => {
      if (socket !== opened || typeof message.data !== 'string') return
      const frame = parseFrame(message.data)
      if (frame) receive(frame)
    }
    opened.onclose = (close) => {
      if (socket === opened) lost(close.code)
    }
  }

  function lost(code: number): void {
    const stable = welcomedAt !== null && now() - welcomedAt >= stableAfterMs
    if (stable) attempt = 0
    dropSocket()
    if (code === closeCodes.rightsChanged) {
      // What was seen under the old rights must not be resumed under new ones.
      for (const topic of topics.values()) topic.cursor = null
      setPhase('stopped')
      options.onStopped?.()
      return
    }
    setPhase('waiting')
    const delay = reconnectDelay(attempt, code, random())
    attempt += 1
    retryTimer = setTimeout(() => {
      retryTimer = undefined
      connect()
    }, delay)
    options.onAttemptFailed?.(attempt)
  }

  function dropSocket(): void {
    clearInterval(heartbeatTimer)
    const dropped = socket
    socket = null
    welcomedAt = null
    if (!dropped) return
    dropped.onopen = null
    dropped.onmessage = null
    dropped.onclose = null
    dropped.close()
  }

  function receive(frame: ServerFrame): void {
    framesSincePing = true
    status.value = { ...status.value, lastFrameAt: now() }
    switch (frame.op) {
      case 'welcome':
        return welcomed(frame)
      case 'subscribed':
        // Without state the server resumes and replays; the replayed events move the cursor, not this frame:
        // a connection lost in the middle of the replay must ask for the rest again.
        if (frame.state !== null) replaceState(frame.topic, frame.seq, frame.state, 'subscribed')
        return
      case 'reset':
        return replaceState(frame.topic, frame.seq, frame.state, 'reset')
      case 'state':
        // Conflated state says nothing about which events were delivered, so it leaves the cursor alone.
        for (const listener of listenersOf(frame.topic)) listener.onState?.(frame.data)
        return
      case 'changes':
        for (const listener of listenersOf(frame.topic)) listener.onChanges?.(frame.data)
        return
      case 'event':
        return deliver(frame)
      case 'events':
        for (const event of frame.events) deliver(event)
        return
      case 'refused':
        for (const listener of listenersOf(frame.topic)) listener.onRefused?.(frame.reason)
        return
      case 'pong':
        return
      default: {
        const unreachable: never = frame
        return unreachable
      }
    }
  }

  function welcomed(frame: Extract<ServerFrame, { op: 'welcome' }>): void {
    if (epoch !== null && epoch !== frame.epoch) {
      for (const topic of topics.values()) topic.cursor = null
    }
    epoch = frame.epoch
    welcomedAt = now()
    options.onServerTime?.(frame.now)
    setPhase('online')
    startHeartbeat(frame.heartbeatSeconds)

    // One message per cursor, because `since` holds for all topics of a message.
    const byCursor = new Map<number | null, string[]>()
    for (const [name, topic] of topics) {
      const group = byCursor.get(topic.cursor)
      if (group) group.push(name)
      else byCursor.set(topic.cursor, [name])
    }
    for (const [cursor, names] of byCursor) sendSubscribe(names, cursor)
  }

  function replaceState(name: string, seq: number, state: unknown, cause: 'subscribed' | 'reset'): void {
    const topic = topics.get(name)
    if (!topic) return
    topic.cursor = seq
    topic.snapshot = { state }
    for (const listener of [...topic.listeners]) listener.onSnapshot?.(state, cause)
  }

  function deliver(event: LiveEvent): void {
    // A listener of two topics with one event gets it once.
    const told = new Set<TopicHandlers>()
    for (const name of event.topics) {
      const topic = topics.get(name)
      if (!topic || (topic.cursor !== null && event.seq <= topic.cursor)) continue
      topic.cursor = event.seq
      for (const listener of [...topic.listeners]) {
        if (told.has(listener)) continue
        told.add(listener)
        listener.onEvent?.(event)
      }
    }
  }

  function startHeartbeat(seconds: number): void {
    clearInterval(heartbeatTimer)
    missed = 0
    framesSincePing = true
    heartbeatTimer = setInterval(() => {
      missed = framesSincePing ? 0 : missed + 1
      if (missed >= missedHeartbeatsUntilDead) {
        lost(1006)
        return
      }
      framesSincePing = false
      send({ op: 'ping' })
    }, seconds * 1000)
  }

  function listenersOf(name: string): TopicHandlers[] {
    return [...(topics.get(name)?.listeners ?? [])]
  }

  function sendSubscribe(names: string[], cursor: number | null): void {
    send(cursor === null ? { op: 'subscribe', topics: names } : { op: 'subscribe', topics: names, since: cursor })
  }

  function send(message: object): void {
    socket?.send(JSON.stringify(message))
  }

  function setPhase(phase: LivePhase): void {
    if (status.value.phase !== phase) status.value = { ...status.value, phase }
  }
}
