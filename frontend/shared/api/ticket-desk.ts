import { get, post } from './client'
import { download } from './download'
import type { TicketQuery } from './tickets'
import type { From, With } from './types'

/** What those who look over many tickets do; phones do not carry it. */

export type BatchReassigned = From<'BatchReassigned'>

/** Each on its own: those that cannot be given say why. */
export const reassignTickets = (ticket_ids: readonly string[], account_id: string, key: string): Promise<BatchReassigned> => post('/tickets/reassign', { ticket_ids, account_id }, key)

export const downloadTickets = ({ overdue, limit: _limit, cursor: _cursor, ...query }: TicketQuery, name: string): Promise<void> => download('/tickets/export.xlsx', { ...query, ...(overdue && { overdue: 'true' }) }, name)

export type TicketFigures = With<From<'TicketFiguresView'>, Record<'overdue_rate' | 'stars' | 'accept_median_min' | 'accept_average_min' | 'complete_median_min' | 'complete_average_min', number | null>>
export type TicketStatisticsBy = 'period' | 'kind' | 'level' | 'grid'
export type TicketBucket = 'day' | 'week' | 'month'
export type TicketStatisticsLine = TicketFigures & { key: string; name: string; further: boolean }
export type TicketStatistics = With<From<'TicketStatistics'>, { by: TicketStatisticsBy; items: TicketStatisticsLine[]; total: TicketFigures }>

export interface TicketStatisticsQuery {
  by: TicketStatisticsBy
  bucket: TicketBucket
  /** days by Beijing's calendar, both counted */
  from: string
  until: string
  /** empty: the highest of one's own */
  grid_id: string
  kind: string
}

export const fetchTicketStatistics = (query: TicketStatisticsQuery): Promise<TicketStatistics> => get('/tickets/statistics', { ...query })

export const downloadTicketStatistics = (query: TicketStatisticsQuery, name: string): Promise<void> => download('/tickets/statistics.xlsx', { ...query }, name)
