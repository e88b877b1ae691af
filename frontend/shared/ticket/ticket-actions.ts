import { ref, type Ref } from 'vue'
import { ApiProblem, describeProblem } from '@/shared/api/problem'
import { fetchTicket } from '@/shared/api/tickets'
import type { Ticket } from '@/shared/api/types'
import { toast } from '@/shared/components/toasts'

/** The server says what the reader may do with a ticket now; actions are named as in the addresses. */
export function may(ticket: Pick<Ticket, 'actions'>, action: string): boolean {
  return ticket.actions.includes(action)
}

export interface ActionRunner {
  busy: Ref<boolean>
  /** Runs one change; true when it was done. */
  run: (ticket: Ticket, change: () => Promise<Ticket>, success: (after: Ticket) => string) => Promise<boolean>
}

/** Somebody else may have been faster: then the newest state is fetched and the page says who. */
export function useTicketActions(onChanged: (ticket: Ticket) => void): ActionRunner {
  const busy = ref(false)
  return { busy, run }

  async function run(ticket: Ticket, change: () => Promise<Ticket>, success: (after: Ticket) => string): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    try {
      const after = await change()
      onChanged(after)
      toast(success(after), 'good')
      return true
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 409) await explainConflict(ticket, error)
      else toast(describeProblem(error), 'bad')
      return false
    } finally {
      busy.value = false
    }
  }

  async function explainConflict(ticket: Ticket, problem: ApiProblem): Promise<void> {
    const newest = await fetchTicket(ticket.id).catch(() => null)
    if (newest) onChanged(newest)
    const winner = newest?.handler?.name
    if (problem.code === 'ticket.already_accepted' && winner) toast(`慢了一步，这条诉求已由 ${winner} 接单。`, 'bad')
    else toast(describeProblem(problem), 'bad')
  }
}
