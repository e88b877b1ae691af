import type { BoardTicket } from '@/shared/api/types'
import type { GridIndex } from '@/shared/map/grid-index'
import type { Projection } from '@/shared/map/projection'

export interface MapPoint {
  id: string
  x: number
  y: number
  state: BoardTicket['state']
  alarm: boolean
}

/** A ticket without a position stands near the middle of its grid, always at the same place. */
const scatterPixels = 16

export function mapPoints(tickets: readonly BoardTicket[], grids: GridIndex, projection: Projection): MapPoint[] {
  return tickets.flatMap((ticket) => {
    const at = placeOf(ticket, grids, projection)
    return at ? [{ id: ticket.ticket_id, x: at[0], y: at[1], state: ticket.state, alarm: isAlarm(ticket) }] : []
  })
}

export function isAlarm(ticket: Pick<BoardTicket, 'escalated' | 'state'>): boolean {
  return ticket.escalated && ticket.state === 'submitted'
}

function placeOf(ticket: BoardTicket, grids: GridIndex, projection: Projection): [number, number] | null {
  if (ticket.lng !== null && ticket.lat !== null) return projection.project(ticket.lng, ticket.lat)
  const middle = grids.middleOf(ticket.grid_id)
  if (!middle) return null
  const [x, y] = projection.project(middle.lng, middle.lat)
  const hash = hashOf(ticket.ticket_id)
  const angle = ((hash % 360) * Math.PI) / 180
  const radius = scatterPixels * Math.sqrt(((hash >>> 9) % 1000) / 1000)
  return [x + Math.cos(angle) * radius, y + Math.sin(angle) * radius]
}

function hashOf(text: string): number {
  let hash = 2166136261
  for (let index = 0; index < text.length; index += 1) {
    hash ^= text.charCodeAt(index)
    hash = Math.imul(hash, 16777619)
  }
  return hash >>> 0
}
