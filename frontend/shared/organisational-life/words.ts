import { clock, span } from '@/shared/format/time'
import { dayWords, type Tone } from '@/shared/meeting/words'
import type { LifeMeeting, LifePhase, LinkedMeeting, MaterialState, OwnPart, Part } from './types'

/** Words of 组织生活会: where it stands, what is to be done now, how a material stands. */

export const phaseWords: Record<LifePhase, { text: string; tone: Tone }> = {
  before: { text: '会前', tone: 'wait' },
  during: { text: '会中', tone: 'wait' },
  after: { text: '会后', tone: 'wait' },
  completed: { text: '已完成', tone: 'good' },
}

/** For those who run it. */
export const materialWords: Record<MaterialState, { text: string; tone: Tone }> = {
  missing: { text: '未提交', tone: 'plain' },
  submitted: { text: '待审核', tone: 'wait' },
  approved: { text: '已通过', tone: 'good' },
  returned: { text: '已退回', tone: 'bad' },
}

/** For its author, who waits for nothing once it is handed in. */
const ownWords: Record<MaterialState, { text: string; tone: Tone }> = {
  missing: { text: '待提交', tone: 'wait' },
  submitted: { text: '已提交，待审核', tone: 'plain' },
  approved: { text: '已通过', tone: 'good' },
  returned: { text: '已退回，请修改', tone: 'bad' },
}

/** The same with what became of it behind the deadline. */
export function ownChip(own: OwnPart): { text: string; tone: Tone } {
  if (!own.late) return ownWords[own.state]
  return { text: own.state === 'returned' ? '已退回，已逾期' : '未提交，已逾期', tone: 'bad' }
}

export const partWords: Record<Part, string> = { committee: '支委会', members: '党员会' }
/** Which type a meeting has to have to be one of its parts. */
export const partTypes: Record<Part, string> = { committee: 'committee_meeting', members: 'organisation_life' }
export const noticeWords: Record<LifeMeeting['notice'], string> = { message: '站内消息', message_and_sms: '站内消息和短信' }

const nearMs = 72 * 3600_000
const phases: readonly LifePhase[] = ['before', 'during', 'after', 'completed']
export type StepState = 'done' | 'now' | 'next'
export interface Step {
  phase: Exclude<LifePhase, 'completed'>
  title: string
  /** what it is about */
  about: string
  state: StepState
}

export function stepsOf(phase: LifePhase): Step[] {
  const at = phases.indexOf(phase)
  const steps = [
    { phase: 'before', title: '会前', about: '对照检查' },
    { phase: 'during', title: '会中', about: '支委会、党员会' },
    { phase: 'after', title: '会后', about: '会后报告' },
  ] as const
  return steps.map((step, index) => ({ ...step, state: index < at ? 'done' : index === at ? 'now' : 'next' }))
}

/** 11 月 25 日 星期三 18:00, with how long it still is when that is near. */
export function untilWords(value: string, now: number): string {
  return `${dayWords(value, now)} ${clock(value)}${leftWords(value, now)}`
}

/** Inside a sentence: 11 月 25 日 星期三 18:00 前 */
function byWords(value: string, now: number): string {
  return `${dayWords(value, now)} ${clock(value)} 前${leftWords(value, now)}`
}

function leftWords(value: string, now: number): string {
  const left = Date.parse(value) - now
  return left > 0 && left < nearMs ? `（还剩 ${span(left)}）`.replace('还剩 不到', '还剩不到') : ''
}

const isHeld = (meeting: LinkedMeeting | null): boolean => meeting?.state === 'ended' || meeting?.state === 'archived'

/** What is to be done now, for those who run it. */
export function taskWords(life: LifeMeeting, now: number): string {
  const { counts, meetings } = life
  const due = untilWords(life.materials_due_at, now)
  const waiting = counts && counts.submitted > 0 ? `有 ${counts.submitted} 份材料等待审核。` : ''
  switch (life.phase) {
    case 'before': {
      const absent = counts ? counts.missing + counts.returned : 0
      return absent > 0 ? `${waiting}还有 ${absent} 人没有交齐对照检查材料，提交截止 ${due}。` : `${waiting || '全部材料已通过。'}${due} 截止后，可以通知召开支委会和党员会。`
    }
    case 'during': {
      const { committee, members } = meetings
      if (members?.state === 'running') return `${waiting}党员会正在进行。`
      if (!committee && !members) return `${waiting}请通知召开支委会和党员会，党员会应在 ${byWords(life.ends_at, now)}召开。`
      if (!members) return `${waiting}请通知召开党员会，应在 ${byWords(life.ends_at, now)}召开。`
      if (!committee) return `${waiting}党员会已安排，还没有通知召开支委会。`
      return `${waiting}两个会议都已安排。党员会结束后，请上传会后报告。`
    }
    case 'after':
      if (isHeld(meetings.members)) return '党员会已结束，请上传会后报告。上传后，本次组织生活会就完成了。'
      if (!meetings.members) return '已过党员会截止时间，还没有召开党员会。请先通知召开，会议结束后再上传会后报告。'
      return '已过党员会截止时间，党员会还没有结束。会议结束后，请上传会后报告。'
    case 'completed':
      return '会后报告已上传，本次组织生活会已完成。'
  }
}

/** What is asked of somebody who takes part. */
export function ownTask(own: OwnPart, life: Pick<LifeMeeting, 'materials_due_at' | 'phase' | 'may'>, now: number): string {
  const due = byWords(life.materials_due_at, now)
  if (own.state === 'approved') return '材料已通过审核，不用再修改。'
  if (!life.may.submit) {
    if (own.state === 'submitted') return '提交已截止，材料正等待审核。'
    return own.state === 'returned' ? '提交已截止，不能再修改。请与党支部联系。' : '提交已截止，没有收到您的材料。请与党支部联系。'
  }
  if (own.state === 'submitted') return `材料已交给党支部审核。${due}还可以修改后再次提交。`
  if (own.state === 'returned') return `请按退回原因修改，${due}再次提交。`
  return `请在 ${due}提交对照检查材料，逾期不能提交。`
}

/** When its phase changes by itself; null: it does not. */
export function nextInstant(life: Pick<LifeMeeting, 'materials_due_at' | 'ends_at' | 'phase'>): number | null {
  if (life.phase === 'before') return Date.parse(life.materials_due_at)
  return life.phase === 'during' ? Date.parse(life.ends_at) : null
}
