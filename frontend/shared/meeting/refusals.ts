import type { ApiProblem } from '@/shared/api/problem'
import { clock } from '@/shared/format/time'
import { dayWords } from './words'

/** Why a sign-in was refused, in words of its own, and what to do next. The codes are the API's. */

/** scan: look at the screen again; place: try the position again; wait: nothing to do before a time; ask: talk to the host; again: the same once more */
export type NextStep = 'scan' | 'place' | 'wait' | 'ask' | 'again'

export interface RefusalWords {
  title: string
  text: string
  step: NextStep
  tone: 'wait' | 'bad'
}

const scanAgain = '请走到大屏前，重新扫描正在显示的二维码。'

const words: Record<string, RefusalWords> = {
  'meeting.claim_expired': { title: '扫码已超过 90 秒', text: `为防止代签，每次扫码只在 90 秒内有效。${scanAgain}`, step: 'scan', tone: 'wait' },
  'meeting.claim_used': { title: '这次扫码已经用过', text: `一次扫码只能签到一次。如果您还没有签到，${scanAgain}`, step: 'scan', tone: 'wait' },
  'meeting.claim_unknown': { title: '没有认出这次扫码', text: scanAgain, step: 'scan', tone: 'bad' },
  'meeting.claim_of_another_device': { title: '请用扫码的那部手机', text: '这次扫码是在另一部手机或另一个浏览器里做的，不能转发。请用本机重新扫描大屏上的二维码。', step: 'scan', tone: 'bad' },
  'meeting.not_invited': { title: '您不在参会名单上', text: '请向主持人说明，由主持人把您加入列席名单，或者核对您登录的手机号是不是本人的。', step: 'ask', tone: 'bad' },
  'meeting.location_required': { title: '需要您的位置', text: '本次会议要在会场签到。请允许获取位置，再点一次签到；不能定位时，请主持人代签。', step: 'place', tone: 'wait' },
  'meeting.location_too_coarse': { title: '位置不够准', text: '手机给出的位置误差太大。请打开手机定位（GPS）和无线网络，走到窗边，再试一次。', step: 'place', tone: 'wait' },
  'meeting.location_malformed': { title: '位置没有读到', text: '手机给出的位置无法识别，请再试一次；仍不行时，请主持人代签。', step: 'place', tone: 'wait' },
  'meeting.outside_fence': { title: '您不在会场范围内', text: '请到会场后再试一次。如果您已经在会场，请走到窗边重新定位，或请主持人代签。', step: 'place', tone: 'bad' },
  'meeting.code_expired': { title: '这个二维码已经过期', text: '签到码每 5 秒更换一次，拍下来的照片和转发的图片不能用。请扫描大屏上正在显示的二维码。', step: 'scan', tone: 'wait' },
  'meeting.code_unknown': { title: '这不是签到二维码', text: '请确认扫描的是会场大屏上的签到码。', step: 'scan', tone: 'bad' },
  'meeting.code_of_another': { title: '这是另一个会议的签到码', text: '请确认走进的是您要参加的会场。', step: 'scan', tone: 'bad' },
  'meeting.not_found': { title: '没有找到这个会议', text: '会议可能已被删除，或者您不在名单上。请与主持人联系。', step: 'ask', tone: 'bad' },
  'meeting.unavailable': { title: '签到暂时打不开', text: '服务器正忙，请稍等几秒，再扫一次大屏上的二维码。', step: 'scan', tone: 'wait' },
}

/** What was agreed to are words of before: this page is older than the server. */
export function isConsentOutdated(problem: ApiProblem): boolean {
  return problem.code === 'consent.outdated' || problem.fields.some(({ code }) => code === 'consent.outdated')
}

export function refusalWords(problem: ApiProblem, now: number): RefusalWords {
  if (isConsentOutdated(problem)) return { title: '位置说明有更新', text: '请看过新的说明，再签到一次。', step: 'again', tone: 'wait' }
  if (problem.code === 'meeting.sign_in_closed') return closedWords(problem, now)
  const known = words[problem.code]
  if (known) return known
  if (problem.isUnreachable) return { title: '网络不通', text: '签到还没有送到。请检查网络后点“再试一次”，重复提交不会重复签到。', step: 'again', tone: 'wait' }
  return { title: '没有签上', text: problem.message, step: problem.status >= 500 || problem.status === 429 ? 'again' : 'scan', tone: 'bad' }
}

/** Behind the `#` of a refused scan. */
export function scanRefusal(hash: string): RefusalWords {
  return words[hash.replace(/^#/, '')] ?? { title: '没有认出这个二维码', text: '请扫描会场大屏上正在显示的签到码。', step: 'scan', tone: 'bad' }
}

/** When a closed sign-in opens; null: it will not. */
export function opensAt(problem: ApiProblem, now: number): number | null {
  const { opens_at } = problem.extra
  const at = typeof opens_at === 'string' ? Date.parse(opens_at) : NaN
  return problem.code === 'meeting.sign_in_closed' && at > now ? at : null
}

function closedWords(problem: ApiProblem, now: number): RefusalWords {
  const at = opensAt(problem, now)
  const { state } = problem.extra
  if (state === 'cancelled') return { title: '会议已取消', text: '不用签到了。取消的原因写在会议页面上。', step: 'wait', tone: 'bad' }
  if (state === 'ended' || state === 'archived') return { title: '会议已结束', text: '签到已关闭。如果您确实到会，请与主持人说明。', step: 'ask', tone: 'bad' }
  if (state === 'draft') return { title: '会议还没有启动', text: '请等主持人启动会议后再扫码。', step: 'wait', tone: 'wait' }
  if (at !== null) return { title: '签到还没开始', text: `${dayWords(at, now)} ${clock(at)} 开始签到，到时再扫一次大屏上的二维码。`, step: 'wait', tone: 'wait' }
  return { title: '签到时间已过', text: '请与主持人说明，由主持人代签。', step: 'ask', tone: 'bad' }
}
