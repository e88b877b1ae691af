import { post, request } from './client'
import { fetchTicket } from './tickets'
import type { Ticket } from './types'

const at = (id: string): string => `/tickets/${encodeURIComponent(id)}/known`

/** Says in one sentence what residents may know of a ticket, or says it better. */
export async function makeKnown(id: string, text: string): Promise<Ticket> {
  await post(at(id), { text })
  return fetchTicket(id)
}

/** Takes the sentence back. */
export async function conceal(id: string): Promise<Ticket> {
  await request('DELETE', at(id))
  return fetchTicket(id)
}
