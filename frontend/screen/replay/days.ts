/** Days and their moments, as a replay shows them. Days are those of China: one zone, UTC+8, whatever the device says. */

const zoneMs = 8 * 3600_000
const dayMs = 24 * 3600_000
export const momentEveryMs = 10 * 60_000
export const daysBack = 7

export interface ReplayDay {
  /** its first millisecond */
  startsAt: number
  /** 今天, 昨天, 20 日 */
  word: string
  /** 11 月 20 日 */
  date: string
}

/** 11 月 20 日 */
export function dateWord(at: number): string {
  const date = new Date(at + zoneMs)
  return `${date.getUTCMonth() + 1} 月 ${date.getUTCDate()} 日`
}

/** Today and the days before it, the newest first. */
export function replayDays(now: number): ReplayDay[] {
  const today = Math.floor((now + zoneMs) / dayMs) * dayMs - zoneMs
  return Array.from({ length: daysBack }, (_, back) => {
    const startsAt = today - back * dayMs
    const date = dateWord(startsAt)
    return { startsAt, date, word: back === 0 ? '今天' : back === 1 ? '昨天' : date.replace(/^.* 月 /, '') }
  })
}

/** Every ten minutes of a day, and its very end; of today as far as it has come. */
export function momentsOf(startsAt: number, now: number): number[] {
  const end = Math.min(startsAt + dayMs - 1, now)
  const moments: number[] = []
  for (let at = startsAt; at <= end; at += momentEveryMs) moments.push(at)
  if (end === startsAt + dayMs - 1) moments.push(end)
  return moments
}
