import type { Appraisal, AppraisalState, Grade, Tally } from '@/shared/api/appraisals'
import type { Tone } from '@/shared/meeting/words'

/** The words of appraisals, as the manual has them. */

export const grades: readonly Grade[] = ['excellent', 'qualified', 'basically_qualified', 'unqualified']
export const gradeWords: Record<Grade, string> = { excellent: '优秀', qualified: '合格', basically_qualified: '基本合格', unqualified: '不合格' }

export const stateWords: Record<AppraisalState, { text: string; tone: Tone }> = {
  draft: { text: '未启动', tone: 'plain' },
  rating: { text: '自评&互评', tone: 'live' },
  meeting: { text: '评定会议', tone: 'wait' },
  grading: { text: '组织评定', tone: 'wait' },
  ended: { text: '已结束', tone: 'good' },
}

/** Said when somebody ends an appraisal with members who have no grade (manual 9.3.4.8). */
export const ungradedWords = '还有党员待评定，全部党员评定完成后才能进行此操作！'
export const meetWords = '鉴定同本人见面后，将不能修改评定内容，是否确认？'

/** Kinds of meetings that an opinion may be found in, the fittest first. */
export const meetingTypes: readonly string[] = ['appraisal', 'branch_appraisal', 'organisation_life', 'general_meeting', 'committee_meeting']

/** What is kept secret, and where that ends, in words that are true: see docs/adr/0026-appraisals-as-tallies.md. */
export const secretWords: readonly string[] = [
  '任何页面都不显示谁给谁评了什么，书记和管理员也看不到。',
  '截止前，您填的内容加密保存，只有您自己能打开和修改；截止时数出每名党员各等次的票数，您给别人评的逐条内容随即清除。',
  '评某名党员的不满 5 人时，各等次票数不显示，也不保存。',
  '也有做不到的：大家评得完全一样时，从票数就能看出各人怎么评；截止前，同时掌握服务器数据库和密钥的运维人员有可能读出内容。',
]
/** Of participants alone: what others do see. */
export const openWords = '别人能看到的：您的自评（截止后，本支部和上级的管理人员可看），以及您有没有提交。'

export const steps: readonly { state: AppraisalState; word: string }[] = [
  { state: 'rating', word: '自评&互评' },
  { state: 'meeting', word: '评定会议' },
  { state: 'grading', word: '组织评定' },
  { state: 'ended', word: '鉴定与本人见面' },
]

export type StepStanding = 'done' | 'now' | 'later'

/** How a step stands: that all members are graded makes the last one the next to do. */
export function standingOf(step: AppraisalState, appraisal: Pick<Appraisal, 'state' | 'progress'>): StepStanding {
  const order: readonly AppraisalState[] = ['draft', 'rating', 'meeting', 'grading', 'ended']
  const allGraded = appraisal.state === 'grading' && appraisal.progress !== null && appraisal.progress.graded >= appraisal.progress.members
  if (appraisal.state === 'ended') return 'done'
  const at = order.indexOf(allGraded ? 'ended' : appraisal.state)
  const place = order.indexOf(step)
  if (place === at) return 'now'
  return place < at ? 'done' : 'later'
}

/** How many more may be 优秀. */
export function excellentLeft({ excellent, excellent_limit }: { excellent: number; excellent_limit: number }): number {
  return Math.max(0, excellent_limit - excellent)
}

/** 优秀名额 3 人，已评 1 人，还可评 2 人 */
export function excellentWords(progress: { members: number; excellent: number; excellent_limit: number }): string {
  if (progress.excellent_limit === 0) return `参评正式党员 ${progress.members} 人，不足 3 人，没有优秀名额`
  const left = excellentLeft(progress)
  return `优秀名额 ${progress.excellent_limit} 人（不超过参评正式党员 ${progress.members} 人的三分之一），已评 ${progress.excellent} 人，${left > 0 ? `还可评 ${left} 人` : '名额已用完'}`
}

/** 优秀 5、合格 2; grades that nobody gave are left out. */
export function tallyLines(tally: Tally): { grade: Grade; word: string; count: number }[] {
  const { counts } = tally
  return counts === null ? [] : grades.filter((grade) => counts[grade] > 0).map((grade) => ({ grade, word: gradeWords[grade], count: counts[grade] }))
}

/** When the state changes by itself: at the deadline, or when the meeting begins; null: it does not. */
export function nextInstant({ state, deadline, meeting }: Pick<Appraisal, 'state' | 'deadline' | 'meeting'>): number | null {
  if (state === 'rating') return Date.parse(deadline)
  if (state === 'meeting' && meeting) return Date.parse(meeting.starts_at)
  return null
}
