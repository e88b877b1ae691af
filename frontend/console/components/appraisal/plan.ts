import type { Appraisal, AppraisalChanges, NewAppraisal } from '@/shared/api/appraisals'
import type { Standing } from '@/shared/api/members'
import type { OrganisationNode } from '@/shared/api/organisations'
import { localTime, momentOf } from '@/shared/format/local-time'
import { takesInGroups } from '@/shared/meeting/organisations'
import type { FieldProblems, PlanDraft } from '../meetings/plan'

/** The plan of an appraisal as the form holds it: texts as typed, the deadline by Beijing's clock. */
export interface AppraisalDraft {
  org_id: string
  topic: string
  year: string
  /** `2026-11-21T18:00` */
  deadline: string
  mass: boolean
  notice: string
  /** Members who do not take part; everybody else does. */
  left_out: string[]
}

/** What the server takes, see domain/src/appraisal. */
export const limits = { topic: 60, notice: 500, opinion: 2000, followUp: 500, reason: 200 } as const
const dayMs = 24 * 3600_000

/** Only branches appraise. */
export const appraises = (node: OrganisationNode): boolean => node.may_manage && node.status === 'active' && takesInGroups(node.kind)

/** A new plan: of this year, a week to fill in. */
export function emptyDraft(orgId: string, now: number): AppraisalDraft {
  const year = localTime(now).slice(0, 4)
  return { org_id: orgId, topic: `${year} 年度民主评议党员`, year, deadline: `${localTime(now + 7 * dayMs).slice(0, 10)}T18:00`, mass: false, notice: '', left_out: [] }
}

export function draftOf(appraisal: Appraisal): AppraisalDraft {
  return { org_id: appraisal.org.id, topic: appraisal.topic, year: String(appraisal.year), deadline: localTime(appraisal.deadline), mass: appraisal.mass, notice: appraisal.notice ?? '', left_out: [] }
}

/** What is wrong before anything is sent, by the API's names of the fields. */
export function problemsOf(draft: AppraisalDraft, now: number): FieldProblems {
  const found: Record<string, string> = {}
  const deadline = momentOf(draft.deadline)
  if (draft.org_id === '') found['org_id'] = '请选择党支部'
  if (draft.topic.trim() === '') found['topic'] = '请填写评议主题'
  if (!/^20\d\d$/.test(draft.year)) found['year'] = '请填写四位年度'
  if (deadline === null) found['deadline'] = '请选择截止时间'
  else if (deadline <= now) found['deadline'] = '截止时间应在现在之后'
  return found
}

function common(draft: AppraisalDraft): Pick<NewAppraisal, 'topic' | 'year' | 'deadline' | 'notice'> & { mass: boolean } {
  const notice = draft.notice.trim()
  return { topic: draft.topic.trim(), year: Number(draft.year), deadline: new Date(momentOf(draft.deadline) ?? 0).toISOString(), mass: draft.mass, notice: notice === '' ? null : notice }
}

/** `all`: the members of the branch; somebody who joins it meanwhile is taken in when nobody is left out. */
export function newAppraisalOf(draft: AppraisalDraft, all: readonly { id: string }[]): NewAppraisal {
  const plan = { org_id: draft.org_id, ...common(draft) }
  return draft.left_out.length === 0 ? plan : { ...plan, member_ids: all.map(({ id }) => id).filter((id) => !draft.left_out.includes(id)) }
}

export const changesOf = (draft: AppraisalDraft): AppraisalChanges => common(draft)

/** 参加 12 人：正式党员 10 人，预备党员 2 人；优秀最多 3 人 */
export function peopleWords(people: readonly { standing: Standing }[]): string {
  const full = people.filter((person) => person.standing === 'full').length
  const probationary = people.length - full
  return `参加 ${people.length} 人：正式党员 ${full} 人${probationary > 0 ? `，预备党员 ${probationary} 人（参加评议，不评等次）` : ''}；优秀最多 ${Math.floor(full / 3)} 人`
}

/** What is known of the meeting for it: on the afternoon after the deadline, tomorrow at the earliest. */
export function meetingPreset({ org, topic, deadline }: Pick<Appraisal, 'org' | 'topic' | 'deadline'>, now: number): Partial<PlanDraft> {
  const day = localTime(Math.max(Date.parse(deadline), now) + dayMs).slice(0, 10)
  return { org_id: org.id, topic: `${topic}评定会议`, type: 'appraisal', starts: `${day}T14:30`, ends: `${day}T16:00`, signUpUntil: `${day}T12:00` }
}
