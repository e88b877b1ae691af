import { describe, expect, test } from 'vitest'
import type { PolygonArea } from '@/shared/api/types'
import { added, areaOf, begun, canClose, centred, closed, countOf, done, draftOf, emptyDraft, inserted, kept, middleOf, moved, redone, removed, undone, type Draft, type Position } from './draft'
import { readGeoJson } from './geojson'
import { nearestOnEdge, snapped, type Corner } from './geometry'

const square = (west: number, south: number, side: number): number[][] => [
  [west, south],
  [west + side, south],
  [west + side, south + side],
  [west, south + side],
  [west, south],
]
const area: PolygonArea = { type: 'Polygon', coordinates: [square(106, 24, 4), square(107, 25, 1)] }
const drawn = (...points: Position[]): Draft => points.reduce(added, emptyDraft)

describe('a draft', () => {
  test('becomes the same polygon again, holes too', () => {
    const draft = draftOf(area, { lng: 106.5, lat: 24.5 })
    expect([countOf(draft), draft.closed, draft.center]).toEqual([8, true, [106.5, 24.5]])
    expect(areaOf(draft)).toEqual(area)
    // Whoever leaves the first point out at the end means the same.
    expect(areaOf(draftOf({ type: 'Polygon', coordinates: [square(106, 24, 4).slice(0, 4)] }, null))).toEqual({ type: 'Polygon', coordinates: [square(106, 24, 4)] })
    expect(areaOf(draftOf(null, null))).toBeNull()
  })

  test('is a polygon once three points are closed', () => {
    const two = drawn([0, 0], [1, 0])
    expect([canClose(two), closed(two), areaOf(two)]).toEqual([false, two, null])
    const three = added(two, [1, 1])
    expect([canClose(three), areaOf(three)]).toEqual([true, null])
    expect(areaOf(closed(three))).toEqual({ type: 'Polygon', coordinates: [[[0, 0], [1, 0], [1, 1], [0, 0]]] })
    expect(canClose(closed(three))).toBe(false)
  })

  test('moves, inserts and removes points without touching others', () => {
    const before = closed(drawn([0, 0], [4, 0], [4, 4], [0, 4]))
    expect(moved(before, { ring: 0, index: 2 }, [5, 5]).rings).toEqual([[[0, 0], [4, 0], [5, 5], [0, 4]]])
    expect(inserted(before, { ring: 0, index: 3 }, [0, 2]).rings).toEqual([[[0, 0], [4, 0], [4, 4], [0, 4], [0, 2]]])
    expect(inserted(before, { ring: 0, index: 0 }, [2, 0]).rings[0]?.[1]).toEqual([2, 0])
    expect(removed(before, { ring: 0, index: 0 }).rings).toEqual([[[4, 0], [4, 4], [0, 4]]])
    expect(before.rings).toEqual([[[0, 0], [4, 0], [4, 4], [0, 4]]])
    for (const nowhere of [{ ring: 3, index: 0 }, { ring: 0, index: 9 }]) expect(removed(before, nowhere)).toBe(before)
  })

  test('keeps three points of its border; a hole of three goes wholly', () => {
    const triangle = closed(drawn([0, 0], [4, 0], [4, 4]))
    expect(removed(triangle, { ring: 0, index: 1 })).toBe(triangle)
    expect(removed(drawn([0, 0], [4, 0]), { ring: 0, index: 1 }).rings).toEqual([[[0, 0]]])
    const holed = draftOf({ type: 'Polygon', coordinates: [square(0, 0, 9), [[1, 1], [2, 1], [2, 2], [1, 1]]] }, null)
    expect(removed(holed, { ring: 1, index: 0 }).rings).toHaveLength(1)
    const four = draftOf(area, null)
    expect(removed(four, { ring: 1, index: 0 }).rings[1]).toHaveLength(3)
  })

  test('has its middle, and keeps places within the earth to a centimetre', () => {
    expect(middleOf(closed(drawn([0, 0], [4, 0], [4, 4], [0, 4])))).toEqual([2, 2])
    expect(middleOf(emptyDraft)).toBeNull()
    expect(kept(106.123456789, 24.000000049)).toEqual([106.1234568, 24])
    expect(kept(190, -91)).toEqual([180, -90])
  })

  test('goes back and forth, and forgets what was undone once something new is done', () => {
    const first = begun(emptyDraft)
    const second = done(first, added(first.now, [1, 1]))
    const third = done(second, centred(second.now, [2, 2]))
    expect(done(third, third.now)).toBe(third)
    const back = undone(undone(third))
    expect([back.now, back.past.length, back.future.length]).toEqual([emptyDraft, 0, 2])
    expect(undone(back)).toBe(back)
    expect(redone(redone(back)).now).toBe(third.now)
    expect(redone(third)).toBe(third)
    const other = done(undone(third), added(second.now, [3, 3]))
    expect(redone(other)).toBe(other)
    let long = first
    for (let step = 0; step < 300; step += 1) long = done(long, added(long.now, [step, 0]))
    expect([long.past.length, countOf(long.now)]).toEqual([200, 300])
  })
})

