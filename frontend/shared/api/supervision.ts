import { parseSupervised, parseSupervision, type SupervisedMeeting, type Supervision } from '@/shared/meeting/supervision'
import { get, post } from './client'
import { ApiProblem } from './problem'

/** Looking on at the meetings of a subtree. */

/** Without an organisation: the caller's topmost one; without a day: today. */
export async function fetchSupervision(query: { org_id?: string; date?: string }): Promise<Supervision> {
  return known(parseSupervision(await get('/supervision/meetings', query)))
}

/** Somebody opens a meeting from above; the mark stays. */
export const visitMeeting = (id: string): Promise<unknown> => post(`/meetings/${encodeURIComponent(id)}/visits`)

/** Of a host who was nudged a moment ago `nudged_at` stays as it was: nothing is said once more. */
export async function nudgeHost(id: string, note: string): Promise<SupervisedMeeting> {
  return known(parseSupervised(await post(`/meetings/${encodeURIComponent(id)}/nudge`, note === '' ? {} : { note })))
}

function known<Value>(value: Value | null): Value {
  if (value === null) throw new ApiProblem(200, 'answer.unreadable', '服务器的回答无法识别，请稍后再试。')
  return value
}
