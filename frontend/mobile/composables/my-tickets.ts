import { computed, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { describeProblem } from '@/shared/api/problem'
import { fetchTicket, fetchTickets } from '@/shared/api/tickets'
import type { Ticket, TicketState } from '@/shared/api/types'
import { parseTicketEvent } from '@/shared/live/ticket-events'
import { useLiveTopic } from '@/shared/live/use-live'
import { useSession } from '@/shared/session/session'
import { newestFirst, withTicket } from '@/shared/ticket/ticket-list'

/** The resident's own tickets, kept current by the inbox topic. */
export interface MyTickets {
  tickets: ShallowRef<Ticket[] | null>
  message: Ref<string>
  groups: ComputedRef<Record<TicketState, Ticket[]>>
  reload: () => Promise<void>
}

export function useMyTickets(): MyTickets {
  const session = useSession()
  const tickets = shallowRef<Ticket[] | null>(null)
  const message = ref('')
  const groups = computed(() => {
    const byState: Record<TicketState, Ticket[]> = { submitted: [], accepted: [], completed: [], rated: [], withdrawn: [] }
    for (const ticket of tickets.value ?? []) byState[ticket.state].push(ticket)
    return byState
  })

  watch(session.phase, (phase) => void (phase === 'signed-in' ? reload() : (tickets.value = null)), { immediate: true })
  useLiveTopic(() => (session.phase.value === 'signed-in' ? 'inbox' : null), {
    onEvent: (event) => {
      const change = parseTicketEvent(event)
      if (change) void refresh(change.ticketId)
    },
    onSnapshot: (_state, cause) => {
      if (cause === 'reset') void reload()
    },
  })
  return { tickets, message, groups, reload }

  async function reload(): Promise<void> {
    try {
      const { items } = await fetchTickets({ box: 'mine', limit: 100 })
      tickets.value = newestFirst(items.filter(isOwn))
      message.value = ''
    } catch (error) {
      message.value = describeProblem(error)
    }
  }

  /** For staff the box and the inbox also hold the tickets they work on. */
  function isOwn(ticket: Ticket): boolean {
    return ticket.submitter.id === session.me.value?.id
  }

  async function refresh(id: string): Promise<void> {
    try {
      const ticket = await fetchTicket(id)
      if (isOwn(ticket)) tickets.value = withTicket(tickets.value ?? [], ticket)
    } catch {
      // The next event or reload brings it.
    }
  }
}
