import { changesBetween, type MapPoint, type PointChange, type Tone } from './points'

/**
 * Paints the points of a map. Thousands of points are a picture, not thousands of elements: what stands is painted once
 * on one canvas, and what comes, goes or changes its colour is painted frame by frame on another one above, for as long
 * as it moves. While nothing moves no frame is painted at all.
 */

export type PointColours = Readonly<Record<Tone | 'edge', string>>

interface Mover extends PointChange {
  since: number
}

interface Damage {
  x: number
  y: number
  side: number
}

const durations: Readonly<Record<PointChange['kind'], number>> = { arrives: 800, leaves: 600, turns: 500 }
/** How much larger a point is when it appears. */
const arrivalSize = 4
/** More than this at once is another picture, not news: it stands there at once. */
const mostMoving = 240
/** So many move that no eye follows one: every second frame will do. */
const crowd = 12
/** An alarm is larger than the others, and lies above them. */
const sizes: Readonly<Record<Tone, number>> = { accepted: 1, submitted: 1, alarm: 1.25 }
const order: readonly Tone[] = ['accepted', 'submitted', 'alarm']
/** Keeps neighbours apart, CSS pixels. */
const edge = 1

export class PointPainter {
  private readonly still: CanvasRenderingContext2D
  private readonly moving: CanvasRenderingContext2D
  private readonly colours: PointColours
  private readonly calm: boolean
  private points: ReadonlyMap<string, MapPoint> = new Map()
  private readonly movers = new Map<string, Mover>()
  private damages: Damage[] = []
  private sprites = new Map<Tone, HTMLCanvasElement>()
  private size = { width: 0, height: 0, ratio: 1 }
  private radius = 0
  private frame = 0
  private skipped = false

  /** @param calm nothing moves: the reader's device asks for it */
  constructor(still: HTMLCanvasElement, moving: HTMLCanvasElement, colours: PointColours, calm: boolean) {
    this.still = contextOf(still)
    this.moving = contextOf(moving)
    this.colours = colours
    this.calm = calm
  }

  /** @param radius of a usual point, CSS pixels; `animate`: what differs from before is shown as a change */
  show(points: readonly MapPoint[], size: { width: number; height: number; ratio: number }, radius: number, animate: boolean): void {
    const before = this.points
    const resized = this.resize(size, radius)
    const after = new Map(points.map((point) => [point.id, point]))
    const changes = animate && !resized && !this.calm && !document.hidden ? changesBetween(before, after) : null
    this.points = after
    if (changes === null || changes.length > mostMoving) {
      this.movers.clear()
      this.wipe()
      this.paintStill()
      return
    }
    if (changes.length === 0) return
    this.begin(changes)
    // Who only comes has nothing to be taken off.
    if (changes.some(({ point }) => before.has(point.id))) this.paintStill()
  }

  dispose(): void {
    cancelAnimationFrame(this.frame)
    this.frame = 0
  }

  private resize(size: { width: number; height: number; ratio: number }, radius: number): boolean {
    const { width, height, ratio } = this.size
    if (size.width === width && size.height === height && size.ratio === ratio && radius === this.radius) return false
    this.size = size
    this.radius = radius
    for (const { canvas } of [this.still, this.moving]) {
      canvas.width = Math.max(1, Math.round(size.width * size.ratio))
      canvas.height = Math.max(1, Math.round(size.height * size.ratio))
    }
    this.sprites = new Map(order.map((tone) => [tone, this.sprite(tone)]))
    return true
  }

  private begin(changes: readonly PointChange[]): void {
    const since = performance.now()
    for (const change of changes) this.movers.set(change.point.id, { ...change, since })
    if (this.frame === 0) this.frame = requestAnimationFrame(this.step)
  }

  private readonly step = (now: number): void => {
    this.frame = 0
    this.skipped = this.movers.size > crowd && !this.skipped
    if (!this.skipped) this.paintMoving(now)
    if (this.movers.size > 0) this.frame = requestAnimationFrame(this.step)
  }

  private paintMoving(now: number): void {
    this.wipe()
    for (const [id, mover] of this.movers) {
      const part = Math.max(0, (now - mover.since) / durations[mover.kind])
      if (part < 1) {
        this.paintMover(mover, part)
        continue
      }
      this.movers.delete(id)
      if (mover.kind !== 'leaves') this.paintPoint(this.still, mover.point)
    }
    this.moving.globalAlpha = 1
  }

  private paintMover({ point, kind }: Mover, part: number): void {
    const left = 1 - part
    // Comes from far and settles; goes by fading; a new colour swells once.
    const scale = kind === 'arrives' ? 1 + (arrivalSize - 1) * left ** 3 : kind === 'turns' ? 1 + Math.sin(part * Math.PI) : 1
    this.moving.globalAlpha = kind === 'arrives' ? Math.min(1, part * 3) : kind === 'leaves' ? left : 1
    const side = this.paintPoint(this.moving, point, scale)
    this.damages.push({ x: point.x, y: point.y, side: side + 2 })
  }

  private wipe(): void {
    const { ratio } = this.size
    for (const { x, y, side } of this.damages) this.moving.clearRect((x - side / 2) * ratio, (y - side / 2) * ratio, side * ratio, side * ratio)
    this.damages = []
  }

  private paintStill(): void {
    this.still.clearRect(0, 0, this.still.canvas.width, this.still.canvas.height)
    for (const tone of order) for (const point of this.points.values()) if (point.tone === tone && !this.movers.has(point.id)) this.paintPoint(this.still, point)
  }

  /** Answers the side of the square that it painted, CSS pixels. */
  private paintPoint(context: CanvasRenderingContext2D, point: MapPoint, scale = 1): number {
    const sprite = this.sprites.get(point.tone)
    if (!sprite) return 0
    const { ratio } = this.size
    const side = sprite.width * scale
    context.drawImage(sprite, Math.round(point.x * ratio - side / 2), Math.round(point.y * ratio - side / 2), side, side)
    return side / ratio
  }

  private sprite(tone: Tone): HTMLCanvasElement {
    const canvas = document.createElement('canvas')
    const { ratio } = this.size
    const radius = this.radius * sizes[tone] * ratio
    const side = Math.ceil((radius + edge * ratio) * 2)
    Object.assign(canvas, { width: side, height: side })
    const context = contextOf(canvas)
    for (const [colour, reach] of [[this.colours.edge, radius + edge * ratio], [this.colours[tone], radius]] as const) {
      context.fillStyle = colour
      context.beginPath()
      context.arc(side / 2, side / 2, reach, 0, 2 * Math.PI)
      context.fill()
    }
    return canvas
  }
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d')
  if (!context) throw new Error('this browser paints no canvas')
  return context
}
