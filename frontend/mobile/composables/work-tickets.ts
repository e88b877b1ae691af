import { computed, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { describeProblem } from '@/shared/api/problem'
import { fetchTicket, fetchTickets } from '@/shared/api/tickets'
import type { MyGrid, Ticket } from '@/shared/api/types'
import { parseTicketEvent } from '@/shared/live/ticket-events'
import { useLiveTopic } from '@/shared/live/use-live'
import { useSession } from '@/shared/session/session'
import { whenBack } from './away'
import { openLists } from './open-lists'
import { mostUrgentFirst, newestFirst, withoutTicket, withTicket } from '@/shared/ticket/ticket-list'

/** What a worker has to do in one grid: its own tickets and those escalated to the worker's level. */
export interface WorkTickets {
  tickets: ShallowRef<Ticket[] | null>
  done: ShallowRef<Ticket[] | null>
  message: Ref<string>
  waiting: ComputedRef<Ticket[]>
  underWay: ComputedRef<Ticket[]>
  toBeRated: ComputedRef<Ticket[]>
  reload: () => Promise<void>
  loadDone: () => Promise<void>
  put: (ticket: Ticket) => void
}

export function useWorkTickets(grid: () => MyGrid | null, onArrival: (ticket: Ticket) => void): WorkTickets {
  const session = useSession()
  const tickets = shallowRef<Ticket[] | null>(null)
  const done = shallowRef<Ticket[] | null>(null)
  const message = ref('')
  /** Answers of an earlier grid must not land in the list of the chosen one. */
  let generation = 0

  watch(() => grid()?.id, () => void startOver(), { immediate: true })
  whenBack(() => Promise.all([reload(), done.value && loadDone()]))
  useLiveTopic(() => (grid() ? `grid:${grid()?.id ?? ''}` : null), {
    onSnapshot: (_state, cause) => {
      if (cause === 'reset') void reload()
    },
    onEvent: (event) => {
      const change = parseTicketEvent(event)
      if (change) void refresh(change.ticketId)
    },
  })
  useLiveTopic(() => (session.phase.value === 'signed-in' ? 'inbox' : null), {
    onEvent: (event) => {
      const change = parseTicketEvent(event)
      if (change) void refresh(change.ticketId)
    },
  })

  const inState = (state: string): Ticket[] => (tickets.value ?? []).filter((ticket) => ticket.state === state)
  return {
    tickets,
    done,
    message,
    waiting: computed(() => mostUrgentFirst(inState('submitted'))),
    underWay: computed(() => mostUrgentFirst(inState('accepted'))),
    toBeRated: computed(() => newestFirst(inState('completed'))),
    reload,
    loadDone,
    put,
  }

  async function startOver(): Promise<void> {
    generation += 1
    tickets.value = null
    done.value = null
    await reload()
  }

  async function reload(): Promise<void> {
    const chosen = grid()
    if (!chosen) return
    const asked = generation
    try {
      const lists = await Promise.all(openLists(chosen).map(fetchTickets))
      if (asked !== generation) return
      let all: Ticket[] = []
      for (const ticket of lists.flatMap((list) => list.items).filter(isMine)) all = withTicket(all, ticket)
      tickets.value = all
      message.value = ''
    } catch (error) {
      if (asked === generation) message.value = describeProblem(error)
    }
  }

  async function loadDone(): Promise<void> {
    const chosen = grid()
    if (!chosen) return
    const asked = generation
    try {
      const page = await fetchTickets({ box: 'grid', grid_id: chosen.id, state: 'rated', limit: 50 })
      if (asked === generation) done.value = newestFirst(page.items)
    } catch (error) {
      if (asked === generation) message.value = describeProblem(error)
    }
  }

  async function refresh(id: string): Promise<void> {
    const asked = generation
    const ticket = await fetchTicket(id).catch(() => null)
    if (asked !== generation) return
    if (!ticket) {
      tickets.value = withoutTicket(tickets.value ?? [], id)
      return
    }
    const isNew = ticket.state === 'submitted' && tickets.value !== null && !tickets.value.some((other) => other.id === id)
    put(ticket)
    if (isNew && isMine(ticket)) onArrival(ticket)
  }

  function put(ticket: Ticket): void {
    if (tickets.value === null) return
    tickets.value = isMine(ticket) ? withTicket(tickets.value, ticket) : withoutTicket(tickets.value, ticket.id)
    if (done.value !== null && ticket.state === 'rated') done.value = withTicket(done.value, ticket)
  }

  function isMine(ticket: Ticket): boolean {
    const chosen = grid()
    if (!chosen || ticket.state === 'withdrawn') return false
    return ticket.grid.id === chosen.id || ticket.handler?.id === session.me.value?.id || ticket.handling_level === chosen.level
  }
}
