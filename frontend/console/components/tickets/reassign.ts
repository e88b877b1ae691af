import type { GridDetail, GridNode, Staff, Ticket } from '@/shared/api/types'
import { nodeOf, pathTo } from '../fold-tree'

/** How many tickets one call gives to somebody. */
export const mostAtOnce = 200

/** The lowest grid that all these tickets lie in; null: none of this tree. */
export function commonGrid(tree: GridNode, tickets: readonly Ticket[]): GridNode | null {
  const ways = tickets.flatMap((ticket) => {
    const way = pathTo(tree, ticket.grid.id)
    const own = nodeOf(tree, ticket.grid.id)
    return way && own ? [[...way, own]] : []
  })
  const [first, ...others] = ways
  if (!first || ways.length < tickets.length) return null
  const shared = first.filter((node, depth) => others.every((way) => way[depth]?.id === node.id))
  return shared.at(-1) ?? null
}

/** The rule of the server: who serves a ticket's grid, or leads one above it, may get it. */
export function takes(person: Staff, grid: GridDetail, tree: GridNode, ticket: Ticket): boolean {
  if (ticket.grid.id === grid.id) return true
  const node = nodeOf(tree, grid.id)
  return person.duty !== 'worker' && node !== null && nodeOf(node, ticket.grid.id) !== null
}