describe('pointing', () => {
  test('an edge is hit where it is nearest, never beyond its ends', () => {
    const [a, b] = [{ x: 0, y: 0 }, { x: 10, y: 0 }]
    expect(nearestOnEdge({ x: 4, y: 3 }, a, b)).toEqual({ x: 4, y: 0 })
    expect(nearestOnEdge({ x: -4, y: 3 }, a, b)).toEqual(a)
    expect(nearestOnEdge({ x: 14, y: 3 }, a, b)).toEqual(b)
    expect(nearestOnEdge({ x: 4, y: 3 }, a, a)).toEqual(a)
  })

  test('the nearest corner within reach is meant', () => {
    const corner = (x: number, y: number): Corner => ({ x, y, at: [x / 10, y / 10] })
    const corners = [corner(0, 0), corner(8, 0), corner(40, 0), corner(0, 40)]
    expect(snapped({ x: 5, y: 1 }, corners, 10)).toBe(corners[1])
    expect(snapped({ x: 50, y: 0 }, corners, 10)).toBe(corners[2])
    expect(snapped({ x: 8, y: 48.1 }, corners, 10)).toBeNull()
    expect(snapped({ x: 0, y: 0 }, [], 10)).toBeNull()
  })
})

describe('GeoJSON', () => {
  const polygon = { type: 'Polygon', coordinates: [square(106, 24, 1)] }
  test.each([
    ['a polygon', polygon],
    ['a feature', { type: 'Feature', properties: {}, geometry: polygon }],
    ['a collection of one', { type: 'FeatureCollection', features: [{ type: 'Feature', geometry: polygon }] }],
    ['a multipolygon of one', { type: 'MultiPolygon', coordinates: [polygon.coordinates] }],
    ['one with heights and a repeated point', { type: 'Polygon', coordinates: [[[106, 24, 5], [106, 24, 5], ...square(106, 24, 1).slice(1)]] }],
    ['one that is not closed', { type: 'Polygon', coordinates: [square(106, 24, 1).slice(0, 4)] }],
  ])('is read from %s', (_, json) => {
    expect(readGeoJson(JSON.stringify(json))).toEqual({ area: polygon, error: null })
  })

  test.each([
    ['', '请粘贴'],
    ['{', '不是有效的 JSON'],
    ['[1]', '没有找到 GeoJSON 图形'],
    ['{"type":"Point","coordinates":[1,2]}', '需要面（Polygon），内容是 Point'],
    ['{}', '未知类型'],
    ['{"type":"Feature","geometry":null}', '没有图形'],
    ['{"type":"FeatureCollection","features":[1,2]}', '有 2 个要素'],
    ['{"type":"FeatureCollection"}', '有 0 个要素'],
    [JSON.stringify({ type: 'MultiPolygon', coordinates: [polygon.coordinates, polygon.coordinates] }), '由 2 块组成'],
    ['{"type":"Polygon","coordinates":[]}', '没有外边界'],
    ['{"type":"Polygon","coordinates":[7]}', '外边界不是一列坐标'],
    ['{"type":"Polygon","coordinates":[[[106,24],["x",1],[1,1]]]}', '外边界的第 2 个点不是 [经度, 纬度]'],
    ['{"type":"Polygon","coordinates":[[[36500000,2700000],[1,1],[2,2]]]}', '超出经纬度范围'],
    ['{"type":"Polygon","coordinates":[[[1,1],[2,2],[1,1]]]}', '外边界的点太少'],
    [JSON.stringify({ type: 'Polygon', coordinates: [square(106, 24, 1), [[1, 1]]] }), '第 1 个空洞的点太少'],
    [JSON.stringify({ type: 'Polygon', coordinates: [Array.from({ length: 5001 }, (_, at) => [at / 100, at % 7])] }), '最多 5000 个'],
  ])('%.60s is refused in words', (text, words) => {
    const read = readGeoJson(text)
    expect(read.area).toBeNull()
    expect(read.error).toContain(words)
  })
})
