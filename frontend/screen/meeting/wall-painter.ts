import { brief, inTwoLines, spread, toneOf } from './names'
import type { Arrival } from './types'
import { cellOf, fitGrid, seatsFor, type Box, type WallGrid } from './wall-grid'

/**
 * Paints the wall of names. Thousands of names are a picture, not thousands of elements: what stands is painted once, and
 * only newcomers are painted again while they enter. A new layout is painted in slices on the canvas behind and then
 * takes the other's place, so the wall is never empty and no frame waits for it.
 */

export interface WallColours {
  ground: string
  ink: string
  soft: readonly string[]
  strong: readonly string[]
  onStrong: string
  fresh: string
  seat: string
  family: string
}

interface Surface {
  canvas: HTMLCanvasElement
  context: CanvasRenderingContext2D
  grid: WallGrid
  /** names painted so far, from the first on */
  painted: number
}

interface Job {
  surface: Surface
  next: number
}

const enterMs = 340
const glowMs = 2_600
const fadeMs = 500
/** Of those who are told at once: after a gap a whole hall may come, and not all of it is news. */
const mostGlowing = 240
const fadeSteps = 6
/** One layout gives way to the next. */
const crossfadeMs = 260
/** More than this at once is a flood: the others stand there at once, still marked as new. */
const mostEntering = 28
/** Leaves the rest of a frame of 16 ms to everything else. */
const sliceMs = 5
const namesPerCheck = 24
const mostNewPerFrame = 90
/** So many enter at once that no eye follows one: every second frame will do. */
const crowd = 8
const smallestSide = 8

export class WallPainter {
  private front: Surface
  private back: Surface
  private job: Job | null = null
  private names: readonly Arrival[] = []
  private expected = 0
  private size = { width: 0, height: 0, rem: 16, ratio: 1 }
  private colours: WallColours
  private readonly photoOf: (arrival: Arrival) => CanvasImageSource | null
  private readonly calm: boolean
  /** by id: when somebody came, and the step of fading that was painted last */
  private readonly fresh = new Map<string, { at: number; enters: boolean; step: number }>()
  private places: (id: string) => number | null = () => null
  private needsLayout = false
  private frame = 0
  private fadesUntil = 0
  private skipped = false

  constructor(front: HTMLCanvasElement, back: HTMLCanvasElement, colours: WallColours, photoOf: (arrival: Arrival) => CanvasImageSource | null, calm: boolean) {
    this.colours = colours
    this.photoOf = photoOf
    this.calm = calm
    this.front = surfaceOf(front, colours.ground)
    this.back = surfaceOf(back, colours.ground)
    this.front.canvas.classList.add('front')
  }

  resize(width: number, height: number, rem: number, ratio: number): void {
    if (width < smallestSide || height < smallestSide) return
    const { size } = this
    if (size.width === width && size.height === height && size.rem === rem && size.ratio === ratio) return
    this.size = { width, height, rem, ratio }
    this.layOut()
  }

  recolour(colours: WallColours): void {
    this.colours = colours
    this.layOut()
  }

  /** @param reordered every place may have changed */
  update(names: readonly Arrival[], placeOf: (id: string) => number | null, expected: number, fresh: readonly Arrival[], touched: readonly number[], reordered: boolean): void {
    this.names = names
    this.places = placeOf
    const seatsChanged = expected !== this.expected && seatsFor(names.length, expected) !== this.front.grid.seats && names.length <= expected
    this.expected = expected
    const now = performance.now()
    for (const arrival of fresh.slice(-mostGlowing)) {
      const entering = this.entering(now)
      this.fresh.set(arrival.id, { at: now, enters: !this.calm && entering < mostEntering, step: -1 })
    }
    if (reordered || seatsChanged) this.needsLayout = true
    else for (const place of touched) this.paintAgain(place, now)
    this.wake()
  }

