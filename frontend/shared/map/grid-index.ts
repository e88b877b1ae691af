import type { GridNode } from '@/shared/api/types'
import { centroid } from './projection'

/** Looks up grids of a loaded tree. */
export class GridIndex {
  readonly root: GridNode
  private readonly nodes = new Map<string, GridNode>()

  constructor(root: GridNode) {
    this.root = root
    this.add(root)
  }

  private add(node: GridNode): void {
    this.nodes.set(node.id, node)
    for (const child of node.children ?? []) this.add(child)
  }

  get(id: string): GridNode | null {
    return this.nodes.get(id) ?? null
  }

  /** From the root of the tree down to the grid itself. */
  pathTo(id: string): GridNode[] {
    const path: GridNode[] = []
    for (let node = this.get(id); node; node = node.parent_id === null ? null : this.get(node.parent_id)) path.unshift(node)
    return path
  }

  /** How many active grids of each level lie below the given one. */
  countBelow(id: string): Map<number, number> {
    const counts = new Map<number, number>()
    const visit = (node: GridNode): void => {
      for (const child of node.children ?? []) {
        if (child.status === 'active') counts.set(child.level, (counts.get(child.level) ?? 0) + 1)
        visit(child)
      }
    }
    const start = this.get(id)
    if (start) visit(start)
    return counts
  }

  /** Where a grid stands on the map, if anything is known about its place. */
  middleOf(id: string): { lng: number; lat: number } | null {
    for (let node = this.get(id); node; node = node.parent_id === null ? null : this.get(node.parent_id)) {
      if (node.center) return node.center
      const middle = node.area ? centroid(node.area) : null
      if (middle) return middle
    }
    return null
  }
}

/** "8 乡镇 · 98 村 · 741 个五级网格" */
export function countWords(counts: ReadonlyMap<number, number>): string[] {
  const units: Record<number, string> = { 2: '乡镇', 3: '村', 4: '个四级网格', 5: '个五级网格' }
  return [2, 3, 4, 5].flatMap((level) => {
    const count = counts.get(level)
    // The fourth level is only a step between village and group; with both neighbours present it would crowd the line.
    if (count === undefined || (level === 4 && counts.has(5) && counts.has(3))) return []
    return [`${count} ${units[level] ?? ''}`]
  })
}
