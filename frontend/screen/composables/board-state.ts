import type { BoardEventData, BoardFeedItem, BoardFigures, BoardState, BoardTicket } from '@/shared/api/types'

/** Pure updates of what the board shows. */

export const longestFeed = 20
/** As many points as a map can still show; the contract sends no more either. */
export const mostPoints = 2000

export interface BoardEvent {
  seq: number
  at: string
  kind: string
  data: BoardEventData
}

export function withEvents(state: BoardState, events: readonly BoardEvent[]): BoardState {
  if (events.length === 0) return state
  const open = new Map(state.open.map((ticket) => [ticket.ticket_id, ticket]))
  const feed: BoardFeedItem[] = [...state.feed]
  for (const event of events) {
    const { grid_name: _name, kind_title: _title, text: _text, ...ticket } = event.data
    if (isOpen(ticket)) open.set(ticket.ticket_id, ticket)
    else open.delete(ticket.ticket_id)
    if (!feed.some((item) => item.seq === event.seq)) feed.unshift({ ...event.data, kind: event.kind, seq: event.seq, at: event.at })
  }
  feed.sort((a, b) => b.seq - a.seq)
  return { ...state, open: [...open.values()].slice(-mostPoints), feed: feed.slice(0, longestFeed) }
}

export function withFigures(state: BoardState, figures: BoardFigures): BoardState {
  return { ...state, ...figures }
}

/** As the server counts: what is done leaves the map, so that a reload shows the same points. */
function isOpen(ticket: BoardTicket): boolean {
  return ticket.state === 'submitted' || ticket.state === 'accepted'
}
