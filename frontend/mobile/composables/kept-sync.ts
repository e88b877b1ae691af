import { watch } from 'vue'
import { addressOf } from '@/shared/api/client'
import { fetchMe } from '@/shared/api/auth'
import { fetchGrid, fetchTree } from '@/shared/api/grids'
import { fetchRecords } from '@/shared/api/services'
import { fetchDue, fetchTickets, fetchTimeline } from '@/shared/api/tickets'
import type { Me, Ticket } from '@/shared/api/types'
import { keptOwner, ownKept } from '@/shared/session/kept-owner'
import { useSession } from '@/shared/session/session'
import { away } from './away'
import { kept } from './kept-reading'
import { openLists } from './open-lists'

/** Reads what a worker may need on the way, so that it is kept (`kept-reading.ts`): after a while, again and again. */

const everyMs = 10 * 60_000
/** A county's map weighs more than everything else together, and changes seldom. */
const mapEveryMs = 24 * 3600_000
const mostDetails = 50
const mostGrids = 5

let last = 0
let running = false

export function startSync(): void {
  void sync()
  const again = (): void => {
    if (document.visibilityState === 'visible' && Date.now() - last > everyMs) void sync()
  }
  document.addEventListener('visibilitychange', again)
  setInterval(again, 60_000)
  watch(away, (now, before) => now === null && before !== null && void sync())
  watch(() => useSession().me.value?.id, () => void sync())
}

export async function sync(): Promise<void> {
  if (running || !navigator.onLine || useSession().me.value?.kind !== 'staff') return
  running = true
  try {
    // Asked anew: somebody else may have signed in since, in another tab.
    const me = await fetchMe()
    // The answer may have been a kept one.
    if (away.value || me.kind !== 'staff' || me.must_change_password || me.id !== useSession().me.value?.id) return
    if (keptOwner() === null && !ownKept(me.id)) return
    await readAll(me)
    await kept.prune()
    last = Date.now()
  } catch {
    // The next one brings it; what is kept says how old it is.
  } finally {
    running = false
  }
}

async function readAll(me: Me): Promise<void> {
  // Kept only now that the phone knows whose it is.
  await kept.keep(addressOf('/auth/me'), me)
  const grids = [...me.grids].sort((a, b) => a.level - b.level).slice(0, mostGrids)
  const tickets = new Map<string, Ticket>()
  for (const grid of grids) {
    for (const query of openLists(grid)) for (const ticket of (await fetchTickets(query)).items) tickets.set(ticket.id, ticket)
    await fetchGrid(grid.id)
  }
  const top = grids[0]
  if (top && top.level < 5) {
    await fetchTree(top.id, 1)
    for (const state of ['submitted', 'accepted']) await fetchTickets({ box: 'subtree', grid_id: top.id, state, limit: 50 })
  }
  const own = [...tickets.values()].filter((ticket) => ticket.state === 'accepted' && ticket.handler?.id === me.id)
  for (const { id } of own.slice(0, mostDetails)) await readDetails(id, tickets.get(id)?.version ?? 0)
  if (grids.length > 0) await fetchRecords({ box: 'mine', limit: 20 })
  if (top) await readMap(top.id)
}

/** The versions whose story and limit were read since this page was opened. */
const readVersions = new Map<string, number>()

async function readDetails(id: string, version: number): Promise<void> {
  if (readVersions.get(id) === version) return
  await Promise.all([fetchTimeline(id), fetchDue(id)])
  readVersions.set(id, version)
}

/** As 网格地图 asks for it. */
async function readMap(gridId: string): Promise<void> {
  const detail = await fetchGrid(gridId)
  const root = detail.ancestors[0]?.id ?? gridId
  const above = detail.ancestors[detail.ancestors.length - 1]
  if (above && detail.level >= 5) await fetchGrid(above.id)
  const known = await kept.find(addressOf('/grids/tree', { root }))
  if (!known || Math.abs(Date.now() - known.keptAt) > mapEveryMs) await fetchTree(root)
}
