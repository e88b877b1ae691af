import type { JoinedRequest, NearbyRequest } from '@/shared/api/known'
import { moment } from '@/shared/format/time'

/** What residents may know of a request: the rule of its one sentence, and the words around it. */

export const sentenceLimits = { least: 4, most: 60 } as const

/** Why a sentence cannot be made public, before the server is asked; null: nothing is wrong that a page can see. */
export function sentenceProblem(text: string): string | null {
  const length = Array.from(text.trim()).length
  if (length < sentenceLimits.least) return '至少写 4 个字，让邻居看得明白。'
  if (length > sentenceLimits.most) return '最多 60 个字。'
  if (/[\r\n]/.test(text.trim())) return '只写一句话，不要换行。'
  // 138-1234 5678 is one number, and full-width digits are digits.
  const plain = text.normalize('NFKC')
  const numbers = plain.match(/\d[\d \-‐–]*/g) ?? []
  const digits = numbers.map((number) => number.replace(/\D/g, ''))
  if (digits.some((number) => number.length >= 15)) return '含有像身份证号的数字，请去掉。'
  if (digits.some((number) => /1[3-9]\d{9}/.test(number))) return '含有像手机号的数字，请去掉。'
  return null
}

const stateWords: Record<JoinedRequest['state'], string> = {
  submitted: '等待接单',
  accepted: '正在办理',
  completed: '已办结',
  withdrawn: '已撤回',
}

export const publicStateWord = (state: JoinedRequest['state']): string => stateWords[state]

/** 正在办理 · 约 100 米内 · 今天 10:20 公开 · 2 人也遇到了 */
export function nearbyFacts(item: Pick<NearbyRequest, 'state' | 'distance_m' | 'since' | 'joined'>, now: number): string {
  const parts = [publicStateWord(item.state)]
  if (item.distance_m !== null) parts.push(`约 ${item.distance_m} 米内`)
  parts.push(`${moment(item.since, now)} 公开`)
  if (item.joined > 0) parts.push(`${item.joined} 人也遇到了`)
  return parts.join(' · ')
}

/** 今天 11:02 加入 · 共 3 人也遇到了 */
export function joinedFacts(item: Pick<JoinedRequest, 'state' | 'joined' | 'joined_at' | 'completed_at'>, now: number): string {
  const parts: string[] = []
  if (item.completed_at !== null) parts.push(`${moment(item.completed_at, now)} 办结`)
  else if (item.joined_at !== null) parts.push(`${moment(item.joined_at, now)} 加入`)
  if (item.joined > 1) parts.push(`共 ${item.joined} 人也遇到了`)
  return parts.join(' · ')
}
