import { describe, expect, it } from 'vitest'
import { nudgeState, nudgeThreat, type Nudge } from './nudge-state'

const now = Date.parse('2026-11-21T07:00:00Z')
const nudge = (fields: Partial<Nudge>): Nudge => ({
  count: 1,
  last_at: '2026-11-21T06:52:00Z',
  last_by: { id: 'l', name: '罗志强' },
  last_to: [{ id: 'a', name: '吴德明' }, { id: 'b', name: '蒋大勇' }],
  last_note: '请尽快接单',
  unread: true,
  read_at: null,
  answer_by: '2026-11-21T07:12:00Z',
  ...fields,
})

describe('nudgeState', () => {
  it('says who asked whom and what happens without an answer', () => {
    expect(nudgeState(nudge({ count: 2 }), now)).toEqual({
      asked: '罗志强 14:52 督促（第 2 次）',
      note: '请尽快接单',
      to: '吴德明、蒋大勇',
      answered: false,
      answer: '未回应',
      threat: '今天 15:12 前未回复将上报',
    })
  })

  it('knows an answer and the rules as the one who asks', () => {
    const state = nudgeState(nudge({ last_by: null, unread: false, read_at: '2026-11-21T06:55:00Z' }), now)
    expect(state).toMatchObject({ asked: '系统 14:52 督促', answer: '已收到（14:55）', threat: null })
  })

  it('threatens only as long as there is time', () => {
    expect(nudgeThreat(nudge({ answer_by: '2026-11-21T06:59:00Z' }), now)).toBe('逾期未回复，正在上报')
    expect(nudgeThreat(nudge({ answer_by: null }), now)).toBeNull()
    expect(nudgeThreat(null, now)).toBeNull()
  })
})
