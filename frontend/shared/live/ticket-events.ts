import { isRecord, type LiveEvent } from './frames'
import type { BoardEventData, BoardFeedItem, BoardFigures, BoardState, BoardTicket, Counters, TicketState } from '@/shared/api/types'

/** Payloads of ticket topics, checked before a page relies on them. null: not what the contract promises. */

const states: readonly string[] = ['submitted', 'accepted', 'completed', 'rated', 'withdrawn']

export interface TicketEvent {
  ticketId: string
  gridId: string
  gridName: string
  kindTitle: string
  state: TicketState
  by: string | null
  handler: { id: string; name: string } | null
  folded: boolean
}

export function parseTicketEvent(event: LiveEvent): TicketEvent | null {
  const { ticket_id, grid_id, grid_name, kind_title, state, by, handler, folded } = event.data
  if (typeof ticket_id !== 'string' || !isTicketState(state)) return null
  return {
    ticketId: ticket_id,
    gridId: typeof grid_id === 'string' ? grid_id : '',
    gridName: typeof grid_name === 'string' ? grid_name : '',
    kindTitle: typeof kind_title === 'string' ? kind_title : '',
    state,
    by: person(by)?.name ?? null,
    handler: person(handler),
    folded: folded === true,
  }
}

export function parseCounters(value: unknown): Counters | null {
  if (!isRecord(value)) return null
  const { submitted, accepted, completed, rated, overdue, returned } = value
  if (![submitted, accepted, completed, rated, overdue, returned].every(isNumber)) return null
  return { submitted, accepted, completed, rated, overdue, returned } as Counters
}

/** State of `grid:ID`: the counters themselves, or an object that holds them. */
export function parseGridState(value: unknown): Counters | null {
  return isRecord(value) ? parseCounters(value['counters'] ?? value) : null
}

export function parseBoardTicket(value: unknown): BoardTicket | null {
  if (!isRecord(value)) return null
  const { ticket_id, grid_id, state, lng, lat, overdue, escalated } = value
  // In events `kind` is the event's; the ticket's own stands beside it.
  const kind = value['ticket_kind'] ?? value['kind']
  if (typeof ticket_id !== 'string' || typeof grid_id !== 'string' || typeof kind !== 'string' || !isTicketState(state)) return null
  return {
    ticket_id,
    grid_id,
    kind,
    state,
    lng: isNumber(lng) ? lng : null,
    lat: isNumber(lat) ? lat : null,
    overdue: overdue === true,
    escalated: escalated === true,
  }
}

export function parseBoardEvent(event: LiveEvent): BoardEventData | null {
  const ticket = parseBoardTicket(event.data)
  if (!ticket) return null
  const { grid_name, kind_title, text } = event.data
  return {
    ...ticket,
    grid_name: typeof grid_name === 'string' ? grid_name : '',
    kind_title: typeof kind_title === 'string' ? kind_title : '',
    text: typeof text === 'string' ? text : '',
  }
}

export function parseBoardFigures(value: unknown): BoardFigures | null {
  if (!isRecord(value) || typeof value['grid_id'] !== 'string') return null
  const counters = parseGridState(value)
  const { today, kinds, times, ladder, slowest } = value
  if (!counters || !isRecord(today) || !isRecord(times)) return null
  if (![kinds, ladder, slowest].every(Array.isArray)) return null
  if (!isNumber(times['accept_limit_s']) || !isNumber(times['finish_limit_s'])) return null
  return {
    grid_id: value['grid_id'],
    counters,
    today: {
      submitted: numberOr(today['submitted'], 0),
      accepted: numberOr(today['accepted'], 0),
      completed: numberOr(today['completed'], 0),
      rated: numberOr(today['rated'], 0),
      nudged: numberOr(today['nudged'], 0),
      escalated: numberOr(today['escalated'], 0),
      satisfied_pct: numberOr(today['satisfied_pct'], null),
    },
    times: {
      accept_avg_s: numberOr(times['accept_avg_s'], null),
      accept_within_pct: numberOr(times['accept_within_pct'], null),
      accept_limit_s: times['accept_limit_s'],
      finish_avg_s: numberOr(times['finish_avg_s'], null),
      finish_within_pct: numberOr(times['finish_within_pct'], null),
      finish_limit_s: times['finish_limit_s'],
    },
    kinds: rows(kinds, (row) => (typeof row['title'] === 'string' && isNumber(row['count']) ? { kind: String(row['kind']), title: row['title'], count: row['count'] } : null)),
    ladder: rows(ladder, (row) =>
      isNumber(row['level']) && isNumber(row['count']) 
        ? { level: row['level'], level_title: String(row['level_title'] ?? ''), count: row['count'], escalated: numberOr(row['escalated'], 0), overdue: numberOr(row['overdue'], 0) }
        : null,
    ),
    slowest: rows(slowest, (row) =>
      typeof row['name'] === 'string' && isNumber(row['accept_avg_s'])
        ? { grid_id: String(row['grid_id']), name: row['name'], accept_avg_s: row['accept_avg_s'], waiting: numberOr(row['waiting'], 0) }
        : null,
    ),
  }
}

export function parseBoardState(value: unknown): BoardState | null {
  const figures = parseBoardFigures(value)
  if (!figures || !isRecord(value) || !Array.isArray(value['open']) || !Array.isArray(value['feed'])) return null
  return {
    ...figures,
    grids_total: numberOr(value['grids_total'], 0),
    staff_total: numberOr(value['staff_total'], 0),
    open: rows(value['open'], parseBoardTicket),
    feed: rows(value['feed'], parseFeedItem),
  }
}

function parseFeedItem(row: Record<string, unknown>): BoardFeedItem | null {
  const { seq, at, kind } = row
  if (!isNumber(seq) || typeof at !== 'string' || typeof kind !== 'string') return null
  const data = parseBoardEvent({ seq, at, kind, topics: [], data: row })
  return data ? { ...data, seq, at, kind } : null
}

function rows<T>(value: unknown, parse: (row: Record<string, unknown>) => T | null): T[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((row) => {
    const parsed = isRecord(row) ? parse(row) : null
    return parsed === null ? [] : [parsed]
  })
}

function person(value: unknown): { id: string; name: string } | null {
  if (!isRecord(value) || typeof value['id'] !== 'string' || typeof value['name'] !== 'string') return null
  return { id: value['id'], name: value['name'] }
}

function isTicketState(value: unknown): value is TicketState {
  return typeof value === 'string' && states.includes(value)
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function numberOr<T>(value: unknown, other: T): number | T {
  return isNumber(value) ? value : other
}
