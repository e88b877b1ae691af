import { describe, expect, it } from 'vitest'
import type { GridNode, PolygonArea } from '@/shared/api/types'
import { drill, loadOf, moved, wholeView, zoomed } from './drill'

const square = (west: number, south: number, side: number): PolygonArea => ({ type: 'Polygon', coordinates: [[[west, south], [west + side, south], [west + side, south + side], [west, south + side], [west, south]]] })
const node = (id: string, area: PolygonArea | null, children: GridNode[] = [], changes: Partial<GridNode> = {}): GridNode => ({ id, name: id, area, children, status: 'active', counters: null, ...changes }) as GridNode
const size = { width: 300, height: 200 }

describe('a grid that is opened', () => {
  it('shows what lies right below it, and names what has no area', () => {
    const below = [node('west', square(106, 23, 1)), node('east', square(107, 23, 1), [node('deep', square(107, 23, 0.5))]), node('nowhere', null), node('closed', square(108, 23, 1), [], { status: 'disabled' })]
    const picture = drill(node('county', square(106, 23, 2), below), 300, 200, 12)
    expect(picture.shapes.map((shape) => shape.node.id)).toEqual(['west', 'east'])
    expect(picture.unplaced.map(({ id }) => id)).toEqual(['nowhere'])
    expect(picture.labels.map(({ text }) => text)).toEqual(['west', 'east'])
    expect(picture.outline).toMatch(/^M.*Z$/)
    for (const label of picture.labels) expect(label.x > 0 && label.x < 300 && label.y > 0 && label.y < 200).toBe(true)
  })

  it('without any area is a list', () => {
    expect(drill(node('village', null, [node('group', null)]), 300, 200, 12)).toMatchObject({ outline: '', shapes: [], labels: [], unplaced: [{ id: 'group' }] })
  })

  it.each([
    [null, 'unknown'],
    [{ submitted: 0, accepted: 0, completed: 9, rated: 1, overdue: 0, returned: 3 }, 'calm'],
    [{ submitted: 0, accepted: 1, completed: 0, rated: 0, overdue: 0, returned: 0 }, 'open'],
    [{ submitted: 1, accepted: 1, completed: 0, rated: 0, overdue: 1, returned: 0 }, 'late'],
  ] as const)('is coloured by what is open: %j', (counters, load) => expect(loadOf({ counters })).toBe(load))
})

describe('moving the map', () => {
  it('keeps the point under the fingers', () => {
    const view = zoomed(wholeView, 2, { x: 100, y: 50 }, size)
    expect(view).toEqual({ scale: 2, x: -100, y: -50 })
    expect((100 - view.x) / view.scale).toBe(100)
  })

  it('never leaves the map', () => {
    expect(moved(wholeView, 50, -50, size)).toEqual({ scale: 1, x: 0, y: 0 })
    expect(moved({ scale: 2, x: -10, y: -10 }, -9999, 9999, size)).toEqual({ scale: 2, x: -300, y: 0 })
    expect(zoomed({ scale: 2, x: -300, y: -200 }, 0.1, { x: 0, y: 0 }, size)).toEqual(wholeView)
    expect(zoomed(wholeView, 99, { x: 0, y: 0 }, size).scale).toBe(8)
  })
})
