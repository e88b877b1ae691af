import { meetingId } from '@/shared/meeting/fixture'
import type { AttendanceLine, Facts, Minutes, Picture } from './types'

/** Minutes and pictures as the API gives them, for tests. */

const line = (name: string, changes: Partial<AttendanceLine> = {}): AttendanceLine => ({
  member_id: `m-${name}`,
  name,
  organisation: '中共柳河村党支部',
  standing: 'full',
  role: 'member',
  status: 'on_time',
  status_title: '准时',
  voter: true,
  presence: [{ from: '2026-11-21T06:21:00.000Z', until: null, way: 'code' }],
  ...changes,
})

export function someFacts(changes: Partial<Facts> = {}): Facts {
  return {
    meeting_id: meetingId,
    as_of: 1540,
    heading: {
      topic: '学习贯彻全会精神，部署冬季防火',
      type_name: '支部党员大会',
      organisation: '中共柳河村党支部',
      place: '柳河村党群服务中心二楼会议室',
      mode: 'onsite',
      host: '韦建国',
      recorder: '罗秀英',
      starts_at: '2026-11-21T06:30:00.000Z',
      ends_at: '2026-11-21T08:00:00.000Z',
      started_at: '2026-11-21T06:30:12.000Z',
      ended_at: '2026-11-21T07:48:40.000Z',
      content: '请各位党员带好《支部工作条例》。',
    },
    figures: { expected: 9, present: 6, leave: 1, absent: 2, late: 1, left_early: 1, substituted: 0, guests: 1, online: 0, voters: 8, voters_present: 6 },
    attendance: [
      line('韦建国'),
      line('罗秀英'),
      line('黄志强'),
      line('覃桂花', { status: 'late', status_title: '迟到', presence: [{ from: '2026-11-21T06:42:00.000Z', until: null, way: 'manual' }] }),
      line('陆永福', { status: 'left_early', status_title: '早退', presence: [{ from: '2026-11-21T06:25:00.000Z', until: '2026-11-21T07:20:00.000Z', way: 'code' }] }),
      line('梁少芬', { standing: 'probationary', voter: false }),
      line('农春兰', { status: 'leave_approved', status_title: '请假', presence: [], leave_reason: '住院治疗' }),
      line('蒙国庆', { status: 'absent', status_title: '缺席', presence: [] }),
      line('李春生', { status: 'absent', status_title: '缺席', presence: [] }),
      line('岑美珍', { organisation: '', standing: 'none', role: 'guest', status: 'guest', status_title: '列席', voter: false, presence: [{ from: '2026-11-21T06:28:00.000Z', until: null, way: 'manual' }] }),
    ],
    agenda: [
      { title: '传达学习全会精神', presenter: '韦建国', minutes: 30, times: [{ from: '2026-11-21T06:31:00.000Z', until: '2026-11-21T06:58:00.000Z' }] },
      { title: '讨论冬季森林防火分工', presenter: '黄志强', minutes: 20, times: [{ from: '2026-11-21T06:58:00.000Z', until: '2026-11-21T07:31:00.000Z' }] },
      { title: '表决预备党员转正', presenter: null, minutes: 15, times: [{ from: '2026-11-21T07:31:00.000Z', until: '2026-11-21T07:48:40.000Z' }] },
    ],
    resolutions: [
      {
        title: '同意梁少芬同志按期转为中共正式党员',
        secret: true,
        options: [{ title: '赞成', count: 6 }, { title: '反对', count: 0 }, { title: '弃权', count: 0 }],
        entitled: 8,
        present: 6,
        cast: 6,
        rule: '到会须为应到会有表决权人数的过半数；应到会有表决权人数过半数通过，须不少于 5 票',
        outcome: '通过',
        opened_at: '2026-11-21T07:35:00.000Z',
        closed_at: '2026-11-21T07:38:00.000Z',
      },
    ],
    calls: [{ at: '2026-11-21T07:05:00.000Z', name: '黄志强', item: 1 }, { at: '2026-11-21T07:12:00.000Z', name: '覃桂花', item: 1 }],
    papers: [{ id: 'p1', name: '冬季森林防火分工表.pdf' }],
    media: [],
    ...changes,
  }
}

export function someMinutes(changes: Partial<Minutes> = {}): Minutes {
  return {
    meeting_id: meetingId,
    state: 'draft',
    state_title: '草稿',
    version: 1,
    text: { content: '传达学习全会精神，部署冬季防火。', discussions: ['', '三组负责北坡，四组负责水库边。'], decisions: '', remarks: '' },
    edited_by: { id: 'acc-2', name: '罗秀英' },
    edited_at: '2026-11-21T08:05:00.000Z',
    signed_by: null,
    signed_at: null,
    may: { edit: true, sign: true, reopen: false },
    rate_permille: 667,
    sha256: '586427d71e82d0004a6dfe77f3bb1c88abccd2b6a8fe3887fbcd7dccf1cf5e8e',
    facts: someFacts(),
    ...changes,
  }
}

export function aPicture(id: string, caption: string | null, changes: Partial<Picture['file']> = {}): Picture {
  return {
    file: { id, kind: 'image', media_type: 'image/png', size: 48_120, url: `/api/v1/attachments/${id}`, name: '现场.png', width: 160, height: 160, duration_ms: null, ...changes },
    caption,
    by: { id: 'acc-2', name: '罗秀英' },
    at: '2026-11-21T07:50:00.000Z',
  }
}