  /** Somebody's tile as it is now: the picture has come. */
  repaint(id: string): void {
    const place = this.places(id)
    if (place !== null) this.paintAgain(place, performance.now())
  }

  /** On what is seen, and on what is being made ready behind it. */
  private paintAgain(place: number, now: number): void {
    if (place < this.front.painted) this.paint(this.front, place, now)
    if (this.job && place < this.job.surface.painted) this.paint(this.job.surface, place, now)
  }

  /** Where somebody stands, in CSS pixels of the wall; null: nowhere yet. */
  boxOf(id: string): Box | null {
    const place = this.places(id)
    return place !== null && place < this.front.painted ? cellOf(this.front.grid, place) : null
  }

  get grid(): WallGrid {
    return this.front.grid
  }

  dispose(): void {
    cancelAnimationFrame(this.frame)
    this.frame = 0
  }

  private entering(now: number): number {
    let count = 0
    for (const { at, enters } of this.fresh.values()) if (enters && now - at < enterMs) count += 1
    return count
  }

  private layOut(): void {
    this.needsLayout = true
    this.wake()
  }

  private wake(): void {
    if (this.frame === 0 && this.size.width > 0) this.frame = requestAnimationFrame(this.step)
  }

  private readonly step = (): void => {
    this.frame = 0
    const now = performance.now()
    const lacksRoom = this.names.length > (this.job?.surface.grid ?? this.front.grid).capacity
    // What still shines through must not be painted over.
    if ((this.needsLayout || lacksRoom) && now >= this.fadesUntil) this.beginLayout()
    if (this.job) this.continueLayout(this.job, now)
    else this.paintNew(now)
    this.animate(now)
    if (this.job || this.needsLayout || this.names.length > this.front.grid.capacity || this.fresh.size > 0 || this.front.painted < Math.min(this.names.length, this.front.grid.capacity)) this.wake()
  }

  private beginLayout(): void {
    this.needsLayout = false
    const { width, height, rem, ratio } = this.size
    const surface = this.back
    surface.grid = fitGrid(width, height, seatsFor(this.names.length, this.expected), rem)
    surface.painted = 0
    const [pixelWidth, pixelHeight] = [Math.round(width * ratio), Math.round(height * ratio)]
    if (surface.canvas.width !== pixelWidth || surface.canvas.height !== pixelHeight) {
      surface.canvas.width = pixelWidth
      surface.canvas.height = pixelHeight
    }
    const { context } = surface
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    context.fillStyle = this.colours.ground
    context.fillRect(0, 0, width, height)
    context.textAlign = 'center'
    context.textBaseline = 'middle'
    this.job = { surface, next: 0 }
  }

  private continueLayout(job: Job, now: number): void {
    const { surface } = job
    const seats = surface.grid.mode !== 'dense' && surface.grid.seats === this.expected ? this.expected : 0
    const end = performance.now() + sliceMs
    const total = (): number => Math.min(Math.max(this.names.length, seats), surface.grid.capacity)
    while (job.next < total()) {
      const place = job.next
      if (place < this.names.length) {
        this.paint(surface, place, now)
        surface.painted = place + 1
      } else {
        this.paintSeat(surface, place)
      }
      job.next = place + 1
      if (job.next % namesPerCheck === 0 && performance.now() > end) return
    }
    this.job = null
    this.back = this.front
    this.front = surface
    this.showFront(now)
  }

  /** The new one lies on top and becomes visible; the old one stays below it, so that nothing is ever empty. */
  private showFront(now: number): void {
    const { canvas } = this.front
    canvas.classList.add('front')
    this.back.canvas.classList.remove('front')
    if (this.calm) return
    canvas.animate([{ opacity: 0 }, { opacity: 1 }], { duration: crossfadeMs, easing: 'ease-out' })
    this.fadesUntil = now + crossfadeMs
  }

