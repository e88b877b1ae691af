import type { ApiProblem } from '@/shared/api/problem'
import type { Tone } from './words'
import type { Answer, Base, Method, Outcome, Question, Share, Vote, VoteState } from './votes'

/** Votes in words: how one votes, by which rule, and what came of it. */

export const methodWords: Record<Method, string> = { single: '单选', multiple: '多选', yes_no_abstain: '赞成 / 反对 / 弃权', score: '评分' }
export const secrecyWords: Record<Question['secrecy'], string> = { open: '记名', secret: '无记名' }
export const secrecyLong: Record<Question['secrecy'], string> = {
  open: '记名：结果公布后，可以看到每个人怎么投的。',
  secret: '无记名：选票不记姓名，只记录您已投票。',
}
export const answerWords: Record<Answer, string> = { yes: '赞成', no: '反对', abstain: '弃权' }
export const answers: readonly Answer[] = ['yes', 'no', 'abstain']
export const baseWords: Record<Base, string> = { expected: '应到会有表决权人数', present: '实到会有表决权人数', valid: '有效票', yes_and_no: '赞成票与反对票之和' }

/** 表决 2, 无记名, 多选; that one says yes or no is seen at once. */
export function kindWords(vote: Pick<Vote, 'number' | 'secrecy' | 'method'>): string[] {
  const words = [`表决 ${vote.number}`, secrecyWords[vote.secrecy]]
  return vote.method === 'yes_no_abstain' ? words : [...words, methodWords[vote.method]]
}

export const voteStateWords: Record<VoteState, { text: string; tone: Tone }> = {
  prepared: { text: '未开始', tone: 'plain' },
  open: { text: '表决中', tone: 'live' },
  closed: { text: '正在计票', tone: 'wait' },
  counted: { text: '已计票，未公布', tone: 'wait' },
  published: { text: '已公布', tone: 'good' },
}

/** Below this many ballots of a secret vote only the outcome is told. */
export const fewestShown = 5
export const fewWords = `票数少于 ${fewestShown} 张，为保护无记名只公布是否通过`

const digits = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九', '十']

/** 过半数, 三分之二以上（含） */
export function shareWords({ numerator, denominator, more_than }: Share): string {
  if (numerator === 1 && denominator === 2 && more_than) return '过半数'
  if (numerator === denominator && !more_than) return '全部'
  const [above, below] = [digits[numerator], digits[denominator]]
  const named = above !== undefined && below !== undefined ? `${below}分之${above}` : `${numerator}/${denominator}`
  return more_than ? `超过${named}` : `${named}以上（含）`
}

/** The least number of so many that satisfies the share; nobody satisfies none. */
export function leastOf(share: Share, of: number): number {
  const product = of * share.numerator
  return Math.max(1, share.more_than ? Math.floor(product / share.denominator) + 1 : Math.ceil(product / share.denominator))
}

/** The rule as the server says it, or the same from the question where it did not. */
export function ruleWords(vote: Question & { rule?: string }): string {
  if (vote.rule !== undefined && vote.rule !== '') return vote.rule
  const parts: string[] = []
  if (vote.quorum) parts.push(`到会须为${baseWords.expected}的${shareWords(vote.quorum)}`)
  if (vote.majority) parts.push(`${baseWords[vote.majority.base]}${shareWords(vote.majority)}${vote.seats === null ? '通过' : '当选'}`)
  if (vote.seats !== null) parts.push(`应选 ${vote.seats} ${vote.majority ? '人，得票多的当选' : '人，得票多者当选'}`)
  else if (!vote.majority && vote.method === 'single') parts.push('得票最多的通过')
  return parts.join('；')
}

/** How many to choose, before anything is chosen. */
export function limitWords(vote: Pick<Question, 'method' | 'min' | 'max' | 'options' | 'seats'>): string {
  const { min, max } = vote
  switch (vote.method) {
    case 'single':
      return min === 0 ? '选 1 项，不选为弃权' : '选 1 项'
    case 'multiple':
      if (min === max) return `选 ${max} 项`
      return min === 0 ? `最多选 ${max} 项，不选为弃权` : `选 ${min} 至 ${max} 项`
    case 'yes_no_abstain':
      return vote.options.length > 1 ? '每一项都要表态' : '请表态'
    case 'score':
      return `每项打 ${min} 至 ${max} 分`
    default: {
      const unreachable: never = vote.method
      return unreachable
    }
  }
}

