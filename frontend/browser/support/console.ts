import { aWebhook, someKinds } from '@/console/components/webhooks/fixture'
import { anAppraisal, appraisalId, aResult, aTally, somePeople } from '@/shared/appraisal/fixture'
import { branchRef, countyRef } from '@/shared/duty/fixture'
import { someMinutes } from '@/shared/meeting/after/fixture'
import { aMeeting, anAttendee, aVote, meetingId, someFigures } from '@/shared/meeting/fixture'
import { aLife, aPart, lifeId, returned, submitted } from '@/shared/organisational-life/fixture'
import { aLink, aPolicy, anIntegration } from '@/shared/service/fixture'
import { owes, tree as organisations } from './duties'
import type { Mocked } from './mocked'
import { aRow, manyRows, supervision } from './supervised'
import { governs, leader, places } from './tickets'

/** A server behind every page of the console, and somebody who may open them all. */

export const everything = {
  kind: 'staff', account: 'qingnan01', roles: ['admin'], grids: leader.grids, membership: { member_id: 'm0', organisation: branchRef, standing: 'full', standing_title: '正式党员' },
  organisation_roles: [{ organisation: countyRef, role: 'administrator', role_title: '管理员' }, { organisation: branchRef, role: 'secretary', role_title: '书记' }],
}

/** One page after the other: its address below /console, and what is seen once it has come. */
export const everyPage: readonly (readonly [name: string, path: string, shown: string])[] = [
  ['诉求管理', `/grids/${places.county}`, '三组路口的路灯坏了'],
  ['网格管理', `/grids/${places.village}?tab=grid`, '网格二维码'],
  ['诉求统计', '/ticket-statistics', '办结率'],
  ['打印二维码', `/grids/print?below=${places.town}`, '云溪镇 柳河村'],
  ['领导视图', '/overview', '未召开预警'],
  ['会议', '/meetings', '学习贯彻全会精神'],
  ['会议（主持）', `/meetings/${meetingId}`, '罗秀英'],
  ['会议记录', `/meetings/${meetingId}/minutes`, '自动记录'],
  ['组织生活会', '/organisational-life', '组织生活会'],
  ['组织生活会（详情）', `/organisational-life/${lifeId}`, '黄志强'],
  ['民主评议', '/appraisals', '2026 年度民主评议党员'],
  ['民主评议（详情）', `/appraisals/${appraisalId}`, '2026 年度民主评议党员'],
  ['会议督导', '/supervision', '正在开的会'],
  ['会议督导（详情）', `/supervision/${meetingId}`, '罗秀英'],
  ['组织生活督查', '/duties', '2026年第3季度党课未召开'],
  ['组织生活督查·全年', '/duties/calendar', '主题党日'],
  ['组织生活督查·指令', '/duties/orders', '柳河村党支部'],
  ['组织生活督查·规则', '/duties/rules', '党员大会'],
  ['到会统计', '/attendance', '韦建国'],
  ['会议类型', '/meeting-types', '红色祭扫'],
  ['组织机构', '/organisations', '督导员'],
  ['党员', '/members', '韦建国'],
  ['政策与链接', '/services', '医疗保险'],
  ['服务时限', '/service-levels', '接单时限'],
  ['工作日历', '/calendar', '元旦'],
  ['外发渠道', '/channels', '号码已停机'],
  ['开放接口', '/integrations', '12345 热线'],
  ['事件推送', '/webhooks', '县政务服务平台'],
  ['大屏管理', '/screens', '会议室电视'],
  ['消息', '/inbox', '请尽快联系住户'],
]

