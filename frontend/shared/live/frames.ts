/** Frames of the live channel, validated where they arrive: what passes here has the promised shape. */

export interface LiveEvent {
  seq: number
  topics: readonly string[]
  kind: string
  at: string
  data: Record<string, unknown>
}

/** `limit`: more topics than one connection may follow */
export type RefusedReason = 'forbidden' | 'unknown' | 'limit'

export type ServerFrame =
  | { op: 'welcome'; epoch: string; head: number; now: string; heartbeatSeconds: number }
  | { op: 'subscribed'; topic: string; seq: number; state: unknown | null }
  | ({ op: 'event' } & LiveEvent)
  | { op: 'events'; events: readonly LiveEvent[] }
  | { op: 'state'; topic: string; seq: number; data: unknown }
  | { op: 'changes'; topic: string; seq: number; data: unknown }
  | { op: 'reset'; topic: string; reason: 'expired' | 'epoch'; seq: number; state: unknown }
  | { op: 'refused'; topic: string; reason: RefusedReason }
  | { op: 'pong' }

/** null: not a frame this client knows. Newer servers may send more; that must not break an open page. */
export function parseFrame(text: string): ServerFrame | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (!isRecord(value)) return null
  switch (value['op']) {
    case 'welcome':
      return parseWelcome(value)
    case 'subscribed':
      return parseSubscribed(value)
    case 'event':
      return parseEvent(value)
    case 'events':
      return parseJoined(value)
    case 'state':
      return parseState(value, 'state')
    case 'changes':
      return parseState(value, 'changes')
    case 'reset':
      return parseReset(value)
    case 'refused':
      return parseRefused(value)
    case 'pong':
      return { op: 'pong' }
    default:
      return null
  }
}

function parseWelcome(frame: Record<string, unknown>): ServerFrame | null {
  const { epoch, head, now, heartbeat_s } = frame
  if (!isSeq(head) || typeof now !== 'string' || typeof heartbeat_s !== 'number' || !(heartbeat_s > 0)) return null
  if (typeof epoch !== 'string' && typeof epoch !== 'number') return null
  return { op: 'welcome', epoch: String(epoch), head, now, heartbeatSeconds: heartbeat_s }
}

function parseSubscribed(frame: Record<string, unknown>): ServerFrame | null {
  const { topic, seq, state } = frame
  if (typeof topic !== 'string' || !isSeq(seq)) return null
  return { op: 'subscribed', topic, seq, state: state ?? null }
}

/** A flood comes joined; each element is what would have come alone, and one that is not does not spoil the others. */
function parseJoined(frame: Record<string, unknown>): ServerFrame | null {
  const { topic, events } = frame
  if (!Array.isArray(events)) return null
  const known = events.flatMap((value: unknown) => {
    const event = isRecord(value) ? parseEvent('topic' in value || 'topics' in value ? value : { ...value, topic }) : null
    return event === null ? [] : [event]
  })
  return { op: 'events', events: known }
}

function parseEvent(frame: Record<string, unknown>): ({ op: 'event' } & LiveEvent) | null {
  const { seq, topic, topics, kind, at, data } = frame
  const all = Array.isArray(topics) ? topics : [topic]
  if (all.length === 0 || !all.every((name): name is string => typeof name === 'string')) return null
  if (!isSeq(seq) || typeof kind !== 'string' || typeof at !== 'string' || !isRecord(data)) return null
  return { op: 'event', seq, topics: all, kind, at, data }
}

function parseState(frame: Record<string, unknown>, op: 'state' | 'changes'): ServerFrame | null {
  const { topic, seq, data } = frame
  if (typeof topic !== 'string' || !isSeq(seq) || data === undefined) return null
  return { op, topic, seq, data }
}

function parseReset(frame: Record<string, unknown>): ServerFrame | null {
  const { topic, reason, seq, state } = frame
  if (typeof topic !== 'string' || !isSeq(seq) || state === undefined) return null
  return { op: 'reset', topic, reason: reason === 'epoch' ? 'epoch' : 'expired', seq, state }
}

function parseRefused(frame: Record<string, unknown>): ServerFrame | null {
  const { topic, reason } = frame
  if (typeof topic !== 'string') return null
  return { op: 'refused', topic, reason: reason === 'unknown' || reason === 'limit' ? reason : 'forbidden' }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSeq(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
