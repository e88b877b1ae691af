/** A county's meetings of one day as `/supervision/meetings` tells them, and somebody who looks over them. */

export const county = { id: '019ab000-0000-7000-8000-00000000c001', name: '中共青岚县党委' }
export const town = { id: '019ab000-0000-7000-8000-00000000c002', name: '中共云溪镇党委' }

export const supervisor = { kind: 'staff', account: 'supervisor', roles: [], membership: null, organisation_roles: [{ organisation: county, role: 'supervisor', role_title: '督导员' }] }

const organisation = (own: { id: string; name: string }, level: number, children: object[] = []): object => ({ ...own, short_name: own.name.replace('中共', ''), kind: 'party_committee', kind_title: '党委', level, parent_id: null, order: 1, status: 'active', leaders: [], own_members: 0, members: 0, may_administer: false, may_manage: false, children })
export const tree = organisation(county, 1, [organisation(town, 2)])

export type Row = Record<string, unknown> & { id: string; topic: string }

export function aRow(id: string, changes: object = {}): Row {
  return {
    id, topic: `${id} 的会议`, type: 'general_meeting', type_name: '党员大会', org_id: town.id, org_name: '柳河村党支部', host: { id: 'h', name: '韦建国' }, place: '村部二楼', mode: 'onsite',
    starts_at: '2026-11-21T06:30:00.000Z', ends_at: '2026-11-21T08:00:00.000Z', started_at: '2026-11-21T06:30:00.000Z', ended_at: null, state: 'running',
    expected: 24, present: 20, late: 1, leave: 2, leave_pending: 0, missing: 2, voters: 20, voters_present: 18, quorum: true,
    item: { index: 0, title: '传达学习全会精神', since: '2026-11-21T06:31:00.000Z', ends_at: '2026-11-21T07:01:00.000Z' }, items: 3, alerts: [], visits: 0, visited_by: null, visited_at: null, nudged_at: null, ...changes,
  }
}

export const supervision = (items: readonly Row[], changes: object = {}): object => ({ org_id: county.id, org_name: county.name, date: '2026-11-21', as_of: '2026-11-21T06:41:00.000Z', items, ...changes })

/** Of every kind, as on the day of a county-wide Party day. */
export function manyRows(count: number): Row[] {
  const villages = ['柳河村', '新田村', '石桥村', '大榕社区', '白鹭村', '青山村']
  const topics = ['11 月主题党日', '学习贯彻全会精神', '部署冬季森林防火', '讨论发展党员', '民主评议党员']
  return Array.from({ length: count }, (_, index) => {
    const state = index % 5 === 4 ? 'launched' : index % 9 === 8 ? 'ended' : 'running'
    const alerts = state === 'running' && index % 17 === 3 ? ['item_overrun'] : state === 'running' && index % 43 === 5 ? ['few_present', 'no_quorum'] : state === 'launched' && index % 60 === 4 ? ['not_started', 'leave_waiting'] : []
    return aRow(`m${String(index).padStart(3, '0')}`, {
      topic: topics[index % topics.length], org_name: `${villages[index % villages.length] ?? ''}第 ${index + 1} 党支部`, state, alerts, expected: 20 + (index % 30),
      present: state === 'launched' ? 0 : alerts.includes('few_present') ? 6 : 17 + (index % 4), started_at: state === 'launched' ? null : '2026-11-21T06:30:00.000Z', item: state === 'running' ? aRow('x')['item'] : null,
      starts_at: state === 'launched' ? '2026-11-21T11:30:00.000Z' : '2026-11-21T06:30:00.000Z', ends_at: state === 'launched' ? '2026-11-21T13:00:00.000Z' : '2026-11-21T08:00:00.000Z',
    })
  })
}
