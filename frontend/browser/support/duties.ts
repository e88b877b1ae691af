import type { DutyWarning } from '@/shared/api/duties'
import { aCalendar, anOrder, aRule, aSummary, aWarning, branchRef, counts, countyRef, otherRef, townRef } from '@/shared/duty/fixture'
import type { Mocked } from './mocked'

/** A county whose branches owe meetings, as the server tells of it, and those who look at it. */

export const supervisor = { kind: 'staff', account: 'supervisor', roles: [], membership: null, organisation_roles: [{ organisation: countyRef, role: 'supervisor', role_title: '督导员' }] }
export const administrator = { kind: 'staff', account: 'admin', roles: ['admin'], membership: null, organisation_roles: [{ organisation: countyRef, role: 'administrator', role_title: '管理员' }] }
export const secretary = { membership: { member_id: 'm1', organisation: branchRef, standing: 'full', standing_title: '正式党员' }, organisation_roles: [{ organisation: branchRef, role: 'secretary', role_title: '书记' }] }
export const cadre = { membership: { member_id: 'm2', organisation: otherRef, standing: 'full', standing_title: '正式党员' }, organisation_roles: [] }

const node = (own: { id: string; name: string }, level: number, parent: string | null, kind: string, members: number, children: object[] = []): object => ({
  ...own, name: `中共${own.name}`, short_name: own.name, kind, kind_title: kind === 'branch' ? '党支部' : '党委', level, parent_id: parent, order: 1, status: 'active', leaders: [], own_members: members, members, may_administer: false, may_manage: false, founded_on: null, ends_on: null, children,
})
export const tree = node(countyRef, 1, null, 'party_committee', 128, [
  node(townRef, 2, countyRef.id, 'party_committee', 44, [node(branchRef, 3, townRef.id, 'branch', 24), node(otherRef, 3, townRef.id, 'branch', 20)]),
  node({ id: 'c005', name: '石门镇党委' }, 2, countyRef.id, 'party_committee', 84),
])

export const townSummary = aSummary({
  org: townRef,
  items: [
    { ...counts({ yellow: 1, orange: 1, red: 2 }), org: branchRef, kind: 'branch' },
    { ...counts({ orange: 1, red: 1, coming: 1 }), org: otherRef, kind: 'branch' },
  ],
})

/** Of all colours and states. */
export function manyWarnings(): DutyWarning[] {
  const of = (type: string, type_title: string, period: string, period_title: string): Partial<DutyWarning> => ({ type, type_title, period, period_title })
  return [
    aWarning({ orders: 1, ordered_at: '2026-11-20T02:00:00.000Z' }),
    aWarning({ ...of('party_day', '主题党日', '2026-10', '2026年10月'), due_on: '2026-10-31', raised_at: '2026-11-01T00:00:05.000Z' }),
    aWarning({ ...of('committee_meeting', '支委会', '2026-11', '2026年11月'), level: 'orange', level_title: '橙色预警', due_on: '2026-11-30' }),
    aWarning({ ...of('organisation_life', '组织生活会', '2026', '2026年'), level: 'yellow', level_title: '黄色预警', due_on: '2026-12-31' }),
    aWarning({ ...of('general_meeting', '党员大会', '2026-Q4', '2026年第4季度'), org: otherRef, state: 'coming', level: 'orange', level_title: '橙色预警', due_on: '2026-12-31' }),
    aWarning({ ...of('party_day', '主题党日', '2026-10', '2026年10月'), org: otherRef, due_on: '2026-10-31' }),
  ]
}

export const types = [
  { code: 'general_meeting', name: '党员大会', family: 'three_meetings', built_in: true, enabled: true },
  { code: 'party_lecture', name: '党课', family: 'three_meetings', built_in: true, enabled: true },
  { code: 'party_day', name: '主题党日', family: 'party_day', built_in: true, enabled: true },
  { code: 'own_1', name: '红色祭扫', family: 'activity', built_in: false, enabled: true },
]

export function owes(server: Mocked, warnings: readonly DutyWarning[] = manyWarnings()): void {
  server.at('GET', '/duties/branches', { body: { items: [] } })
  server.at('GET', '/organisations/tree', { body: tree })
  server.at('GET', '/meeting-types', { body: { items: types } })
  server.at('GET', '/duties/summary', ({ query }) => ({ body: query.get('org') === townRef.id ? townSummary : query.get('org') === branchRef.id ? aSummary({ org: branchRef, items: [] }) : aSummary() }))
  server.at('GET', '/duties', ({ query }) => {
    const [level, org, handled] = ['level', 'org', 'handled'].map((name) => query.get(name))
    const fits = (warning: DutyWarning): boolean => (level === null || warning.level === level) && (org === null || org !== branchRef.id || warning.org.id === org) && (handled === null || (handled === 'true') === (warning.handled !== null))
    return { body: { items: warnings.filter(fits), next_cursor: null } }
  })
  server.at('GET', '/duties/calendar', { body: aCalendar() })
  server.at('GET', '/orders', { body: { items: [anOrder()], next_cursor: null } })
  server.at('GET', '/duty-rules', { body: { items: [aRule({ type: 'general_meeting', type_title: '党员大会', period: 'quarter', quorum_percent: 50 }), aRule({ version: 2, minutes_days: 10 }), aRule({ type: 'party_lecture', type_title: '党课', period: 'quarter' })] } })
}
