import type { PolygonArea } from '@/shared/api/types'
import { mostPositions, openRing, same } from './draft'

/** What somebody pasted or uploaded: the polygon, or why it is none. */
export type Read = { area: PolygonArea; error: null } | { area: null; error: string }

const wrong = (error: string): Read => ({ area: null, error })
const leastOfRing = 3

/** Reads GeoJSON: a polygon, a feature with one, a collection of one feature, or a multipolygon of one part. */
export function readGeoJson(text: string): Read {
  if (text.trim() === '') return wrong('请粘贴 GeoJSON 内容或选择文件')
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return wrong('内容不是有效的 JSON，请检查是否复制完整')
  }
  return readGeometry(json)
}

function readGeometry(json: unknown): Read {
  if (!isRecord(json)) return wrong('没有找到 GeoJSON 图形')
  const parts = Array.isArray(json['coordinates']) ? json['coordinates'] : []
  switch (json['type']) {
    case 'Feature':
      return json['geometry'] ? readGeometry(json['geometry']) : wrong('这个要素（Feature）没有图形')
    case 'FeatureCollection': {
      const features: unknown[] = Array.isArray(json['features']) ? json['features'] : []
      return features.length === 1 ? readGeometry(features[0]) : wrong(`文件里有 ${features.length} 个要素，请只保留这个网格的一个`)
    }
    case 'MultiPolygon':
      return parts.length === 1 ? readPolygon(parts[0]) : wrong(`图形由 ${parts.length} 块组成，一个网格只能是一块；飞地请单独建网格`)
    case 'Polygon':
      return readPolygon(parts)
    default:
      return wrong(`需要面（Polygon），内容是 ${typeof json['type'] === 'string' ? json['type'] : '未知类型'}`)
  }
}

function readPolygon(rings: unknown): Read {
  if (!Array.isArray(rings) || rings.length === 0) return wrong('图形没有外边界')
  const coordinates: number[][][] = []
  let count = 0
  for (const [index, ring] of rings.entries()) {
    const name = index === 0 ? '外边界' : `第 ${index} 个空洞`
    if (!Array.isArray(ring)) return wrong(`${name}不是一列坐标`)
    const points: number[][] = []
    for (const [place, position] of ring.entries()) {
      const [lng, lat]: unknown[] = Array.isArray(position) ? position : []
      if (typeof lng !== 'number' || typeof lat !== 'number') return wrong(`${name}的第 ${place + 1} 个点不是 [经度, 纬度]`)
      if (Math.abs(lng) > 180 || Math.abs(lat) > 90) {
        return wrong(`${name}的第 ${place + 1} 个点（${lng}, ${lat}）超出经纬度范围，请确认是经纬度坐标，经度在前，不是投影坐标`)
      }
      points.push([lng, lat])
    }
    const open = openRing(points).filter((point, place, all) => place === 0 || !same(point, all[place - 1] ?? point))
    if (open.length < leastOfRing) return wrong(`${name}的点太少，至少需要三个不同的点`)
    count += open.length + 1
    coordinates.push([...open, ...open.slice(0, 1)].map(([lng, lat]) => [lng, lat]))
  }
  if (count > mostPositions) return wrong(`图形有 ${count} 个点，最多 ${mostPositions} 个，请先简化`)
  return { area: { type: 'Polygon', coordinates }, error: null }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