  private paintNew(now: number): void {
    const { front } = this
    const end = Math.min(this.names.length, front.grid.capacity, front.painted + mostNewPerFrame)
    for (let place = front.painted; place < end; place += 1) this.paint(front, place, now)
    front.painted = Math.max(front.painted, end)
  }

  private animate(now: number): void {
    this.skipped = !this.skipped && this.entering(now) > crowd
    if (this.skipped) return
    for (const [id, fresh] of this.fresh) {
      const age = now - fresh.at
      const over = age >= glowMs + fadeMs
      const step = over ? fadeSteps : age < glowMs ? 0 : Math.floor(((age - glowMs) / fadeMs) * fadeSteps)
      const moves = fresh.enters && age < enterMs + 34
      if (over) this.fresh.delete(id)
      if (!moves && step === fresh.step) continue
      fresh.step = step
      const place = this.places(id)
      if (place !== null && place < this.front.painted) this.paint(this.front, place, now)
    }
  }

  private paint(surface: Surface, place: number, now: number): void {
    const arrival = this.names[place]
    if (!arrival) return
    const { context, grid } = surface
    const box = cellOf(grid, place)
    context.fillStyle = this.colours.ground
    context.fillRect(box.x, box.y, box.width, box.height)
    const fresh = this.fresh.get(arrival.id)
    const age = fresh ? now - fresh.at : Infinity
    const entered = fresh?.enters ? Math.min(1, age / enterMs) : 1
    const glow = age < glowMs ? 1 : Math.max(0, 1 - Math.floor(((age - glowMs) / fadeMs) * fadeSteps) / fadeSteps)
    context.save()
    // Nobody's motion may leave a trace in a neighbour's cell.
    if (entered < 1) {
      const eased = 1 - (1 - entered) ** 3
      const scale = 0.55 + 0.45 * eased
      context.globalAlpha = eased
      context.translate(box.x + box.width / 2, box.y + box.height / 2)
      context.scale(scale, scale)
      context.translate(-box.x - box.width / 2, -box.y - box.height / 2)
    } else if (arrival.away) {
      context.globalAlpha = 0.38
    }
    if (grid.mode === 'tile') this.paintTile(context, grid, box, arrival, glow)
    else this.paintStrip(context, grid, box, arrival, glow)
    context.restore()
  }

  private paintTile(context: CanvasRenderingContext2D, grid: WallGrid, box: Box, arrival: Arrival, glow: number): void {
    const { font } = grid
    const { colours } = this
    const x = box.x + box.width / 2
    const top = box.y + (box.height - font * 4.75) / 2
    const radius = font * 1.5
    const y = top + radius
    const tone = toneOf(arrival.id)
    const photo = this.photoOf(arrival)
    if (photo) {
      if (glow > 0) faded(context, glow, () => disc(context, x, y, radius, colours.fresh))
      // Who is new wears a ring instead of a ground.
      const inner = glow > 0 ? radius * (1 - 0.09 * glow) : radius
      context.drawImage(photo, x - inner, y - inner, inner * 2, inner * 2)
    } else {
      disc(context, x, y, radius, colours.strong[tone] ?? colours.ink)
      if (glow > 0) faded(context, glow, () => disc(context, x, y, radius, colours.fresh))
      context.fillStyle = colours.onStrong
      context.font = `500 ${font * 1.02}px ${colours.family}`
      context.fillText(brief(arrival.name), x, y + font * 0.06, radius * 1.7)
    }
    const below = top + radius * 2 + font * 0.98
    context.font = `500 ${font}px ${colours.family}`
    context.fillStyle = colours.ink
    this.write(context, spread(arrival.name), x, below, grid.cellWidth * 0.94, font)
    if (glow > 0)
      faded(context, glow, () => {
        context.fillStyle = colours.fresh
        this.write(context, spread(arrival.name), x, below, grid.cellWidth * 0.94, font)
      })
  }

