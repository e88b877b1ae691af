import type { TicketQuery } from '@/shared/api/tickets'
import type { MyGrid } from '@/shared/api/types'

const openStates = 'submitted,accepted,completed'

/** More open tickets than one person can work off; the rest comes after a reload. */
const most = 200

/** What somebody has to do in one grid. Also kept for the way by these very words (`kept-sync.ts`). */
export function openLists(grid: MyGrid): TicketQuery[] {
  const own: TicketQuery = { box: 'grid', grid_id: grid.id, state: openStates, limit: most }
  // Nothing is below the last level: nothing is escalated to it, and nothing below it can be taken over.
  if (grid.level >= 5) return [own]
  return [own, { box: 'escalated', grid_id: grid.id, state: openStates, limit: most }, { box: 'mine', grid_id: grid.id, state: 'accepted,completed', limit: most }]
}
