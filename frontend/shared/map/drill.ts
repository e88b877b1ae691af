import type { GridNode } from '@/shared/api/types'
import { centroid, fitProjection, boundsOf, placeLabels, type LabelWish } from './projection'

/** One grid opened on a small map: the grids right below it as shapes, and those that have no area of their own. */

export interface DrillShape {
  node: GridNode
  path: string
}

export interface DrillPicture {
  /** the outline of the opened grid; empty when it has none */
  outline: string
  shapes: DrillShape[]
  labels: LabelWish[]
  /** right below, without an area */
  unplaced: GridNode[]
}

export function drill(node: GridNode, width: number, height: number, fontSize: number): DrillPicture {
  const children = (node.children ?? []).filter(({ status }) => status === 'active')
  const placed = children.filter(({ area }) => area !== null)
  const areas = [...(node.area ? [node.area] : []), ...placed.flatMap(({ area }) => (area ? [area] : []))]
  const bounds = boundsOf(areas)
  const unplaced = children.filter(({ area }) => area === null)
  if (bounds === null) return { outline: '', shapes: [], labels: [], unplaced }
  const projection = fitProjection(bounds, width, height, fontSize)
  const wishes = placed.flatMap((child) => {
    const middle = child.area && centroid(child.area)
    if (!middle) return []
    const [x, y] = projection.project(middle.lng, middle.lat)
    return [{ id: child.id, text: child.name, x, y }]
  })
  return {
    outline: node.area ? projection.path(node.area) : '',
    shapes: placed.flatMap((child) => (child.area ? [{ node: child, path: projection.path(child.area) }] : [])),
    labels: placeLabels(wishes, fontSize),
    unplaced,
  }
}

export type Load = 'late' | 'open' | 'calm' | 'unknown'

/** How a grid is coloured; of grids that the reader does not look over nothing is known. */
export function loadOf(node: Pick<GridNode, 'counters'>): Load {
  const counters = node.counters
  if (!counters) return 'unknown'
  if (counters.overdue > 0) return 'late'
  return counters.submitted + counters.accepted > 0 ? 'open' : 'calm'
}

export interface View {
  x: number
  y: number
  scale: number
}

export const wholeView: View = { x: 0, y: 0, scale: 1 }
const mostScale = 8

/** The view after `factor` more, with the point under the fingers where it was; never smaller than the whole, never beside it. */
export function zoomed(view: View, factor: number, at: { x: number; y: number }, size: { width: number; height: number }, most = mostScale): View {
  const scale = Math.min(most, Math.max(1, view.scale * factor))
  const ratio = scale / view.scale
  return kept({ scale, x: at.x - (at.x - view.x) * ratio, y: at.y - (at.y - view.y) * ratio }, size)
}

export const moved = (view: View, dx: number, dy: number, size: { width: number; height: number }): View => kept({ ...view, x: view.x + dx, y: view.y + dy }, size)

function kept(view: View, size: { width: number; height: number }): View {
  const within = (value: number, least: number): number => Math.min(0, Math.max(least, value))
  return { scale: view.scale, x: within(view.x, size.width * (1 - view.scale)), y: within(view.y, size.height * (1 - view.scale)) }
}
