import type { BoardTicket } from '@/shared/api/types'
import type { GridIndex } from '@/shared/map/grid-index'
import type { Projection } from '@/shared/map/projection'

export type Tone = 'accepted' | 'submitted' | 'alarm'

export interface MapPoint {
  id: string
  x: number
  y: number
  tone: Tone
}

/** A ticket without a position stands near the middle of its grid, always at the same place. */
const scatterPixels = 16

export function mapPoints(tickets: readonly BoardTicket[], grids: GridIndex, projection: Projection): MapPoint[] {
  return tickets.flatMap((ticket) => {
    const at = placeOf(ticket, grids, projection)
    return at ? [{ id: ticket.ticket_id, x: at[0], y: at[1], tone: toneOf(ticket) }] : []
  })
}

export function isAlarm(ticket: Pick<BoardTicket, 'escalated' | 'state'>): boolean {
  return ticket.escalated && ticket.state === 'submitted'
}

function toneOf(ticket: BoardTicket): Tone {
  if (isAlarm(ticket)) return 'alarm'
  return ticket.state === 'accepted' ? 'accepted' : 'submitted'
}

/** Up to here points have their full size; beyond, they become smaller, so that they lie beside each other and not upon each other. */
const fullSizeUpTo = 220
const smallest = 0.45

/** The size of a point among so many, as a part of its full size. */
export function pointScale(count: number): number {
  return Math.max(smallest, Math.min(1, Math.sqrt(fullSizeUpTo / Math.max(1, count))))
}

export interface PointChange {
  point: MapPoint
  kind: 'arrives' | 'leaves' | 'turns'
}

/** What differs between two pictures. A point that moved counts as gone and come. */
export function changesBetween(before: ReadonlyMap<string, MapPoint>, after: ReadonlyMap<string, MapPoint>): PointChange[] {
  const changes: PointChange[] = []
  for (const [id, point] of after) {
    const was = before.get(id)
    if (!was || was.x !== point.x || was.y !== point.y) changes.push({ point, kind: 'arrives' })
    else if (was.tone !== point.tone) changes.push({ point, kind: 'turns' })
  }
  for (const [id, point] of before) if (!after.has(id)) changes.push({ point, kind: 'leaves' })
  return changes
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
