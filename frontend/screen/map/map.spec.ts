import { describe, expect, it } from 'vitest'
import type { BoardTicket, GridNode, PolygonArea } from '@/shared/api/types'
import { countWords, GridIndex } from '@/shared/map/grid-index'
import { isAlarm, mapPoints } from './points'
import { boundsOf, centroid, fitProjection, placeLabels } from '@/shared/map/projection'

const square = (west: number, south: number, side: number): PolygonArea => ({
  type: 'Polygon',
  coordinates: [
    [
      [west, south],
      [west + side, south],
      [west + side, south + side],
      [west, south + side],
      [west, south],
    ],
  ],
})
const grid = (id: string, level: number, parent: string | null, extra: Partial<GridNode> = {}): GridNode => ({
  id,
  code: id,
  number: id,
  name: id,
  full_name: id,
  level,
  level_title: '',
  parent_id: parent,
  order: 0,
  status: 'active',
  organisation: null,
  center: null,
  area: null,
  staff_count: 0,
  households: 0,
  households_in_all: 0,
  version: 1,
  vacant: false,
  counters: { submitted: 0, accepted: 0, completed: 0, rated: 0, overdue: 0, returned: 0 },
  ...extra,
})
const ticket = (fields: Partial<BoardTicket>): BoardTicket => ({ ticket_id: 't', grid_id: 'village', kind: 'dispute', state: 'submitted', lng: null, lat: null, overdue: false, escalated: false, ...fields })
const tree = grid('county', 1, null, {
  children: [grid('town', 2, 'county', { children: [grid('village', 3, 'town', { area: square(106, 24, 0.1) }), grid('bare', 3, 'town')], center: { lng: 106.2, lat: 24.2 } }), grid('closed', 2, 'county', { status: 'disabled' })],
})

describe('projection', () => {
  const bounds = boundsOf([square(106, 24, 0.1), square(106.1, 24.1, 0.1)])

  it('finds the bounds, and none without points', () => {
    expect(bounds).toMatchObject({ west: 106, south: 24 })
    expect(bounds?.east).toBeCloseTo(106.2, 9)
    expect(bounds?.north).toBeCloseTo(24.2, 9)
    expect(boundsOf([])).toBeNull()
  })

  it('keeps everything inside the padding, north up, and does not distort', () => {
    if (!bounds) throw new Error('no bounds')
    const { project, path } = fitProjection(bounds, 800, 400, 20)
    const [west, south] = project(106, 24)
    const [east, north] = project(106.2, 24.2)
    expect(south - north).toBeCloseTo(360, 5)
    expect(south).toBeCloseTo(380, 5)
    expect((east - west) / (south - north)).toBeCloseTo(Math.cos((24.1 * Math.PI) / 180), 5)
    expect(west).toBeGreaterThan(20)
    expect(path(square(106, 24, 0.1))).toMatch(/^M[\d.]+ [\d.]+(L[\d.]+ [\d.]+){4}Z$/)
  })

  it('survives a single point', () => {
    const { project } = fitProjection({ west: 106, south: 24, east: 106, north: 24 }, 100, 100, 10)
    expect(project(106, 24)).toEqual([50, 50])
  })

  it('finds the middle of an area', () => {
    const middle = centroid(square(106, 24, 0.2))
    expect(middle?.lng).toBeCloseTo(106.1, 6)
    expect(middle?.lat).toBeCloseTo(24.1, 6)
  })

  it('leaves out a name that would cover another', () => {
    const at = (id: string, x: number, y: number) => ({ id, text: '柳河村', x, y })
    expect(placeLabels([at('a', 100, 100), at('b', 110, 105), at('c', 100, 140)], 16).map((label) => label.id)).toEqual(['a', 'c'])
  })
})

describe('grid index', () => {
  const index = new GridIndex(tree)

  it('walks the tree', () => {
    expect(index.pathTo('village').map((node) => node.id)).toEqual(['county', 'town', 'village'])
    expect(index.get('nowhere')).toBeNull()
    expect(index.middleOf('village')?.lng).toBeCloseTo(106.05, 6)
    expect(index.middleOf('bare')).toEqual({ lng: 106.2, lat: 24.2 })
  })

  it('counts active grids by level', () => {
    expect(countWords(index.countBelow('county'))).toEqual(['1 乡镇', '2 村'])
    expect(countWords(new Map([[2, 8], [3, 98], [4, 120], [5, 741]]))).toEqual(['8 乡镇', '98 村', '741 个五级网格'])
  })
})

describe('points', () => {
  const index = new GridIndex(tree)
  const projection = fitProjection({ west: 106, south: 24, east: 106.1, north: 24.1 }, 400, 400, 10)

  it('stands a ticket without a place near its grid, always at the same spot', () => {
    const [first] = mapPoints([ticket({ ticket_id: 'a' })], index, projection)
    const [again] = mapPoints([ticket({ ticket_id: 'a' })], index, projection)
    const [other] = mapPoints([ticket({ ticket_id: 'b' })], index, projection)
    expect(first).toEqual(again)
    expect(other?.x === first?.x && other?.y === first?.y).toBe(false)
    expect(Math.hypot((first?.x ?? 0) - 200, (first?.y ?? 0) - 200)).toBeLessThanOrEqual(16)
  })

  it('leaves out a ticket of an unknown grid and marks the escalated', () => {
    expect(mapPoints([ticket({ grid_id: 'nowhere' })], index, projection)).toEqual([])
    expect(isAlarm(ticket({ escalated: true }))).toBe(true)
    expect(isAlarm(ticket({ escalated: true, state: 'accepted' }))).toBe(false)
  })
})
