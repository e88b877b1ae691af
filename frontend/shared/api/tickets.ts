import { get, post } from './client'
import type { Limit, Purpose } from './rules'
import type { Contact, GridRef, NewTicket, Page, Ticket, TicketKind, TimelineItem } from './types'

export interface TicketQuery {
  box?: 'mine' | 'grid' | 'subtree' | 'escalated'
  /** one state, or several with commas */
  state?: string
  kind?: string
  grid_id?: string
  q?: string
  /** part of the name of who sent or handles it */
  person?: string
  /** days by Beijing's calendar, both counted */
  from?: string
  until?: string
  /** only open ones whose limit is over */
  overdue?: boolean
  limit?: number
  cursor?: string
}

export interface Stretch {
  from: string
  to: string
}

/** One day on the way to the end of a limit in office time. */
export interface DueDay {
  /** 2026-11-21, in China */
  date: string
  /** 国庆节; for a weekend that is worked, the holiday it makes up for */
  name: string | null
  working: boolean
  /** the notice of that year is not in yet */
  provisional: boolean
  counted: Stretch[]
  counted_minutes: number
  paused_minutes: number
}

export interface DuePause {
  from: string
  /** null: it lasts */
  to: string | null
  reason_title: string
  note: string | null
}

/** The end of a ticket's limit and how it came about. Nothing but `plain` is there when nothing runs. */
export interface Due {
  due_at: string | null
  purpose: Purpose | null
  limit_words: string | null
  started_at: string | null
  level: number | null
  level_title: string | null
  rules: { service_levels_version: number; calendar_version: number } | null
  extension: Limit | null
  pauses: DuePause[]
  /** empty for limits that run around the clock */
  days: DueDay[]
  /** a sentence for residents */
  plain: string
  overdue: boolean
}

export type PauseReason = 'waiting_for_submitter' | 'waiting_for_department' | 'force_majeure' | 'other'

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

export const fetchDue = (id: string): Promise<Due> => get(address(id, 'due'))

export const pauseTicket = (id: string, reason: PauseReason, note: string): Promise<Ticket> => act(id, 'pause', note === '' ? { reason } : { reason, note })

export const resumeTicket = (id: string): Promise<Ticket> => act(id, 'resume', {})

export const requestExtension = (id: string, limit: Limit, reason: string): Promise<Ticket> => act(id, 'extension', { limit, reason })

export const decideExtension = (id: string, approved: boolean, note: string): Promise<Ticket> => act(id, 'extension-decision', note === '' ? { approved } : { approved, note })

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
