import { localTime } from '@/shared/format/local-time'

/** Periods to choose from, the newest first: twelve months, five quarters, two years. */

export interface PeriodChoice {
  /** `2026-11`, `2026-Q4` or `2026` */
  code: string
  word: string
}
export interface PeriodGroup {
  title: string
  choices: PeriodChoice[]
}

export function periodChoices(now: number): PeriodGroup[] {
  const local = localTime(now)
  const year = Number(local.slice(0, 4))
  const month = year * 12 + Number(local.slice(5, 7)) - 1
  const back = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
  const ofMonth = (at: number): PeriodChoice => ({ code: `${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, '0')}`, word: `${Math.floor(at / 12)}年${(at % 12) + 1}月` })
  const ofQuarter = (at: number): PeriodChoice => ({ code: `${Math.floor(at / 4)}-Q${(at % 4) + 1}`, word: `${Math.floor(at / 4)}年第${(at % 4) + 1}季度` })
  return [
    { title: '年', choices: back(2).map((ago) => ({ code: String(year - ago), word: `${year - ago}年` })) },
    { title: '季度', choices: back(5).map((ago) => ofQuarter(Math.floor(month / 3) - ago)) },
    { title: '月', choices: back(12).map((ago) => ofMonth(month - ago)) },
  ]
}
