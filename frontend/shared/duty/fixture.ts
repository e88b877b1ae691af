import type { DutyCalendar, DutyCounts, DutyOrder, DutyPeriod, DutyRule, DutySummary, DutyWarning } from '@/shared/api/duties'

/** Duties of an invented county in November 2026, for tests. */

export const countyRef = { id: '019ab000-0000-7000-8000-00000000c001', name: '青岚县党委' }
export const townRef = { id: '019ab000-0000-7000-8000-00000000c002', name: '云溪镇党委' }
export const branchRef = { id: '019ab000-0000-7000-8000-00000000c003', name: '柳河村党支部' }
export const otherRef = { id: '019ab000-0000-7000-8000-00000000c004', name: '新田村党支部' }

export function aWarning(changes: Partial<DutyWarning> = {}): DutyWarning {
  const { org = branchRef, type = 'party_lecture', period = '2026-Q3' } = changes
  return {
    id: `${org.id}:${type}:${period}`, org, group: null, type, type_title: '党课', period, period_title: '2026年第3季度', due_on: '2026-09-30', state: 'warned', level: 'red', level_title: '红色预警',
    raised_at: '2026-10-01T00:00:05.000Z', satisfied_at: null, late: false, handled: null, orders: 0, ordered_at: null, may_order: true, ...changes,
  }
}

export const counts = (changes: Partial<DutyCounts> = {}): DutyCounts => ({ branches: 1, yellow: 0, orange: 0, red: 0, coming: 0, satisfied: 0, exempt: 0, ...changes })

export function aSummary(changes: Partial<DutySummary> = {}): DutySummary {
  return {
    org: countyRef, period: null, total: counts({ branches: 2, yellow: 1, orange: 2, red: 3, coming: 1, satisfied: 4 }),
    items: [
      { ...counts({ branches: 2, yellow: 1, orange: 2, red: 3, coming: 1, satisfied: 4 }), org: townRef, kind: 'party_committee' },
      { ...counts({ branches: 0 }), org: { id: 'c005', name: '石门镇党委' }, kind: 'party_committee' },
    ],
    ...changes,
  }
}

export function aPeriod(period: string, state: DutyPeriod['state'], changes: Partial<DutyPeriod> = {}): DutyPeriod {
  return {
    period, title: period, state, exemption: null, exemption_title: null, meetings: [], coming: 0, minutes_late: 0, satisfied_at: null, late: false, due_on: '2026-11-30',
    yellow_at: '2026-11-15T16:00:00.000Z', orange_at: '2026-11-25T16:00:00.000Z', red_at: '2026-11-30T16:00:00.000Z', duty_id: null, ...changes,
  }
}

const months = Array.from({ length: 12 }, (_, index) => `2026-${String(index + 1).padStart(2, '0')}`)

/** Held until September, missed in October, to be held in November. */
export function aCalendar(): DutyCalendar {
  const monthly = (missed: string): DutyPeriod[] =>
    months.map((month, index) => {
      const title = `2026年${index + 1}月`
      if (month === missed) return aPeriod(month, 'red', { title, due_on: '2026-10-31', duty_id: `${branchRef.id}:party_day:${month}` })
      if (index < 10) return aPeriod(month, 'satisfied', { title, satisfied_at: `${month}-12T08:00:00.000Z`, late: index === 3, meetings: ['m1'] })
      return index === 10 ? aPeriod(month, 'orange', { title }) : aPeriod(month, 'open', { title, due_on: '2026-12-31', yellow_at: '2026-12-16T16:00:00.000Z', orange_at: '2026-12-27T16:00:00.000Z', red_at: '2026-12-31T16:00:00.000Z' })
    })
  const quarterly = ['satisfied', 'satisfied', 'red', 'coming'].map((state, index) =>
    aPeriod(`2026-Q${index + 1}`, state as DutyPeriod['state'], { title: `2026年第${index + 1}季度`, ...(state === 'satisfied' && { satisfied_at: '2026-02-12T08:00:00.000Z', meetings: ['m2'] }), ...(state === 'coming' && { coming: 1 }) }),
  )
  const none = months.map((month, index) => aPeriod(month, 'exempt', { title: `2026年${index + 1}月`, exemption: 'no_groups', exemption_title: '未设党小组' }))
  return {
    org: branchRef, year: 2026,
    items: [
      { type: 'general_meeting', type_title: '党员大会', group: null, periods: quarterly },
      { type: 'committee_meeting', type_title: '支委会', group: null, periods: monthly('2026-08') },
      { type: 'group_meeting', type_title: '党小组会', group: null, periods: none },
      { type: 'party_lecture', type_title: '党课', group: null, periods: quarterly },
      { type: 'party_day', type_title: '主题党日', group: null, periods: monthly('2026-10') },
      { type: 'organisation_life', type_title: '组织生活会', group: null, periods: [aPeriod('2026', 'yellow', { title: '2026年', due_on: '2026-12-31', orange_at: '2026-12-27T16:00:00.000Z', red_at: '2026-12-31T16:00:00.000Z' })] },
    ],
  }
}

export function anOrder(changes: Partial<DutyOrder> = {}): DutyOrder {
  return {
    id: 'order-1', kind: 'nudge', kind_title: '催办', org: branchRef, duty_id: aWarning().id, from: { id: 'sup', name: '覃督导' }, text: '请本周内补开党课', due_at: null, created_at: '2026-11-20T02:00:00.000Z',
    state: 'open', answer: null, closed_at: null, escalations: [], escalates_at: '2026-11-24T10:00:00.000Z', may_answer: false, may_close: true, ...changes,
  }
}

export function aRule(changes: Partial<DutyRule> = {}): DutyRule {
  return {
    type: 'party_day', type_title: '主题党日', enabled: true, period: 'month', minimum: 1, applies_to: 'every_branch', quorum_percent: null, yellow_workdays: 10, orange_workdays: 3,
    minutes_days: 7, answer_workdays: 2, valid_from: '2018-10-28', valid_to: null, version: 0, ...changes,
  }
}
