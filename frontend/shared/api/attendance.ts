import { parseStatistics, type Statistics, type StatisticsBy } from '@/shared/meeting/statistics'
import { parseOwnAttendance, type OwnAttendance } from '@/shared/meeting/own-attendance'
import { get } from './client'
import { download } from './download'
import { ApiProblem } from './problem'

/** Statistics of who came to meetings. */

export interface StatisticsQuery {
  org_id: string
  include_below: boolean
  by: StatisticsBy
  /** days, by Beijing's calendar, both counted */
  from: string
  until: string
  type: string
}

export async function fetchStatistics(query: StatisticsQuery): Promise<Statistics> {
  const statistics = parseStatistics(await get('/attendance/statistics', { ...query }))
  if (statistics === null) throw new ApiProblem(200, 'answer.unreadable', '服务器的回答无法识别，请稍后再试。')
  return statistics
}

/** One's own, of meetings that ended; days by Beijing's calendar, both counted. */
export async function fetchOwnAttendance(from: string, until: string): Promise<OwnAttendance> {
  const own = parseOwnAttendance(await get('/my/attendance', { from, until }))
  if (own === null) throw new ApiProblem(200, 'answer.unreadable', '服务器的回答无法识别，请稍后再试。')
  return own
}

export const downloadStatistics = (query: StatisticsQuery, name: string): Promise<void> => download('/attendance/statistics.xlsx', { ...query, include_below: String(query.include_below) }, name)