const now = '2026-11-21T06:40:00.000Z'
const names = ['韦建国', '罗秀英', '黄志强', '覃桂花', '陆永福', '梁少芬', '农春兰', '蒙国庆']
const people = names.map((name, index) => anAttendee({ member_id: `m${index}`, name, ...(index < 5 ? { number: index + 1, present: true, status: index === 4 ? ('late' as const) : ('on_time' as const), presence: [{ from: '2026-11-21T06:21:00.000Z', until: null, way: 'code' as const }] } : {}) }))
const meeting = aMeeting({ state: 'running', state_title: '进行中', started_at: '2026-11-21T06:30:12.000Z', agenda_position: { index: 0, since: '2026-11-21T06:31:00.000Z', ends_at: '2026-11-21T07:01:00.000Z' } })
const members = names.map((name, index) => ({
  id: `m${index}`, account_id: `acc-${index}`, organisation: branchRef, name, phone: `1990000${8990 + index}`, gender: index % 2 === 0 ? 'male' : 'female', standing: index === 6 ? 'probationary' : 'full', standing_title: index === 6 ? '预备党员' : '正式党员',
  positions: index === 0 ? ['secretary'] : [], position_titles: index === 0 ? ['书记'] : [], joined_on: '2011-07-01', became_full_on: '2012-07-01', order: index, status: 'active', status_title: '在册', history_reason: null, photo: null, may_manage: true,
}))
const county = { ...countyRef, name: '中共青岚县党委', short_name: countyRef.name, kind: 'party_committee', kind_title: '党委', level: 1, parent_id: null, order: 1, status: 'active', ends_on: '2027-06-30', founded_on: null, leaders: [{ member_id: 'm0', name: '韦建国', position: 'secretary', position_title: '书记' }], own_members: 0, members: 128, may_administer: true, may_manage: true, children: [], ancestors: [], full_members: 120, warnings: [{ code: 'organisation.few_members', message: '党委一般有党员 100 名以上' }] }

function statisticsLine(key: string, name: string, received: number): object {
  return { key, name, further: false, received, accepted: received, completed: Math.max(0, received - 4), rated: Math.max(0, received - 9), withdrawn: 1, overdue: 3, escalated: 2, overdue_rate: 3 / received, stars: 4.3, accept_median_min: 12.5, accept_average_min: 40.2, complete_median_min: 310, complete_average_min: 1500.5 }
}

function attendanceLine(name: string, expected: number, present: number): object {
  return { key: name, name, org_name: '柳河村党支部', meetings: 6, expected, present, on_time: present, late: 0, left_early: 0, leave: 1, absent: expected - present, substituted: 0, online: 0, rate: present / expected }
}

function calendarYear(year: number): object {
  const first = Date.UTC(year, 0, 1)
  const days = Array.from({ length: 365 }, (_, index) => {
    const at = new Date(first + index * 86_400_000)
    const weekday = at.getUTCDay() === 0 ? 7 : at.getUTCDay()
    const date = at.toISOString().slice(0, 10)
    const free = date === `${year}-01-01`
    return { date, weekday, working: !free && weekday < 6, name: free ? '元旦' : null, special: free, provisional: false }
  })
  return { year, provisional: false, workdays: 248, days }
}

export function servesEveryPage(server: Mocked): void {
  owes(server)
  governs(server)
  server.at('GET', '/integrations', { body: { items: [anIntegration()] } })
  server.at('GET', '/tickets/statistics', ({ query }) => ({ body: { by: query.get('by'), bucket: 'day', from: query.get('from'), until: query.get('until'), grid: { id: places.county, name: '青岚县', full_name: '青岚县', level: 1 }, total: statisticsLine('', '', 240), items: Array.from({ length: 14 }, (_, day) => statisticsLine(`2026-11-${String(day + 8).padStart(2, '0')}`, `2026-11-${String(day + 8).padStart(2, '0')}`, 12 + ((day * 7) % 23))) } }))
  server.at('GET', '/attendance/statistics', ({ query }) => ({ body: { by: query.get('by'), from: query.get('from'), until: query.get('until'), items: names.map((name, index) => attendanceLine(name, 6, 6 - (index % 4))), total: attendanceLine('', 48, 36) } }))
  meetings(server)
  party(server)
  office(server)
  // Pictures of codes and of people.
  server.on(({ path }) => (/\/(qr\.(svg|png)|photo|photos\/.*)$/.test(path) ? { picture: onePixel } : undefined))
}

