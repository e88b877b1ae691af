import { localTime } from '@/shared/format/local-time'
import { dayOf } from './words'

/** Usual periods of a statistic, as first and last day by Beijing's calendar. */

export interface Period {
  from: string
  until: string
}

export type PeriodName = 'month' | 'last_month' | 'quarter' | 'year'

export const periodWords: Record<PeriodName, string> = { month: '本月', last_month: '上月', quarter: '本季度', year: '本年' }

export function periodOf(name: PeriodName, now: number): Period {
  const today = localTime(now).slice(0, 10)
  const [year, month] = [Number(today.slice(0, 4)), Number(today.slice(5, 7)) - 1]
  switch (name) {
    case 'month':
      return { from: day(year, month, 1), until: today }
    case 'last_month':
      return { from: day(year, month - 1, 1), until: day(year, month, 0) }
    case 'quarter':
      return { from: day(year, month - (month % 3), 1), until: today }
    case 'year':
      return { from: day(year, 0, 1), until: today }
    default: {
      const unreachable: never = name
      return unreachable
    }
  }
}

function day(year: number, month: number, date: number): string {
  return new Date(Date.UTC(year, month, date)).toISOString().slice(0, 10)
}

/** Whether the first day is not after the last. */
export function isPeriod(period: Period): boolean {
  return period.from !== '' && period.until !== '' && dayOf(period.from) <= dayOf(period.until)
}
