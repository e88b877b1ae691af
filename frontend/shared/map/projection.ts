import type { PolygonArea } from '@/shared/api/types'

/** Longitude and latitude on a flat picture. A county is small: equirectangular, stretched by the latitude, is exact enough. */

export interface Bounds {
  west: number
  south: number
  east: number
  north: number
}

export interface Projection {
  project: (lng: number, lat: number) => [x: number, y: number]
  /** the place that lies at a point of the picture */
  placeAt: (x: number, y: number) => [lng: number, lat: number]
  /** SVG path of a polygon with its holes */
  path: (area: PolygonArea) => string
}

export function boundsOf(areas: readonly PolygonArea[]): Bounds | null {
  const bounds: Bounds = { west: Infinity, south: Infinity, east: -Infinity, north: -Infinity }
  for (const area of areas) {
    for (const ring of area.coordinates) {
      for (const [lng, lat] of ring) {
        if (lng === undefined || lat === undefined) continue
        bounds.west = Math.min(bounds.west, lng)
        bounds.east = Math.max(bounds.east, lng)
        bounds.south = Math.min(bounds.south, lat)
        bounds.north = Math.max(bounds.north, lat)
      }
    }
  }
  return Number.isFinite(bounds.west) ? bounds : null
}

/** The least extent, so that a single point does not become an infinite zoom (about 100 m). */
const leastDegrees = 0.001

export function fitProjection(bounds: Bounds, width: number, height: number, padding: number): Projection {
  const middleLng = (bounds.west + bounds.east) / 2
  const middleLat = (bounds.south + bounds.north) / 2
  const stretch = Math.cos((middleLat * Math.PI) / 180)
  const spanX = Math.max((bounds.east - bounds.west) * stretch, leastDegrees)
  const spanY = Math.max(bounds.north - bounds.south, leastDegrees)
  const scale = Math.max(1, Math.min((width - 2 * padding) / spanX, (height - 2 * padding) / spanY))

  const project = (lng: number, lat: number): [number, number] => [
    width / 2 + (lng - middleLng) * stretch * scale,
    // North is up, y grows downwards.
    height / 2 - (lat - middleLat) * scale,
  ]
  const placeAt = (x: number, y: number): [number, number] => [middleLng + (x - width / 2) / (stretch * scale), middleLat - (y - height / 2) / scale]
  const path = (area: PolygonArea): string => area.coordinates.map((ring) => ringPath(ring, project)).join('')
  return { project, placeAt, path }
}

function ringPath(ring: readonly number[][], project: Projection['project']): string {
  let text = ''
  for (const [lng, lat] of ring) {
    if (lng === undefined || lat === undefined) continue
    const [x, y] = project(lng, lat)
    text += `${text === '' ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`
  }
  return text === '' ? '' : `${text}Z`
}

/** Middle of the outer ring, weighted by area; where a name stands well. */
export function centroid(area: PolygonArea): { lng: number; lat: number } | null {
  const ring = area.coordinates[0] ?? []
  let twiceArea = 0
  let sumLng = 0
  let sumLat = 0
  for (let index = 0; index < ring.length; index += 1) {
    const [ax, ay] = ring[index] ?? []
    const [bx, by] = ring[(index + 1) % ring.length] ?? []
    if (ax === undefined || ay === undefined || bx === undefined || by === undefined) continue
    const cross = ax * by - bx * ay
    twiceArea += cross
    sumLng += (ax + bx) * cross
    sumLat += (ay + by) * cross
  }
  if (twiceArea !== 0) return { lng: sumLng / (3 * twiceArea), lat: sumLat / (3 * twiceArea) }
  const [lng, lat] = ring[0] ?? []
  return lng === undefined || lat === undefined ? null : { lng, lat }
}

export interface LabelWish {
  id: string
  text: string
  x: number
  y: number
}

/** Names that would cover an earlier name are left out; the order given is the order of importance. */
export function placeLabels(wishes: readonly LabelWish[], fontSize: number): LabelWish[] {
  const placed: { label: LabelWish; halfWidth: number }[] = []
  for (const wish of wishes) {
    const halfWidth = (Array.from(wish.text).length * fontSize) / 2
    const covered = placed.some(({ label, halfWidth: other }) => Math.abs(label.x - wish.x) < halfWidth + other + 4 && Math.abs(label.y - wish.y) < fontSize * 1.2)
    if (!covered) placed.push({ label: wish, halfWidth })
  }
  return placed.map(({ label }) => label)
}
