/** Where the names stand: the largest type with which everybody still fits. Lengths are CSS pixels. */

/**
 * `tile`: a circle and the name below it. `chip`: the name on a ground of its own. `dense`: names alone, close together:
 * at a thousand people every pixel goes into the type.
 */
export type WallMode = 'tile' | 'chip' | 'dense'

export interface WallGrid {
  mode: WallMode
  columns: number
  rows: number
  cellWidth: number
  cellHeight: number
  /** size of the type of names */
  font: number
  /** as many as it was made for */
  seats: number
  capacity: number
}

/** A cell in multiples of its type: three characters, and air. */
const cells: Record<WallMode, { width: number; height: number }> = {
  tile: { width: 4.2, height: 5.3 },
  chip: { width: 4.4, height: 2.05 },
  dense: { width: 3.45, height: 1.36 },
}
/** Below these sizes of type, in rem, the next mode reads better. */
const smallestTile = 1.25
const smallestChip = 1.15
const largest: Record<WallMode, number> = { tile: 2.1, chip: 1.9, dense: 1.6 }

const breath = 1.16
const rounding = 0.0001

/** @param rem the size of the page's root type */
export function fitGrid(width: number, height: number, seats: number, rem: number): WallGrid {
  const tile = fitMode('tile', width, height, seats, rem)
  if (tile.font >= smallestTile * rem) return tile
  const chip = fitMode('chip', width, height, seats, rem)
  return chip.font >= smallestChip * rem ? chip : fitMode('dense', width, height, seats, rem)
}

function fitMode(mode: WallMode, width: number, height: number, seats: number, rem: number): WallGrid {
  const cell = cells[mode]
  const wanted = Math.max(1, seats)
  let font = 0
  let columns = 1
  for (let count = 1; count <= wanted; count += 1) {
    const rows = Math.ceil(wanted / count)
    const fits = Math.min(width / (count * cell.width), height / (rows * cell.height))
    if (fits > font) {
      font = fits
      columns = count
    }
    // More columns only make the type smaller from here on.
    if (width / (count * cell.width) < font) break
  }
  const most = largest[mode] * rem
  if (font > most) {
    font = most
    columns = Math.max(1, Math.floor(width / (cell.width * font)))
  }
  const needed = Math.ceil(wanted / columns)
  // Rows breathe a little where there is room, and never drift apart.
  const cellHeight = Math.min(height / needed, cell.height * font * breath)
  const rows = Math.max(needed, Math.floor(height / cellHeight + rounding))
  return { mode, columns, rows, cellWidth: width / columns, cellHeight, font, seats: wanted, capacity: columns * rows }
}

const everybodySits = 200
const firstStep = 24
/** Coarse while it fills, finer where every pixel of type counts. */
const stepRatio = (step: number): number => (step < 1000 ? 1.6 : 1.3)

/**
 * For how many the wall is laid out. A small meeting has a seat for everybody from the beginning, so that nothing ever
 * moves; in a large one the wall grows in steps, so that the first hundred of two thousand are not set in tiny type.
 */
export function seatsFor(arrived: number, expected: number): number {
  if (expected > 0 && expected <= everybodySits && arrived <= expected) return expected
  let step = firstStep
  while (step < arrived) step = Math.ceil(step * stepRatio(step))
  // Guests come on top of the expected.
  return expected > 0 && expected >= arrived && step * stepRatio(step) >= expected ? expected : step
}

export interface Box {
  x: number
  y: number
  width: number
  height: number
}

export function cellOf(grid: WallGrid, place: number): Box {
  const column = place % grid.columns
  const row = Math.floor(place / grid.columns)
  return { x: column * grid.cellWidth, y: row * grid.cellHeight, width: grid.cellWidth, height: grid.cellHeight }
}
