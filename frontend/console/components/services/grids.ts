import type { GridNode } from '@/shared/api/types'

export interface GridChoice {
  id: string
  /** indented by its level */
  title: string
}

/** The grids of a tree as the lines of a select. */
export function gridChoices(root: GridNode): GridChoice[] {
  const found: GridChoice[] = []
  const visit = (node: GridNode, depth: number): void => {
    found.push({ id: node.id, title: `${'　'.repeat(depth)}${node.name}` })
    for (const child of node.children ?? []) visit(child, depth + 1)
  }
  visit(root, 0)
  return found
}