function meetings(server: Mocked): void {
  server.at('GET', '/meetings', { body: { items: [meeting, aMeeting({ id: 'draft', topic: '部署冬季森林防火', state: 'draft', state_title: '草稿' }), aMeeting({ id: 'over', topic: '十月主题党日', state: 'ended', state_title: '已结束' })].map((one) => ({ ...one, manages: true })), next_cursor: null } })
  server.at('GET', `/meetings/${meetingId}`, { body: { ...meeting, manages: true } })
  server.at('POST', `/supervision/meetings/${meetingId}/visit`, { status: 204 })
  server.at('GET', `/meetings/${meetingId}/sign-in/code`, { body: { code: 'AB3K9XQ2LM7P', url: 'http://localhost:1/s/AAAB.AB3K9XQ2LM7P', slot_ends_at: '2026-11-21T06:41:25.000Z', rotates_every_ms: 5000, now } })
  server.at('GET', `/meetings/${meetingId}/votes`, { body: { items: [aVote()], own_ballot: null } })
  server.state(`meeting:${meetingId}`, {
    meeting: { id: meeting.id, topic: meeting.topic, started_at: meeting.started_at, ended_at: null, cancel_reason: null, items: meeting.agenda },
    figures: someFigures({ state: 'running', agenda: meeting.agenda_position, expected: 8, present: 5, on_time: 4, late: 1, missing: 3 }), attendees: people, votes: [aVote()],
  })
  server.at('GET', `/meetings/${meetingId}/minutes`, { body: someMinutes() })
  server.at('GET', `/meetings/${meetingId}/media`, { body: { items: [] } })
  server.at('GET', `/meetings/${meetingId}/rating`, { body: { own: null, may_rate: false, count: 0, summary: null, items: [] } })
  const rows = [aRow('runs', { topic: '正在开的会', alerts: ['item_overrun'] }), ...manyRows(24)]
  server.at('GET', '/supervision/meetings', ({ query }) => ({ body: supervision(rows, { org_id: query.get('org_id') ?? countyRef.id, date: query.get('date') ?? '2026-11-21' }) }))
  server.state(`supervision:${countyRef.id}`, supervision(rows))
}

function party(server: Mocked): void {
  const managed = (node: object): object => ({ ...node, may_administer: true, may_manage: true, children: (node as { children: object[] }).children.map(managed) })
  server.at('GET', '/organisations/tree', { body: managed(organisations) })
  server.on(({ method, path }) => {
    if (method !== 'GET' || !/^\/organisations\/(?!tree)/.test(path)) return undefined
    return { body: path.endsWith('/roles') ? { items: [{ account_id: 'acc-9', name: '督导员甲', role: 'supervisor', role_title: '督导员' }] } : path.endsWith('/cadres') ? { items: [] } : county }
  })
  server.at('GET', '/members', { body: { items: members, total: 128, page: 1, size: 50 } })
  const parts = [aPart({ member_id: 'm2', name: '黄志强', ...submitted }), aPart({ member_id: 'm1', name: '罗秀英', ...returned }), aPart({ member_id: 'm4', name: '陆永福' })]
  server.at('GET', '/organisational-life', { body: { items: [aLife()], next_cursor: null } })
  server.at('GET', `/organisational-life/${lifeId}`, { body: aLife() })
  server.at('GET', `/organisational-life/${lifeId}/materials`, { body: { items: parts } })
  const progress = { members: 12, graded: 4, excellent: 1, excellent_limit: 4, acknowledged: 0 }
  const turnout = { participants: 13, submitted: 12, mass: 9 }
  const appraisal = anAppraisal({ state: 'grading', state_title: '组织评定', version: 6, counted: true, oversees: true, progress, turnout, meeting: { id: 'mt-1', starts_at: '2026-11-20T06:30:00.000Z' }, may: ['results', 'grade', 'meet'] })
  const results = somePeople().slice(0, 12).map((person, index) => aResult({ member_id: person.member_id, name: person.name, mutual: aTally(index % 5, 9 - (index % 5), index % 3, index === 7 ? 1 : 0), mass: aTally(3, 5, 1) }))
  server.at('GET', '/appraisals', { body: { items: [{ ...appraisal, people: undefined }], next_cursor: null } })
  server.at('GET', `/appraisals/${appraisalId}`, { body: appraisal })
  server.at('GET', `/appraisals/${appraisalId}/results`, { body: { appraisal_id: appraisalId, state: 'grading', state_title: '组织评定', turnout, progress, items: results } })
}

