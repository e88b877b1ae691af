import type { Attendee, Figures, Meeting } from './types'
import type { Vote } from './votes'

/** A meeting and people as the API gives them, for tests. */

export const meetingId = '019ab000-0000-7000-8000-000000000001'

export function aMeeting(changes: Partial<Meeting> = {}): Meeting {
  return {
    id: meetingId,
    version: 3,
    topic: '学习贯彻全会精神，部署冬季防火',
    type: 'branch_congress',
    type_name: '支部党员大会',
    org_id: '019ab000-0000-7000-8000-0000000000aa',
    org_name: '柳河村党支部',
    state: 'launched',
    state_title: '已启动',
    host: { id: '019ab000-0000-7000-8000-0000000000b1', name: '韦建国' },
    recorder: { id: '019ab000-0000-7000-8000-0000000000b2', name: '罗秀英' },
    starts_at: '2026-11-21T06:30:00.000Z',
    ends_at: '2026-11-21T08:00:00.000Z',
    mode: 'onsite',
    place: '柳河村党群服务中心二楼会议室',
    video_link: null,
    delegation: null,
    content: '请各位党员带好《支部工作条例》，会前在“学习”里读完两篇文章。',
    attachments: [],
    attendees: { whole_branch: true, members: [], orgs: [] },
    sign_up_until: null,
    sign_in: { required: true, opens_minutes_before: 30, late_after_minutes: 0, fence: null },
    sign_in_opens_at: '2026-11-21T06:00:00.000Z',
    agenda: [
      { title: '传达学习全会精神', minutes: 30, presenter: '韦建国' },
      { title: '讨论冬季森林防火分工', minutes: 20, presenter: '黄志强' },
      { title: '表决预备党员转正', minutes: 15, presenter: null },
    ],
    agenda_position: null,
    launched_at: '2026-11-19T02:00:00.000Z',
    started_at: null,
    ended_at: null,
    cancel_reason: null,
    minutes_state: 'none',
    manages: false,
    ...changes,
  }
}

export function anAttendee(changes: Partial<Attendee> = {}): Attendee {
  return {
    member_id: 'm1',
    name: '黄志强',
    organisation_id: '019ab000-0000-7000-8000-0000000000aa',
    standing: 'full',
    role: 'member',
    substitute_of: null,
    substituted_by: null,
    status: 'expected',
    present: false,
    number: null,
    answer: null,
    signed_up_at: null,
    leave: null,
    presence: [],
    evidence: null,
    hand_raised_at: null,
    photo: null,
    ...changes,
  }
}

export function someFigures(changes: Partial<Figures> = {}): Figures {
  return { expected: 42, present: 0, on_time: 0, late: 0, left_early: 0, online: 0, substituted: 0, leave: 0, leave_pending: 0, missing: 42, guests: 0, hands: 0, state: 'launched', agenda: null, ...changes }
}

export const voteId = '019ab000-0000-7000-8000-0000000000f1'

/** An open vote as the server tells it. */
export function aVote(changes: Partial<Vote> = {}): Vote {
  return {
    id: voteId,
    number: 2,
    version: 4,
    title: '关于修缮三组至五组生产道路、由村集体经济出资 18.6 万元的决议',
    method: 'yes_no_abstain',
    secrecy: 'open',
    options: ['关于修缮三组至五组生产道路、由村集体经济出资 18.6 万元的决议'],
    min: 1,
    max: 1,
    seats: null,
    quorum: { numerator: 1, denominator: 2, more_than: true },
    majority: { base: 'expected', numerator: 1, denominator: 2, more_than: true },
    show: 'after_close',
    rule: '到会须为应到会有表决权人数的过半数；应到会有表决权人数过半数通过',
    state: 'open',
    round: 1,
    opened_at: '2026-11-21T06:41:00.000Z',
    expected: 120,
    entitled: 104,
    roll: [[1, 90], [95, 108]],
    closed_at: null,
    published_at: null,
    cast: 0,
    count: null,
    result: null,
    publishes: null,
    voided: null,
    ...changes,
  }
}
