import type { LifeMeetingChanges, NewLifeMeeting } from '@/shared/api/organisational-life'
import type { Attachment } from '@/shared/api/types'
import { localTime, momentOf } from '@/shared/format/local-time'
import type { LifeMeeting } from '@/shared/organisational-life/types'

/** A 组织生活会 as its form holds it: texts as typed, times by Beijing's clock. */
export interface LifePlan {
  org_id: string
  topic: string
  year: number
  content: string
  /** `2026-12-01T18:00` */
  due: string
  ends: string
  notice: LifeMeeting['notice']
  /** null: the whole branch */
  members: string[] | null
  papers: Attachment[]
}

export type FieldProblems = Readonly<Record<string, string>>

const dayMs = 86_400_000
/** What the server takes, see domain/src/organisational_life/plan.rs. */
export const limits = { topic: 100, content: 5000, papers: 20, report: 20_000 } as const

/** Ten days for writing, ten more for the meetings. */
export function emptyPlan(orgId: string, now: number): LifePlan {
  const day = (days: number): string => localTime(now + days * dayMs).slice(0, 10)
  return { org_id: orgId, topic: '', year: yearOf(now), content: '', due: `${day(10)}T18:00`, ends: `${day(20)}T18:00`, notice: 'message', members: null, papers: [] }
}

export function planOf(life: LifeMeeting): LifePlan {
  return { org_id: life.org.id, topic: life.topic, year: life.year, content: life.content, due: localTime(life.materials_due_at), ends: localTime(life.ends_at), notice: life.notice, members: null, papers: [...life.attachments] }
}

/** The server takes the year in which it was made, the one before and the one after. */
export function yearsAround(at: string | number): number[] {
  const year = yearOf(at)
  return [year + 1, year, year - 1]
}

/** What is wrong before anything is sent, by the API's names of the fields. `before`: what it was, for one that is changed. */
export function problemsOf(plan: LifePlan, now: number, before: LifePlan | null = null): FieldProblems {
  const found: Record<string, string> = {}
  const [due, ends] = [momentOf(plan.due), momentOf(plan.ends)]
  if (plan.org_id === '') found['org_id'] = '请选择党支部'
  if (plan.topic.trim() === '') found['topic'] = '请填写会议名称'
  if (plan.content.trim() === '') found['content'] = '请填写会议议题和要求'
  if (due === null) found['materials_due_at'] = '请填写对照检查截止时间'
  else if (due <= now && plan.due !== before?.due) found['materials_due_at'] = '截止时间应在现在之后'
  if (ends === null) found['ends_at'] = '请填写党员会截止时间'
  else if (due !== null && ends <= due) found['ends_at'] = '党员会截止时间应晚于对照检查截止时间'
  else if (ends <= now && plan.ends !== before?.ends) found['ends_at'] = '截止时间应在现在之后'
  if (plan.members?.length === 0) found['members'] = '请选择参加人员'
  return found
}

export function newLifeMeetingOf(plan: LifePlan): NewLifeMeeting {
  return {
    org_id: plan.org_id,
    topic: plan.topic.trim(),
    year: plan.year,
    content: plan.content.trim(),
    materials_due_at: isoOf(plan.due),
    ends_at: isoOf(plan.ends),
    notice: plan.notice,
    ...(plan.members === null ? {} : { members: plan.members }),
    attachments: plan.papers.map(({ id }) => id),
  }
}

/** Only what was changed here: what a colleague changed meanwhile stays. */
export function changesOf(plan: LifePlan, before: LifePlan): LifeMeetingChanges {
  const [papers, had] = [plan.papers, before.papers].map((list) => list.map(({ id }) => id))
  return {
    ...(plan.topic.trim() === before.topic ? {} : { topic: plan.topic.trim() }),
    ...(plan.year === before.year ? {} : { year: plan.year }),
    ...(plan.content.trim() === before.content ? {} : { content: plan.content.trim() }),
    ...(plan.due === before.due ? {} : { materials_due_at: isoOf(plan.due) }),
    ...(plan.ends === before.ends ? {} : { ends_at: isoOf(plan.ends) }),
    ...(String(papers) === String(had) ? {} : { attachments: papers }),
  }
}

function yearOf(at: string | number): number {
  return Number(localTime(at).slice(0, 4))
}

function isoOf(local: string): string {
  return new Date(momentOf(local) ?? 0).toISOString()
}
