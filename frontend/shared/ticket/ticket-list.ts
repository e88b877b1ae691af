import type { Ticket } from '@/shared/api/types'

export function newestFirst(tickets: readonly Ticket[]): Ticket[] {
  return [...tickets].sort((a, b) => b.submitted_at.localeCompare(a.submitted_at))
}

/** The list with the ticket added or replaced; an older version never overwrites a newer one. */
export function withTicket(tickets: readonly Ticket[], ticket: Ticket): Ticket[] {
  const known = tickets.find((other) => other.id === ticket.id)
  if (!known) return newestFirst([...tickets, ticket])
  if (known.version > ticket.version) return [...tickets]
  return tickets.map((other) => (other.id === ticket.id ? ticket : other))
}

export function withoutTicket(tickets: readonly Ticket[], id: string): Ticket[] {
  return tickets.filter((other) => other.id !== id)
}

/** What must be done first stands first: overdue, then the nearest deadline, then the oldest. */
export function mostUrgentFirst(tickets: readonly Ticket[]): Ticket[] {
  return [...tickets].sort((a, b) => {
    if (a.due_at !== null && b.due_at !== null && a.due_at !== b.due_at) return a.due_at.localeCompare(b.due_at)
    if ((a.due_at === null) !== (b.due_at === null)) return a.due_at === null ? 1 : -1
    return a.submitted_at.localeCompare(b.submitted_at)
  })
}
