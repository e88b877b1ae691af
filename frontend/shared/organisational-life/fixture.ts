import type { LifeMeeting, LinkedMeeting, Material, OwnPart } from './types'

/** A 组织生活会 and its materials as the server tells them. */

export const lifeId = '019ab000-0000-7000-8000-00000000d001'
export const lifeBranch = { id: 'o1', name: '中共柳河村党支部' }

export function aLife(changes: Partial<LifeMeeting> = {}): LifeMeeting {
  return {
    id: lifeId,
    version: 1,
    org: lifeBranch,
    topic: '2026 年度组织生活会',
    year: 2026,
    content: '围绕为民服务办实事，查摆问题，开展批评和自我批评。\n材料不少于 800 字。',
    attachments: [],
    notice: 'message',
    notice_title: '站内消息',
    materials_due_at: '2026-11-23T10:00:00.000Z',
    ends_at: '2026-12-05T10:00:00.000Z',
    phase: 'before',
    phase_title: '会前',
    created_by: { id: 'acc-9', name: '韦建国' },
    created_at: '2026-11-12T02:00:00.000Z',
    meetings: { committee: null, members: null },
    reported_at: null,
    counts: { participants: 5, submitted: 1, approved: 1, returned: 1, missing: 2, late: 0 },
    own: null,
    may: { edit: true, delete: true, review: true, link: false, report: false, submit: false },
    ...changes,
  }
}

export function aPart(changes: Partial<OwnPart> = {}): OwnPart {
  return { member_id: 'm1', name: '黄志强', state: 'missing', state_title: '未提交', version: 0, submitted_at: null, decided_by: null, decided_at: null, late: false, ...changes }
}

export const submitted: Partial<OwnPart> = { state: 'submitted', state_title: '待审核', version: 1, submitted_at: '2026-11-20T08:12:00.000Z' }
export const returned: Partial<OwnPart> = { state: 'returned', state_title: '已退回', version: 1, submitted_at: '2026-11-19T08:12:00.000Z', decided_by: { id: 'acc-9', name: '韦建国' }, decided_at: '2026-11-20T01:30:00.000Z' }

export function aMaterial(part: OwnPart, changes: Partial<Material> = {}): Material {
  const versions = Array.from({ length: part.version }, (_, index) => ({ version: part.version - index, submitted_at: part.submitted_at ?? '', text: `一、查摆的问题\n联系群众不够经常，对三组、五组走访偏少。\n\n二、整改措施（第 ${part.version - index} 稿）\n每月走访不少于两次，年底前完成。`, attachments: [] }))
  return { ...part, reason: part.state === 'returned' ? '请补充整改措施，写明完成时间。' : null, versions, may: { submit: false, decide: false }, ...changes }
}

export function aLinked(changes: Partial<LinkedMeeting> = {}): LinkedMeeting {
  return { id: 'mt1', topic: '2026 年度组织生活会', state: 'launched', state_title: '待召开', starts_at: '2026-11-25T06:30:00.000Z', ends_at: '2026-11-25T08:00:00.000Z', ended_at: null, minutes_state: 'none', minutes_title: '未上传', ...changes }
}
