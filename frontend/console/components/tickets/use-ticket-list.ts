import { computed, onScopeDispose, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { describeProblem } from '@/shared/api/problem'
import { fetchTicket, fetchTickets, type TicketQuery } from '@/shared/api/tickets'
import type { Ticket } from '@/shared/api/types'
import { parseTicketEvent } from '@/shared/live/ticket-events'
import { useLiveTopic } from '@/shared/live/use-live'
import { newestFirst, withoutTicket, withTicket } from '@/shared/ticket/ticket-list'
import { fits, queryOf, type TicketFilter } from './ticket-filter'

const pageSize = 50
const freshMs = 2500

export interface TicketList {
  /** null: they are on their way */
  tickets: ShallowRef<Ticket[] | null>
  message: Ref<string>
  hasMore: ComputedRef<boolean>
  loadingMore: Ref<boolean>
  /** Rows that just changed are marked for a moment. */
  fresh: Ref<Set<string>>
  query: () => TicketQuery
  load: () => Promise<void>
  loadMore: () => Promise<void>
  /** Takes over a ticket that changed. */
  put: (ticket: Ticket) => void
}

/** The tickets of a grid's subtree that a filter lets through, page by page, kept up to date by the live channel. */
export function useTicketList(gridId: () => string, filter: () => TicketFilter): TicketList {
  const tickets = shallowRef<Ticket[] | null>(null)
  const cursor = ref<string | null>(null)
  const message = ref('')
  const loadingMore = ref(false)
  const fresh = ref(new Set<string>())
  let generation = 0
  const timers = new Set<ReturnType<typeof setTimeout>>()
  onScopeDispose(() => timers.forEach(clearTimeout))

  const query = (): TicketQuery => ({ box: 'subtree', grid_id: gridId(), ...queryOf(filter()) })

  useLiveTopic(() => `grid:${gridId()}`, {
    onEvent: (event) => {
      const change = parseTicketEvent(event)
      if (change) void refresh(change.ticketId)
    },
    onSnapshot: (_state, cause) => {
      if (cause === 'reset') void load()
    },
  })

  async function load(): Promise<void> {
    generation += 1
    const asked = generation
    tickets.value = null
    message.value = ''
    try {
      const page = await fetchTickets({ ...query(), limit: pageSize })
      if (asked !== generation) return
      tickets.value = newestFirst(page.items)
      cursor.value = page.next_cursor
    } catch (error) {
      if (asked === generation) message.value = describeProblem(error)
    }
  }

  async function loadMore(): Promise<void> {
    if (cursor.value === null) return
    const asked = generation
    loadingMore.value = true
    try {
      const page = await fetchTickets({ ...query(), limit: pageSize, cursor: cursor.value })
      if (asked !== generation) return
      tickets.value = page.items.reduce<Ticket[]>(withTicket, tickets.value ?? [])
      cursor.value = page.next_cursor
    } catch (error) {
      message.value = describeProblem(error)
    } finally {
      loadingMore.value = false
    }
  }

  async function refresh(id: string): Promise<void> {
    const asked = generation
    const ticket = await fetchTicket(id).catch(() => null)
    if (!ticket || asked !== generation || tickets.value === null) return
    put(ticket)
    fresh.value.add(id)
    const timer = setTimeout(() => {
      fresh.value.delete(id)
      timers.delete(timer)
    }, freshMs)
    timers.add(timer)
  }

  function put(ticket: Ticket): void {
    if (tickets.value === null) return
    const known = tickets.value.some((other) => other.id === ticket.id)
    const verdict = fits(ticket, filter())
    // Only the server can search; a new ticket is added by itself only where no words are looked for.
    if (verdict === 'yes' || (verdict === 'unknown' && known)) tickets.value = withTicket(tickets.value, ticket)
    else if (verdict === 'no' && known) tickets.value = withoutTicket(tickets.value, ticket.id)
  }

  return { tickets, message, hasMore: computed(() => cursor.value !== null), loadingMore, fresh, query, load, loadMore, put }
}
