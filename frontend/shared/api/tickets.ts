import { get, post } from './client'
import type { Contact, GridRef, NewTicket, Page, Ticket, TicketKind, TimelineItem } from './types'

export interface TicketQuery {
  box?: 'mine' | 'grid' | 'subtree' | 'escalated'
  /** one state, or several with commas */
  state?: string
  kind?: string
  grid_id?: string
  q?: string
  limit?: number
  cursor?: string
}

/** As it comes: a ticket may outlive its grid. */
type TicketAnswer = Omit<Ticket, 'grid'> & { grid: GridRef | null }

const removedGrid: GridRef = { id: '', name: '已撤销的网格', full_name: '已撤销的网格', level: 5 }

export const fetchKinds = (): Promise<{ items: TicketKind[] }> => get('/ticket-kinds')

export async function fetchTickets(query: TicketQuery): Promise<Page<Ticket>> {
  const page = await get<Page<TicketAnswer>>('/tickets', { ...query })
  return { ...page, items: page.items.map(withGrid) }
}

export const fetchTicket = async (id: string): Promise<Ticket> => withGrid(await get<TicketAnswer>(`/tickets/${encodeURIComponent(id)}`))

export const fetchTimeline = (id: string): Promise<{ items: TimelineItem[] }> => get(address(id, 'timeline'))

export const createTicket = async (ticket: NewTicket, idempotencyKey: string): Promise<Ticket> => withGrid(await post<TicketAnswer>('/tickets', ticket, idempotencyKey))

export const acceptTicket = (id: string): Promise<Ticket> => act(id, 'accept')

export const completeTicket = (id: string, note: string, attachments: string[], key: string): Promise<Ticket> => act(id, 'complete', { note, attachments }, key)

export const returnTicket = (id: string, reason: string): Promise<Ticket> => act(id, 'return', { reason })

export const reassignTicket = (id: string, account_id: string): Promise<Ticket> => act(id, 'reassign', { account_id })

export const nudgeTicket = (id: string, note: string): Promise<Ticket> => act(id, 'nudge', note === '' ? {} : { note })

export const confirmNudge = (id: string): Promise<Ticket> => act(id, 'nudge-receipt')

export const withdrawTicket = (id: string): Promise<Ticket> => act(id, 'withdraw')

export const rateTicket = (id: string, stars: number, comment: string): Promise<Ticket> => act(id, 'rate', comment === '' ? { stars } : { stars, comment })

export const reopenTicket = (id: string, reason: string): Promise<Ticket> => act(id, 'reopen', { reason })

export const commentTicket = (id: string, text: string): Promise<Ticket> => act(id, 'comment', { text })

export const contactOf = (id: string): Promise<Contact> => post(address(id, 'contact'))

async function act(id: string, action: string, body?: object, key?: string): Promise<Ticket> {
  return withGrid(await post<TicketAnswer>(address(id, action), body, key))
}

function address(id: string, action: string): string {
  return `/tickets/${encodeURIComponent(id)}/${action}`
}

function withGrid(ticket: TicketAnswer): Ticket {
  return { ...ticket, grid: ticket.grid ?? removedGrid }
}
