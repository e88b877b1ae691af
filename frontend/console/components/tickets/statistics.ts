import type { LocationQuery } from 'vue-router'
import type { TicketBucket, TicketFigures, TicketStatisticsBy, TicketStatisticsLine, TicketStatisticsQuery } from '@/shared/api/ticket-desk'
import { localTime } from '@/shared/format/local-time'
import { span } from '@/shared/format/time'
import type { Series } from '../charts/ColumnBars.vue'

/** How statistics of tickets are asked for and said. */

export const ways: readonly { by: TicketStatisticsBy; word: string; head: string }[] = [
  { by: 'period', word: '按时间', head: '时间' },
  { by: 'kind', word: '按类型', head: '类型' },
  { by: 'level', word: '按层级', head: '办理层级' },
  { by: 'grid', word: '按网格', head: '网格' },
]
export const bucketWords: Record<TicketBucket, string> = { day: '按日', week: '按周', month: '按月' }
const dayMs = 86_400_000

/** The last thirty days, today included. */
export function usualDays(now: number): { from: string; until: string } {
  return { from: localTime(now - 29 * dayMs).slice(0, 10), until: localTime(now).slice(0, 10) }
}

export function statisticsOf(query: LocationQuery, now: number): TicketStatisticsQuery {
  const text = (name: string): string => (typeof query[name] === 'string' ? query[name] : '')
  const usual = usualDays(now)
  return {
    by: ways.find(({ by }) => by === text('by'))?.by ?? 'period',
    bucket: text('bucket') === 'week' ? 'week' : text('bucket') === 'month' ? 'month' : 'day',
    from: text('from') || usual.from,
    until: text('until') || usual.until,
    grid_id: text('grid'),
    kind: text('kind'),
  }
}

export function addressOfStatistics({ grid_id, ...query }: TicketStatisticsQuery): Record<string, string> {
  return Object.fromEntries(Object.entries({ ...query, grid: grid_id }).filter(([, value]) => value !== ''))
}

export const minutes = (value: number | null): string => (value === null ? '—' : span(value * 60_000))
export const percent = (value: number | null): string => (value === null ? '—' : `${Math.round(value * 1000) / 10}%`)
export const stars = (value: number | null): string => (value === null ? '—' : value.toFixed(1))
/** Of the tickets that nobody took back. */
export const doneRate = (of: TicketFigures): number | null => (of.received > of.withdrawn ? of.completed / (of.received - of.withdrawn) : null)

export interface Measure {
  name: string
  word: string
  series: (lines: readonly TicketStatisticsLine[]) => Series[]
  /** what the highest column could be */
  most?: number
}

const counts = (title: string, colour: Series['colour'], pick: (line: TicketStatisticsLine) => number) => (lines: readonly TicketStatisticsLine[]): Series => ({ title, colour, values: lines.map(pick), words: lines.map((line) => String(pick(line))) })
const times = (title: string, pick: (line: TicketStatisticsLine) => number | null) => (lines: readonly TicketStatisticsLine[]): Series[] => [{ title, colour: 'blue', values: lines.map(pick), words: lines.map((line) => minutes(pick(line))) }]

export const measures: readonly Measure[] = [
  { name: 'count', word: '收到与办结', series: (lines) => [counts('收到', 'blue', (line) => line.received)(lines), counts('其中已办结', 'green', (line) => line.completed)(lines)] },
  { name: 'accept', word: '接单用时', series: times('接单用时（中位数）', (line) => line.accept_median_min) },
  { name: 'complete', word: '办结用时', series: times('办结用时（中位数）', (line) => line.complete_median_min) },
  { name: 'overdue', word: '超时率', most: 1, series: (lines) => [{ title: '超时率', colour: 'gold', values: lines.map((line) => line.overdue_rate), words: lines.map((line) => percent(line.overdue_rate)) }] },
  { name: 'stars', word: '平均星级', most: 5, series: (lines) => [{ title: '平均星级', colour: 'gold', values: lines.map((line) => line.stars), words: lines.map((line) => stars(line.stars)) }] },
]

/** `2026-11-21` becomes `11-21` where the year is known. */
export const shortName = (name: string): string => name.replace(/^\d{4}-(\d\d-\d\d)( 起一周)?$/, '$1')
