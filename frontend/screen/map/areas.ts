import type { BoardTicket, GridNode } from '@/shared/api/types'

/** What is open in each of the areas that a map shows, counted from the open requests themselves. */

export interface AreaLoad {
  submitted: number
  accepted: number
  overdue: number
}

export const noLoad: AreaLoad = { submitted: 0, accepted: 0, overdue: 0 }

/** The areas that a map of the grid shows: those right below it, and a grid without any shows itself. */
export function areasOf(focus: GridNode): readonly GridNode[] {
  const children = (focus.children ?? []).filter((child) => child.status === 'active')
  return children.length > 0 ? children : [focus]
}

/** For every grid of the focus, the area that it lies in; the focus and what lies in none of them stand for themselves. */
export function areaByGrid(focus: GridNode): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const add = (node: GridNode, area: string): void => {
    found.set(node.id, area)
    for (const child of node.children ?? []) add(child, area)
  }
  for (const area of focus.children ?? []) add(area, area.id)
  found.set(focus.id, focus.id)
  return found
}

export function loadsOf(tickets: readonly BoardTicket[], areaOf: ReadonlyMap<string, string>): ReadonlyMap<string, AreaLoad> {
  const loads = new Map<string, AreaLoad>()
  for (const ticket of tickets) {
    const area = areaOf.get(ticket.grid_id)
    if (area === undefined) continue
    const load = loads.get(area) ?? { ...noLoad }
    if (ticket.state === 'submitted') load.submitted += 1
    else load.accepted += 1
    if (ticket.overdue) load.overdue += 1
    loads.set(area, load)
  }
  return loads
}

export const openIn = (load: AreaLoad): number => load.submitted + load.accepted

export interface AreaRow extends AreaLoad {
  id: string
  name: string
}

/** Where something is late stands first, then where most is open; otherwise the order of the areas. */
export function rankedAreas(focus: GridNode, loads: ReadonlyMap<string, AreaLoad>): AreaRow[] {
  const rows = areasOf(focus).map((area) => ({ id: area.id, name: area.name, ...(loads.get(area.id) ?? noLoad) }))
  return rows.sort((a, b) => b.overdue - a.overdue || openIn(b) - openIn(a))
}
