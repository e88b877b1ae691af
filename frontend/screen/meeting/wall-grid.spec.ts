import { describe, expect, it } from 'vitest'
import { cellOf, fitGrid, seatsFor } from './wall-grid'

/** The wall on a screen of 1920 × 1080, of 1366 × 768, of 3840 × 1080 and upright. */
const rooms = [
  [1272, 640, 16],
  [905, 455, 11.38],
  [2450, 640, 16],
  [990, 690, 18],
] as const

describe('the wall', () => {
  it.each(rooms)('has a cell within %d × %d for everybody, from one to five thousand', (width, height, rem) => {
    for (const count of [1, 2, 7, 24, 60, 61, 126, 127, 200, 313, 524, 999, 2000, 3456, 5000]) {
      const grid = fitGrid(width, height, count, rem)
      expect(grid.capacity, `${count}`).toBeGreaterThanOrEqual(count)
      const last = cellOf(grid, grid.capacity - 1)
      expect(last.x + last.width, `${count}`).toBeLessThanOrEqual(width + 0.01)
      expect(last.y + last.height, `${count}`).toBeLessThanOrEqual(height + 0.01)
      expect(grid.font * 3, 'three characters fit').toBeLessThan(grid.cellWidth)
    }
  })

  it('never sets more people in larger type', () => {
    let before = Infinity
    for (let count = 1; count <= 5000; count += 13) {
      const { mode, font } = fitGrid(1272, 640, count, 16)
      // A change of form may make the type larger: that is what it is for.
      if (mode === 'dense') expect(font).toBeLessThanOrEqual(before + 0.001)
      before = mode === 'dense' ? font : Infinity
    }
  })

  it.each([
    [20, 'tile'],
    [60, 'tile'],
    [126, 'chip'],
    [240, 'chip'],
    [400, 'dense'],
    [2000, 'dense'],
  ])('shows %d people as %s', (count, mode) => {
    expect(fitGrid(1272, 640, count, 16).mode).toBe(mode)
  })

  it('can be read from eight metres with a hundred people, and from near by with two thousand', () => {
    expect(fitGrid(1272, 640, 126, 16).font).toBeGreaterThan(24)
    expect(fitGrid(1272, 640, 2000, 16).font).toBeGreaterThan(9)
    expect(fitGrid(1272, 640, 5000, 16).font).toBeGreaterThan(5.5)
  })
})

describe('seats', () => {
  it.each([
    // arrived, expected, seats
    [0, 30, 30],
    [5, 126, 126],
    [126, 126, 126],
    [0, 2000, 24],
    [25, 2000, 39],
    [1300, 2000, 1386],
    [1400, 2000, 2000],
    [2000, 2000, 2000],
    [0, 0, 24],
  ])('%d of %d: laid out for %d', (arrived, expected, seats) => {
    expect(seatsFor(arrived, expected)).toBe(seats)
  })

  it('have room for guests beside the expected', () => {
    for (const arrived of [31, 127, 2001, 5000]) expect(seatsFor(arrived, arrived - 1)).toBeGreaterThanOrEqual(arrived)
  })

  it('change seldom while a hall fills', () => {
    const steps = new Set(Array.from({ length: 2001 }, (_, arrived) => seatsFor(arrived, 2000)))
    expect(steps.size).toBeLessThanOrEqual(11)
  })
})