  private paintStrip(context: CanvasRenderingContext2D, grid: WallGrid, box: Box, arrival: Arrival, glow: number): void {
    const { font, mode } = grid
    const { colours } = this
    const gap = mode === 'chip' ? font * 0.16 : font * 0.06
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
    const ground = (colour: string): void => plate(context, box.x + gap, box.y + gap, box.width - gap * 2, box.height - gap * 2, font * 0.28, colour)
    context.font = `500 ${font}px ${colours.family}`
    const text = spread(arrival.name)
    const room = box.width - gap * 2 - font * (mode === 'chip' ? 0.5 : 0.16)
    if (glow < 1) {
      ground(colours.soft[toneOf(arrival.id)] ?? colours.seat)
      context.fillStyle = colours.ink
      this.write(context, text, x, y + font * 0.05, room, font)
    }
    if (glow > 0)
      faded(context, glow, () => {
        ground(colours.fresh)
        context.fillStyle = colours.onStrong
        this.write(context, text, x, y + font * 0.05, room, font)
      })
  }

  /** Long names are set smaller first, and narrower only when that is not enough. */
  private write(context: CanvasRenderingContext2D, text: string, x: number, y: number, room: number, font: number): void {
    if (text.length <= 3) {
      context.fillText(text, x, y)
      return
    }
    const lines = inTwoLines(text)
    if (lines) {
      context.font = `500 ${font * 0.62}px ${this.colours.family}`
      context.fillText(lines[0], x, y - font * 0.34, room)
      context.fillText(lines[1], x, y + font * 0.34, room)
      context.font = `500 ${font}px ${this.colours.family}`
      return
    }
    const wide = text.length * font
    if (wide > room * 1.25) context.font = `500 ${Math.max(font * 0.62, (font * room * 1.25) / wide)}px ${this.colours.family}`
    context.fillText(text, x, y, room)
    if (wide > room * 1.25) context.font = `500 ${font}px ${this.colours.family}`
  }

  private paintSeat(surface: Surface, place: number): void {
    const { context, grid } = surface
    const box = cellOf(grid, place)
    context.fillStyle = this.colours.ground
    context.fillRect(box.x, box.y, box.width, box.height)
    if (grid.mode === 'tile') {
      const radius = grid.font * 1.5
      disc(context, box.x + box.width / 2, box.y + (box.height - grid.font * 4.75) / 2 + radius, radius, this.colours.seat)
      return
    }
    const gap = grid.font * 0.16
    plate(context, box.x + gap, box.y + gap, box.width - gap * 2, box.height - gap * 2, grid.font * 0.28, this.colours.seat)
  }
}

/** Opaque: what lies below need not be blended, which is most of the work on a machine without a graphics card. */
function surfaceOf(canvas: HTMLCanvasElement, ground: string): Surface {
  const context = canvas.getContext('2d', { alpha: false })
  if (!context) throw new Error('this browser cannot paint')
  context.fillStyle = ground
  context.fillRect(0, 0, canvas.width, canvas.height)
  return { canvas, context, grid: fitGrid(1, 1, 1, 1), painted: 0 }
}

function disc(context: CanvasRenderingContext2D, x: number, y: number, radius: number, colour: string): void {
  context.fillStyle = colour
  context.beginPath()
  context.arc(x, y, radius, 0, Math.PI * 2)
  context.fill()
}

function plate(context: CanvasRenderingContext2D, x: number, y: number, width: number, height: number, radius: number, colour: string): void {
  const [right, bottom] = [x + width, y + height]
  context.fillStyle = colour
  context.beginPath()
  context.moveTo(x + radius, y)
  context.arcTo(right, y, right, bottom, radius)
  context.arcTo(right, bottom, x, bottom, radius)
  context.arcTo(x, bottom, x, y, radius)
  context.arcTo(x, y, right, y, radius)
  context.fill()
}

function faded(context: CanvasRenderingContext2D, alpha: number, paint: () => void): void {
  const before = context.globalAlpha
  context.globalAlpha = before * alpha
  paint()
  context.globalAlpha = before
}
