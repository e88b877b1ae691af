/** Where the names of areas stand: inside their area, away from other names and from where the points are dense. */

export type Spot = readonly [x: number, y: number]

export interface LabelWish {
  id: string
  /** outer ring of the area on the picture; empty: only its middle is known */
  ring: readonly Spot[]
  middle: Spot
  width: number
  height: number
  /** when there is no room for the whole: the name alone */
  leastHeight: number
}

export interface PlacedLabel {
  id: string
  x: number
  y: number
  /** the name alone */
  brief: boolean
}

interface Box {
  x: number
  y: number
  halfWidth: number
  halfHeight: number
}

const steps = 9
/** Between two names, pixels. */
const gap = 4
/** A point under a name is worse than this part of the area's diagonal away from the middle. */
const pointCost = 0.18
const cornerCost = 0.22

/** The order given is the order of importance; who finds no place is left out. Nothing stands outside `width` × `height`. */
export function placeLabels(wishes: readonly LabelWish[], points: readonly { x: number; y: number }[], width: number, height: number): PlacedLabel[] {
  const taken: Box[] = []
  return wishes.flatMap((wish) => {
    for (const brief of [false, true]) {
      const box = bestBox(wish, brief ? wish.leastHeight : wish.height, points, taken, width, height)
      if (!box) continue
      taken.push(box)
      return [{ id: wish.id, x: box.x, y: box.y, brief }]
    }
    return []
  })
}

function bestBox(wish: LabelWish, boxHeight: number, points: readonly { x: number; y: number }[], taken: readonly Box[], width: number, height: number): Box | null {
  const bounds = boundsOf(wish.ring.length > 0 ? wish.ring : [wish.middle])
  const diagonal = Math.max(1, Math.hypot(bounds.right - bounds.left, bounds.bottom - bounds.top))
  const near = points.filter((point) => point.x > bounds.left - wish.width && point.x < bounds.right + wish.width && point.y > bounds.top - boxHeight && point.y < bounds.bottom + boxHeight)
  let best: Box | null = null
  let least = Infinity
  for (const [x, y] of candidates(wish, bounds)) {
    const box = {
      x: Math.min(Math.max(x, wish.width / 2), Math.max(wish.width / 2, width - wish.width / 2)),
      y: Math.min(Math.max(y, boxHeight / 2), Math.max(boxHeight / 2, height - boxHeight / 2)),
      halfWidth: wish.width / 2,
      halfHeight: boxHeight / 2,
    }
    if (taken.some((other) => overlap(box, other))) continue
    const away = Math.hypot(x - wish.middle[0], y - wish.middle[1]) / diagonal
    const cost = away + outsideCorners(box, wish.ring) * cornerCost + near.filter((point) => covers(box, point)).length * pointCost
    if (cost < least) [best, least] = [box, cost]
  }
  return best
}

/** The middle first, then spots all over the area. */
function candidates(wish: LabelWish, bounds: ReturnType<typeof boundsOf>): Spot[] {
  const spots: Spot[] = [wish.middle]
  if (wish.ring.length < 3) return spots
  for (let row = 1; row < steps; row += 1) {
    for (let column = 1; column < steps; column += 1) {
      const spot: Spot = [bounds.left + ((bounds.right - bounds.left) * column) / steps, bounds.top + ((bounds.bottom - bounds.top) * row) / steps]
      if (isInside(spot, wish.ring)) spots.push(spot)
    }
  }
  return spots
}

function boundsOf(ring: readonly Spot[]): { left: number; top: number; right: number; bottom: number } {
  const bounds = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity }
  for (const [x, y] of ring) {
    bounds.left = Math.min(bounds.left, x)
    bounds.right = Math.max(bounds.right, x)
    bounds.top = Math.min(bounds.top, y)
    bounds.bottom = Math.max(bounds.bottom, y)
  }
  return bounds
}

function outsideCorners(box: Box, ring: readonly Spot[]): number {
  if (ring.length < 3) return 0
  let outside = 0
  for (const dx of [-box.halfWidth, box.halfWidth]) for (const dy of [-box.halfHeight, box.halfHeight]) if (!isInside([box.x + dx, box.y + dy], ring)) outside += 1
  return outside
}

const covers = (box: Box, { x, y }: { x: number; y: number }): boolean => Math.abs(x - box.x) < box.halfWidth && Math.abs(y - box.y) < box.halfHeight

const overlap = (a: Box, b: Box): boolean => Math.abs(a.x - b.x) < a.halfWidth + b.halfWidth + gap && Math.abs(a.y - b.y) < a.halfHeight + b.halfHeight + gap

/** Even-odd rule. */
export function isInside([x, y]: Spot, ring: readonly Spot[]): boolean {
  let inside = false
  for (let index = 0, before = ring.length - 1; index < ring.length; before = index, index += 1) {
    const [ax, ay] = ring[index] ?? [0, 0]
    const [bx, by] = ring[before] ?? [0, 0]
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside
  }
  return inside
}

const wide = /[\u2e80-\uffff]/
/** How many ems a text is wide, about: a Chinese character one, everything else six tenths. */
export function emsOf(text: string): number {
  return Array.from(text).reduce((ems, character) => ems + (wide.test(character) ? 1 : 0.6), 0)
}
