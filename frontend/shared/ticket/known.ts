import type { JoinedRequest, NearbyRequest } from '@/shared/api/known'

/** The words around what residents may know of a request. */

const stateWords: Record<JoinedRequest['state'], string> = {
  submitted: '等待接单',
  accepted: '正在办理',
  completed: '已办结',
  withdrawn: '已撤回',
}

export const publicStateWord = (state: JoinedRequest['state']): string => stateWords[state]

/** 正在办理 · 约 100 米内 · 2 人也遇到了 */
export function nearbyFacts(item: Pick<NearbyRequest, 'state' | 'distance_m' | 'joined'>): string {
  const parts = [publicStateWord(item.state)]
  if (item.distance_m !== null) parts.push(`约 ${item.distance_m} 米内`)
  if (item.joined > 0) parts.push(`${item.joined} 人也遇到了`)
  return parts.join(' · ')
}
