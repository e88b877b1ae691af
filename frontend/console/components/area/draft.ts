import type { PolygonArea } from '@/shared/api/types'
import { centroid } from '@/shared/map/projection'

/**
 * The border of a grid while somebody draws it. Rings are open here: the first point stands once. The first ring is the
 * border, the others are holes. Every step makes a new draft, so that going back is keeping the old one.
 */
export type Position = readonly [lng: number, lat: number]
export interface Draft {
  readonly rings: readonly (readonly Position[])[]
  /** false: points of the border are still being set */
  readonly closed: boolean
  /** where the grid's name and its requests without a place stand */
  readonly center: Position | null
}
export interface Vertex {
  ring: number
  index: number
}

/** What the server takes at most, over all rings. */
export const mostPositions = 5000
const leastOfRing = 3
/** A centimetre on the ground; more digits say nothing. */
const digits = 7

export const emptyDraft: Draft = { rings: [[]], closed: false, center: null }

export function draftOf(area: PolygonArea | null, center: { lng: number; lat: number } | null): Draft {
  const at: Position | null = center ? [center.lng, center.lat] : null
  if (area === null) return { ...emptyDraft, center: at }
  return { rings: area.coordinates.map(openRing), closed: true, center: at }
}

export function openRing(ring: readonly number[][]): Position[] {
  const points = ring.flatMap(([lng, lat]): Position[] => (lng === undefined || lat === undefined ? [] : [[lng, lat]]))
  const [first, last] = [points[0], points.at(-1)]
  return points.length > 1 && first && last && same(first, last) ? points.slice(0, -1) : points
}

/** The polygon that is sent; null while it is not one yet. */
export function areaOf(draft: Draft): PolygonArea | null {
  if (!draft.closed || borderOf(draft).length < leastOfRing) return null
  return { type: 'Polygon', coordinates: draft.rings.map((ring) => [...ring, ...ring.slice(0, 1)].map(([lng, lat]) => [lng, lat])) }
}

export const borderOf = (draft: Draft): readonly Position[] => draft.rings[0] ?? []
export const canClose = (draft: Draft): boolean => !draft.closed && borderOf(draft).length >= leastOfRing
export const countOf = (draft: Draft): number => draft.rings.reduce((sum, ring) => sum + ring.length, 0)
export const vertexAt = (draft: Draft, { ring, index }: Vertex): Position | null => draft.rings[ring]?.[index] ?? null
export const same = (a: Position, b: Position): boolean => a[0] === b[0] && a[1] === b[1]
/** A place as it is kept: rounded, within the earth's bounds. */
export const kept = (lng: number, lat: number): Position => [rounded(within(lng, 180)), rounded(within(lat, 90))]

/** A coordinate as it is shown. */
export const written = (value: number): number => rounded(value)

const rounded = (value: number): number => Number(value.toFixed(digits))
const within = (value: number, most: number): number => Math.min(most, Math.max(-most, value))

export const added = (draft: Draft, at: Position): Draft => withRing(draft, 0, [...borderOf(draft), at])
export const closed = (draft: Draft): Draft => (canClose(draft) ? { ...draft, closed: true } : draft)
export const centred = (draft: Draft, center: Position | null): Draft => ({ ...draft, center })

export function moved(draft: Draft, { ring, index }: Vertex, at: Position): Draft {
  const points = draft.rings[ring]
  return points ? withRing(draft, ring, replaced(points, index, 1, at)) : draft
}

/** A new point on the edge that begins at `index`. */
export function inserted(draft: Draft, { ring, index }: Vertex, at: Position): Draft {
  const points = draft.rings[ring]
  return points ? withRing(draft, ring, replaced(points, index + 1, 0, at)) : draft
}

/** Without a point. A hole of three goes wholly; a border keeps its last three. */
export function removed(draft: Draft, { ring, index }: Vertex): Draft {
  const points = draft.rings[ring]
  if (!points || index >= points.length) return draft
  if (points.length > leastOfRing || !draft.closed) return withRing(draft, ring, replaced(points, index, 1))
  return ring === 0 ? draft : { ...draft, rings: replaced(draft.rings, ring, 1) }
}

/** Where the name stands well when nobody has said so. */
export function middleOf(draft: Draft): Position | null {
  const middle = centroid({ type: 'Polygon', coordinates: [borderOf(draft).map(([lng, lat]) => [lng, lat])] })
  return middle && kept(middle.lng, middle.lat)
}

function withRing(draft: Draft, ring: number, points: readonly Position[]): Draft {
  return { ...draft, rings: replaced(draft.rings, ring, 1, points) }
}

/** The list with `count` of its members from `index` on replaced. */
const replaced = <Item>(list: readonly Item[], index: number, count: number, ...by: Item[]): Item[] => [...list.slice(0, index), ...by, ...list.slice(index + count)]

/** Steps back and forth. */
export interface History {
  readonly past: readonly Draft[]
  readonly now: Draft
  readonly future: readonly Draft[]
}
const mostSteps = 200

export const begun = (now: Draft): History => ({ past: [], now, future: [] })

export function done(history: History, now: Draft): History {
  return now === history.now ? history : { past: [...history.past.slice(1 - mostSteps), history.now], now, future: [] }
}

export function undone(history: History): History {
  const before = history.past.at(-1)
  return before ? { past: history.past.slice(0, -1), now: before, future: [history.now, ...history.future] } : history
}

export function redone(history: History): History {
  const [next, ...future] = history.future
  return next ? { past: [...history.past, history.now], now: next, future } : history
}