function office(server: Mocked): void {
  server.at('GET', '/policies', { body: { items: [aPolicy()], next_cursor: null } })
  server.at('GET', '/service-links', { body: { items: [aLink()], next_cursor: null } })
  server.at('GET', '/service-levels', { body: { version: 2, accept: { value: 30, unit: 'minutes', clock: 'continuous' }, finish: { value: 24, unit: 'hours', clock: 'continuous' }, exceptions: [], warn_percent: 80, pause_workdays: 10, nudge_cooldown_minutes: 10, nudge_answer: null, nudge_repeat: null, returns_until_escalation: 2, reopen_days: 7, history: [], may_change: true } })
  const hours = [{ from: '08:30', to: '12:00' }, { from: '14:30', to: '18:00' }]
  server.at('GET', '/calendar', ({ query }) => ({ body: { version: 0, week: [hours, hours, hours, hours, hours, [], []], makeup: hours, days: { '2026-01-01': { working: false, name: '元旦' } }, noticed: [2026], history: [], may_change: true, year: calendarYear(Number(query.get('year') ?? 2026)) } }))
  server.at('GET', '/deliveries', { body: { items: [{ key: 'd1', channel: 'sms', state: 'owed', attempts: 3, next_at: now, last_error: '号码已停机', created_at: now, done_at: null, account: { id: 'acc-3', name: '覃桂花' }, cost_milli_fen: null, reference: null }], next_cursor: null } })
  server.at('GET', '/deliveries/counts', { body: { items: [{ month: '2026-11', channel: 'sms', sent: 120, given_up: 2, not_needed: 31, attempts: 130, cost_milli_fen: 540_000 }, { month: '2026-11', channel: 'push', sent: 910, given_up: 0, not_needed: 44, attempts: 911, cost_milli_fen: 0 }] } })
  server.at('GET', '/webhooks', { body: { items: [aWebhook(), aWebhook({ id: 'w2', name: '县融媒体中心', failures: 3, last_status: 503, paused_until: '2026-11-21T06:45:00.000Z', waiting: 12 })], kinds: someKinds } })
  server.at('GET', '/screens', { body: { items: [{ id: 's1', name: '会议室电视', target: `meeting:${meetingId}`, target_title: meeting.topic, paired_by: { id: 'acc-0', name: '韦建国' }, paired_at: now, last_seen_at: now, online: true }, { id: 's2', name: '大厅', target: `board:${places.county}`, target_title: '青岚县', paired_by: { id: 'acc-0', name: '韦建国' }, paired_at: now, last_seen_at: '2026-11-20T06:40:00.000Z', online: false }] } })
  const notice = (id: string, type: string, type_title: string, text: string, urgency = 'normal'): object => ({ id, type, type_title, urgency, title: type_title, text, subject: { kind: 'ticket', id: 't1' }, at: now, read_at: null })
  server.at('GET', '/inbox', { body: { items: [notice('n1', 'nudge', '督促', '请尽快联系住户', 'urgent'), notice('n2', 'approval', '审批', '延期申请等您审批', 'important'), notice('n3', 'meeting', '会议', '明天 14:30 党员大会')], next_cursor: null } })
  server.at('GET', '/inbox/unread', { body: { total: 3, by_type: [{ type: 'nudge', type_title: '督促', unread: 1 }] } })
  server.at('GET', '/me/notifications', { body: { quiet: { from: '22:00', to: '07:00' }, muted: ['progress'], channels: { push: true, wechat: false, sms: true, voice: false }, digest: '08:00', available: { push: true, wechat: false, sms: true, voice: true }, may_mute: ['progress', 'digest', 'meeting'] } })
  server.at('GET', '/push/key', { body: { enabled: false, key: null } })
  server.at('GET', '/push/subscriptions', { body: { items: [] } })
}

const onePixel = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')
