import type { Position } from './draft'

/** Points of the picture, in pixels. */
export interface Spot {
  x: number
  y: number
}

export const distance = (a: Spot, b: Spot): number => Math.hypot(a.x - b.x, a.y - b.y)

/** The place on the edge from `a` to `b` that lies nearest to `at`. */
export function nearestOnEdge(at: Spot, a: Spot, b: Spot): Spot {
  const [dx, dy] = [b.x - a.x, b.y - a.y]
  const length = dx * dx + dy * dy
  const share = length === 0 ? 0 : Math.min(1, Math.max(0, ((at.x - a.x) * dx + (at.y - a.y) * dy) / length))
  return { x: a.x + share * dx, y: a.y + share * dy }
}

/** A point of a neighbour's border, and where it stands in the picture. */
export interface Corner extends Spot {
  at: Position
}

/** The corner that a pointer at `spot` means, so that borders coincide; null: none is that near. */
export function snapped(spot: Spot, corners: readonly Corner[], within: number): Corner | null {
  let best: Corner | null = null
  let least = within
  for (const corner of corners) {
    // Most are far away, and a county has thousands.
    if (Math.abs(corner.x - spot.x) > least || Math.abs(corner.y - spot.y) > least) continue
    const away = distance(corner, spot)
    if (away <= least) [best, least] = [corner, away]
  }
  return best
}
