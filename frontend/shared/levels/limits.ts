import type { LevelException, Limit, LimitClock, LimitUnit, Purpose, ServiceLevels } from '../api/rules'

/** Limits in words, which of them holds, and how they add up on the way to the county. */

export const unitWords: Record<LimitUnit, string> = { minutes: '分钟', hours: '小时', workdays: '工作日' }
export const clockWords: Record<LimitClock, string> = { working: '按工作时间', continuous: '全天计时' }
export const purposeWords: Record<Purpose, string> = { accept: '接单', finish: '办结' }
export const ruleLevels = [5, 4, 3, 2, 1] as const
export const ruleLevelWords: Record<number, string> = { 1: '县级', 2: '乡镇', 3: '村级', 4: '四级网格', 5: '五级网格' }

const minutesOf = { minutes: 1, hours: 60 } as const
const dayMinutes = 24 * 60
/** As the server has it: no limit beyond a year. */
const most: Record<LimitUnit, number> = { minutes: 365 * dayMinutes, hours: 365 * 24, workdays: 250 }

export interface Preset {
  title: string
  limit: Limit
}

/** The classes of response that hotlines use, in plain time. */
export const presets: readonly Preset[] = [
  { title: '2 小时', limit: { value: 2, unit: 'hours', clock: 'continuous' } },
  { title: '24 小时', limit: { value: 24, unit: 'hours', clock: 'continuous' } },
  { title: '7 天', limit: { value: 7 * 24, unit: 'hours', clock: 'continuous' } },
  { title: '15 天', limit: { value: 15 * 24, unit: 'hours', clock: 'continuous' } },
]

/** 30 分钟, 7 天, 3 个工作日, 2 小时工作时间; plain time is what people mean unless told otherwise. */
export function limitWords(limit: Limit): string {
  if (limit.unit === 'workdays') return `${limit.value} 个工作日`
  const minutes = limit.value * minutesOf[limit.unit]
  return limit.clock === 'working' ? `${hourWords(minutes)}工作时间` : plainWords(minutes)
}

/** A day of office hours is not 24 of them: of these, nothing is folded into days. */
function hourWords(minutes: number): string {
  if (minutes < 60) return `${minutes} 分钟`
  return minutes % 60 === 0 ? `${minutes / 60} 小时` : `${Math.floor(minutes / 60)} 小时 ${minutes % 60} 分钟`
}

/** 7 天 in place of 10,080 分钟, but only when nothing is lost. */
export function plainWords(minutes: number): string {
  if (minutes > dayMinutes && minutes % dayMinutes === 0) return `${minutes / dayMinutes} 天`
  return hourWords(minutes)
}

/** What is wrong with a limit, before the server says it. */
export function limitProblem(limit: Limit | null): string | null {
  if (limit === null) return null
  if (!Number.isInteger(limit.value)) return '请填写整数'
  if (limit.value <= 0) return '时限必须大于 0'
  if (limit.value > most[limit.unit]) return '时限不能超过一年'
  return null
}

/** Workdays are office time by nature. */
export function withUnit(limit: Limit, unit: LimitUnit): Limit {
  return { ...limit, unit, clock: unit === 'workdays' ? 'working' : limit.clock }
}

export function sameLimit(one: Limit | null, other: Limit | null): boolean {
  return one === other || (one !== null && other !== null && one.value === other.value && one.unit === other.unit && one.clock === other.clock)
}

/** The limit that holds; the most exact exception wins: kind and level, then kind, then level. */
export function limitFor(levels: ServiceLevels, purpose: Purpose, kind: string | null, level: number): { limit: Limit; exception: LevelException | null } {
  let best: LevelException | null = null
  for (const exception of levels.exceptions) {
    const fits = (exception.kind === null || exception.kind === kind) && (exception.level === null || exception.level === level)
    if (fits && exception[purpose] !== null && (best === null || exactness(exception) >= exactness(best))) best = exception
  }
  return { limit: best?.[purpose] ?? levels[purpose], exception: best }
}

function exactness(exception: LevelException): number {
  return (exception.kind === null ? 0 : 2) + (exception.level === null ? 0 : 1)
}

export interface LadderStep {
  level: number
  title: string
  limit: Limit
  /** where the limit comes from; null: the default */
  exception: LevelException | null
  /** when this level is reached, counted from the first */
  reachedAfter: string
}

/** Who takes over after how long: each level has its own limit, which begins when the one below is used up. */
export function ladderOf(levels: ServiceLevels, purpose: Purpose, kind: string | null): LadderStep[] {
  const used: Limit[] = []
  return ruleLevels.map((level) => {
    const { limit, exception } = limitFor(levels, purpose, kind, level)
    const reachedAfter = sumWords(used)
    used.push(limit)
    return { level, title: ruleLevelWords[level] ?? '', limit, exception, reachedAfter }
  })
}

/** Times of different clocks are told side by side, because only a calendar could add them. */
export function sumWords(limits: readonly Limit[]): string {
  const total = (clock: LimitClock): number => limits.reduce((sum, limit) => (limit.unit !== 'workdays' && limit.clock === clock ? sum + limit.value * minutesOf[limit.unit] : sum), 0)
  const workdays = limits.reduce((sum, limit) => (limit.unit === 'workdays' ? sum + limit.value : sum), 0)
  const plain = total('continuous')
  const working = total('working')
  const parts = [
    plain > 0 ? plainWords(plain) : '',
    workdays > 0 ? `${workdays} 个工作日` : '',
    working > 0 ? `${hourWords(working)}工作时间` : '',
  ]
  return parts.filter((part) => part !== '').join(' + ')
}
