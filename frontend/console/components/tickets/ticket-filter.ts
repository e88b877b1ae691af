import type { LocationQuery } from 'vue-router'
import type { TicketQuery } from '@/shared/api/tickets'
import type { Ticket } from '@/shared/api/types'
import { localTime } from '@/shared/format/local-time'

/** What the list of tickets is narrowed to beside the grid; kept in the address, so that a link shows the same. */
export interface TicketFilter {
  /** states with commas; empty: all */
  state: string
  kind: string
  /** days by Beijing's calendar on which they were sent; empty: open */
  from: string
  until: string
  overdue: boolean
  /** in content or number */
  words: string
  /** part of the name of who sent or handles it */
  person: string
}

export const noFilter: TicketFilter = { state: '', kind: '', from: '', until: '', overdue: false, words: '', person: '' }
/** Nobody finished these yet. */
export const openStates = 'submitted,accepted'

export function filterOf(query: LocationQuery): TicketFilter {
  const text = (name: string): string => (typeof query[name] === 'string' ? query[name] : '')
  return { state: text('state'), kind: text('kind'), from: text('from'), until: text('until'), overdue: text('overdue') === 'yes', words: text('words'), person: text('person') }
}

export function addressOf({ overdue, ...texts }: TicketFilter): Record<string, string> {
  return Object.fromEntries(Object.entries({ ...texts, overdue: overdue ? 'yes' : '' }).filter(([, value]) => value !== ''))
}

export function queryOf(filter: TicketFilter): TicketQuery {
  return { state: filter.state, kind: filter.kind, from: filter.from, until: filter.until, q: filter.words.trim(), person: filter.person.trim(), ...(filter.overdue && { overdue: true }) }
}

/** Of what stands under "more", something is chosen. */
export const usesMore = (filter: TicketFilter): boolean => filter.from !== '' || filter.until !== '' || filter.person !== '' || filter.overdue

export const isPeriod = (filter: TicketFilter): boolean => filter.from === '' || filter.until === '' || filter.from <= filter.until

/** Whether a ticket that changed belongs into the list. `unknown`: only the server can tell. */
export function fits(ticket: Ticket, filter: TicketFilter): 'yes' | 'no' | 'unknown' {
  const day = localTime(ticket.submitted_at).slice(0, 10)
  const known = [
    filter.state === '' || filter.state.split(',').includes(ticket.state),
    filter.kind === '' || ticket.kind === filter.kind,
    filter.from === '' || filter.from <= day,
    filter.until === '' || day <= filter.until,
    !filter.overdue || ticket.overdue,
  ]
  if (known.includes(false)) return 'no'
  return filter.words.trim() === '' && filter.person.trim() === '' ? 'yes' : 'unknown'
}
