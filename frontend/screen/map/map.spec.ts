import { describe, expect, it } from 'vitest'
import type { BoardTicket, GridNode, PolygonArea } from '@/shared/api/types'
import { countWords, GridIndex } from '@/shared/map/grid-index'
import { areaByGrid, areasOf, loadsOf, rankedAreas } from './areas'
import { emsOf, isInside, placeLabels as placeNames, type LabelWish, type Spot } from './labels'
import { changesBetween, isAlarm, mapPoints, pointScale, type MapPoint } from './points'
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

describe('areas', () => {
  const county = tree

  it('counts open requests in the area that holds them, however deep', () => {
    const areaOf = areaByGrid(county)
    expect([areaOf.get('village'), areaOf.get('town'), areaOf.get('county'), areaOf.get('nowhere')]).toEqual(['town', 'town', 'county', undefined])
    const loads = loadsOf([ticket({}), ticket({ state: 'accepted', overdue: true }), ticket({ grid_id: 'nowhere' }), ticket({ grid_id: 'county' })], areaOf)
    expect(loads.get('town')).toEqual({ submitted: 1, accepted: 1, overdue: 1 })
    expect(loads.get('county')).toEqual({ submitted: 1, accepted: 0, overdue: 0 })
    expect(loads.size).toBe(2)
  })

  it('are the active ones below, or the grid itself', () => {
    expect(areasOf(county).map(({ id }) => id)).toEqual(['town'])
    const leaf = grid('leaf', 5, 'village')
    expect(areasOf(leaf)).toEqual([leaf])
    expect(areaByGrid(leaf)).toEqual(new Map([['leaf', 'leaf']]))
  })

  it('rank what is late first, then what is most', () => {
    const whole = grid('whole', 1, null, { children: ['a', 'b', 'c', 'd'].map((id) => grid(id, 2, 'whole')) })
    const loads = new Map([
      ['b', { submitted: 9, accepted: 9, overdue: 0 }],
      ['c', { submitted: 0, accepted: 1, overdue: 1 }],
    ])
    expect(rankedAreas(whole, loads).map(({ id }) => id)).toEqual(['c', 'b', 'a', 'd'])
  })
})

describe('names of areas', () => {
  const ring = (left: number, top: number, side: number): Spot[] => [[left, top], [left + side, top], [left + side, top + side], [left, top + side]]
  const wish = (id: string, left: number, extra: Partial<LabelWish> = {}): LabelWish => ({ id, ring: ring(left, 0, 200), middle: [left + 100, 100], width: 60, height: 40, leastHeight: 20, ...extra })

  it('stand in the middle where nothing is in their way', () => {
    expect(placeNames([wish('a', 0)], [], 400, 200)).toEqual([{ id: 'a', x: 100, y: 100, brief: false }])
  })

  it('make room for a dense crowd of points, inside their area', () => {
    const crowd = Array.from({ length: 50 }, (_, index) => ({ x: 90 + (index % 7) * 3, y: 90 + (index % 5) * 4 }))
    const [label] = placeNames([wish('a', 0)], crowd, 400, 200)
    if (!label) throw new Error('no label')
    const covered = crowd.filter(({ x, y }) => Math.abs(x - label.x) < 30 && Math.abs(y - label.y) < 20)
    expect(covered).toEqual([])
    expect(isInside([label.x, label.y], ring(0, 0, 200))).toBe(true)
  })

  it('never cover each other, become brief where it is narrow, and are left out where there is no room', () => {
    const narrow = { ring: [] as Spot[], width: 60 }
    const labels = placeNames([wish('a', 0, narrow), wish('b', 0, { ...narrow, middle: [100, 134] }), wish('c', 0, { ...narrow, middle: [101, 101] })], [], 400, 200)
    expect(labels.map(({ id, brief }) => [id, brief])).toEqual([['a', false], ['b', true]])
  })

  it('never stand outside the picture', () => {
    expect(placeNames([wish('a', 0, { ring: [], middle: [2, 199] })], [], 400, 200)).toEqual([{ id: 'a', x: 30, y: 180, brief: false }])
  })

  it('measure text in ems', () => {
    expect(emsOf('云溪镇')).toBe(3)
    expect(emsOf('12 件')).toBeCloseTo(2.8, 9)
  })
})

describe('what changes between two pictures', () => {
  const point = (id: string, fields: Partial<MapPoint> = {}): MapPoint => ({ id, x: 1, y: 1, tone: 'submitted', ...fields })
  const picture = (...points: MapPoint[]): Map<string, MapPoint> => new Map(points.map((one) => [one.id, one]))

  it('names who comes, goes and turns, and nobody else', () => {
    const changes = changesBetween(picture(point('stays'), point('goes'), point('turns'), point('moves')), picture(point('stays'), point('turns', { tone: 'accepted' }), point('moves', { x: 2 }), point('comes')))
    expect(changes.map(({ point: { id }, kind }) => [id, kind])).toEqual([['turns', 'turns'], ['moves', 'arrives'], ['comes', 'arrives'], ['goes', 'leaves']])
  })

  it('makes points smaller where there are many, and never too small to see', () => {
    expect([pointScale(0), pointScale(200)]).toEqual([1, 1])
    expect(pointScale(880)).toBeCloseTo(0.5, 2)
    expect(pointScale(100_000)).toBe(0.45)
  })
})
