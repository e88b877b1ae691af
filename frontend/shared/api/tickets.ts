import { get, post } from './client'
import type { Contact, NewTicket, Page, Ticket, TicketKind, TimelineItem } from './types'

export interface TicketQuery {
  box?: 'mine' | 'grid' | 'subtree' | 'escalated'
  state?: string
  kind?: string
  grid_id?: string
  q?: string
  limit?: number
  cursor?: string
}

const at = (id: string, action: string): string => `/tickets/${encodeURIComponent(id)}/${action}`

export const fetchKinds = (): Promise<{ items: TicketKind[] }> => get('/ticket-kinds')

export const fetchTickets = (query: TicketQuery): Promise<Page<Ticket>> => get('/tickets', { ...query })

export const fetchTicket = (id: string): Promise<Ticket> => get(`/tickets/${encodeURIComponent(id)}`)

export const fetchTimeline = (id: string): Promise<{ items: TimelineItem[] }> => get(at(id, 'timeline'))

export const createTicket = (ticket: NewTicket, idempotencyKey: string): Promise<Ticket> => post('/tickets', ticket, idempotencyKey)

export const acceptTicket = (id: string): Promise<Ticket> => post(at(id, 'accept'))

export const completeTicket = (id: string, note: string, attachments: string[], key: string): Promise<Ticket> => post(at(id, 'complete'), { note, attachments }, key)

export const returnTicket = (id: string, reason: string): Promise<Ticket> => post(at(id, 'return'), { reason })

export const reassignTicket = (id: string, account_id: string): Promise<Ticket> => post(at(id, 'reassign'), { account_id })

export const nudgeTicket = (id: string, note: string): Promise<Ticket> => post(at(id, 'nudge'), note === '' ? {} : { note })

export const confirmNudge = (id: string): Promise<Ticket> => post(at(id, 'nudge-receipt'))

export const contactOf = (id: string): Promise<Contact> => post(at(id, 'contact'))

export const withdrawTicket = (id: string): Promise<Ticket> => post(at(id, 'withdraw'))

export const rateTicket = (id: string, stars: number, comment: string): Promise<Ticket> => post(at(id, 'rate'), comment === '' ? { stars } : { stars, comment })

export const reopenTicket = (id: string, reason: string): Promise<Ticket> => post(at(id, 'reopen'), { reason })

export const commentTicket = (id: string, text: string): Promise<Ticket> => post(at(id, 'comment'), { text })