/** What became of an option. People are elected, matters passed. */
export function outcomeWord(outcome: Outcome, vote: Pick<Question, 'seats'>): string {
  if (outcome === 'tied') return '票数相等'
  if (outcome === 'void') return '无效'
  const elects = vote.seats !== null
  return outcome === 'passed' ? (elects ? '当选' : '通过') : elects ? '未当选' : '未通过'
}

export interface Verdict {
  outcome: Outcome
  word: string
  /** one sentence more; may be empty */
  text: string
}

/** What the whole vote came to; null: nothing is decided, or nothing is known yet. */
export function verdictOf(vote: Vote): Verdict | null {
  const { result } = vote
  if (!result) return null
  if (!result.quorum_kept) return { outcome: 'void', word: '无效', text: '表决期间到会人数不足，本次表决无效' }
  const decided = result.options.flatMap(({ outcome }) => outcome ?? [])
  if (decided.length === 0) return null
  const count = (wanted: Outcome): number => decided.filter((outcome) => outcome === wanted).length
  const [passed, failed, tied] = [count('passed'), count('failed'), count('tied')]
  const only = decided[0]
  if (decided.length === 1 && only) return { outcome: only, word: outcomeWord(only, vote), text: needWords(vote) }
  const tie = tied > 0 ? `${tied} ${vote.seats === null ? '项' : '人'}票数相等，未能决出` : ''
  if (vote.seats !== null) {
    if (passed === 0) return tied > 0 ? { outcome: 'tied', word: '票数相等', text: tie } : { outcome: 'failed', word: '无人当选', text: `应选 ${vote.seats} 人` }
    const short = passed < vote.seats && tied === 0 ? `应选 ${vote.seats} 人，缺额 ${vote.seats - passed} 人` : `应选 ${vote.seats} 人`
    return { outcome: 'passed', word: `${passed} 人当选`, text: [short, tie].filter((words) => words !== '').join('；') }
  }
  if (passed === 0) return tied > 0 ? { outcome: 'tied', word: '票数相等', text: tie } : { outcome: 'failed', word: vote.method === 'yes_no_abstain' ? '均未通过' : '未通过', text: '' }
  if (vote.method === 'single') return { outcome: 'passed', word: '通过', text: vote.options[result.options.findIndex(({ outcome }) => outcome === 'passed')] ?? '' }
  const rest = [failed > 0 ? `${failed} 项未通过` : '', tie].filter((words) => words !== '').join('；')
  return { outcome: 'passed', word: rest === '' ? '全部通过' : `${passed} 项通过`, text: rest }
}

/** 需 61 票，得 81 票 */
function needWords(vote: Vote): string {
  const option = vote.result?.options[0]
  if (!option?.count || option.needed === null || !('yes' in option.count)) return option?.count === null ? fewWords : ''
  return `赞成 ${option.count.yes} 票，需 ${option.needed} 票`
}

/** 应到 120 人，实到 104 人，收回 100 票 */
export function turnoutLine(vote: Vote): string {
  const parts = [
    vote.expected === null ? '' : `应到会有表决权 ${vote.expected} 人`,
    vote.entitled === null ? '' : `实到 ${vote.entitled} 人`,
    vote.result ? `收回 ${vote.result.ballots} 票` : '',
    vote.result?.blank ? `其中弃权 ${vote.result.blank} 票` : '',
  ]
  return parts.filter((words) => words !== '').join('，')
}

/** Why an action of the desk or a ballot was refused, with its numbers. */
export function refusalLine(problem: ApiProblem): string {
  const { needed, present } = problem.extra
  const numbers = problem.code === 'vote.no_quorum' && typeof needed === 'number' && typeof present === 'number' && !/\d/.test(problem.message) ? `：需到 ${needed} 人，现到 ${present} 人` : ''
  const fields = problem.fields.map(({ message }) => message).filter((message) => !problem.message.includes(message))
  return `${problem.message}${numbers}${fields.length > 0 ? `（${fields.join('；')}）` : ''}`
}
