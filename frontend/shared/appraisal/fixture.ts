import type { Appraisal, AppraisalForm, AppraisalPerson, MemberResult, Tally } from '@/shared/api/appraisals'

/** An appraisal and what belongs to it as the API gives them, for tests. */

export const appraisalId = '019ac000-0000-7000-8000-000000000001'
export const branch = { id: '019ab000-0000-7000-8000-0000000000aa', name: '柳河村党支部' }
const names = ['韦建国', '罗秀英', '黄志强', '欧阳桂花', '覃永福', '梁晓梅', '莫世荣', '陆春燕', '林少华', '农德胜', '蓝玉珍', '岑立新'] as const

/** Full members but for the last. */
export function somePeople(count = 13): AppraisalPerson[] {
  return Array.from({ length: count }, (_, index) => ({ member_id: `m${index}`, name: names[index] ?? '黎小雨', standing: index === count - 1 ? ('probationary' as const) : ('full' as const) }))
}

export function anAppraisal(changes: Partial<Appraisal> = {}): Appraisal {
  return {
    id: appraisalId,
    org: branch,
    topic: '2026 年度民主评议党员',
    year: 2026,
    deadline: '2026-11-21T10:00:00.000Z',
    mass: true,
    notice: '请实事求是，本着对同志负责的态度填写。',
    state: 'rating',
    state_title: '自评&互评',
    version: 2,
    created_at: '2026-11-14T02:00:00.000Z',
    created_by: { id: 'acc-9', name: '韦建国' },
    started_at: '2026-11-14T03:00:00.000Z',
    counted: false,
    meeting: null,
    ended_at: null,
    reopened: null,
    turnout: { participants: 13, submitted: 7, mass: 4 },
    progress: null,
    oversees: false,
    participates: true,
    submitted: false,
    may: ['form'],
    meet_confirm: null,
    people: somePeople(),
    ...changes,
  }
}

/** The form of the third of them. */
export function aForm(changes: Partial<AppraisalForm> = {}): AppraisalForm {
  const { id, topic, org, state, state_title, deadline } = anAppraisal()
  return {
    appraisal_id: id,
    topic,
    org,
    state,
    state_title,
    deadline,
    submitted: false,
    editable: true,
    rates_self: true,
    self: null,
    ratings: [],
    people: somePeople().filter((person) => person.standing === 'full' && person.member_id !== 'm2'),
    ...changes,
  }
}

export function aTally(excellent: number, qualified: number, basically_qualified = 0, unqualified = 0): Tally {
  return { raters: excellent + qualified + basically_qualified + unqualified, counts: { excellent, qualified, basically_qualified, unqualified }, note: null }
}

export const fewRaters: Tally = { raters: 3, counts: null, note: '少于5人，不显示' }

export function aResult(changes: Partial<MemberResult> = {}): MemberResult {
  return {
    member_id: 'm2',
    name: '黄志强',
    took_part: true,
    self: { grade: 'qualified', grade_title: '合格', text: '一年来按时参加组织生活，带头参加冬季防火巡护；理论学习还不够系统，联系群众还不够主动。' },
    mutual: aTally(4, 6, 1),
    mass: fewRaters,
    grade: null,
    acknowledged_at: null,
    ...changes,
  }
}
