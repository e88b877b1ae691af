import { get, post, request } from './client'

/** The secret address of one's own meetings, for calendar programs. */
export interface CalendarLink {
  /** null: there is none */
  url: string | null
}

export const fetchCalendarLink = (): Promise<CalendarLink> => get('/my/calendar-link')
/** The address before ends with the new one. */
export const makeCalendarLink = (): Promise<CalendarLink> => post('/my/calendar-link')
export const endCalendarLink = (): Promise<void> => request('DELETE', '/my/calendar-link')
