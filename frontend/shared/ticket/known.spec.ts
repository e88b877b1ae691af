import { describe, expect, it } from 'vitest'
import { joinedFacts, nearbyFacts, sentenceProblem } from './known'

const now = Date.parse('2026-11-22T04:00:00Z')

describe('the public sentence', () => {
  it.each([
    ['三组路口的路灯不亮', null],
    ['  路灯坏了  ', null],
    ['3 组 12 号门前 2026-11-22 起停水', null],
    ['12345678901 号电线杆倾斜', null],
    ['长'.repeat(60), null],
    ['𠮷'.repeat(60), null],
    ['路灯坏', '至少写 4 个字，让邻居看得明白。'],
    ['    ', '至少写 4 个字，让邻居看得明白。'],
    ['长'.repeat(61), '最多 60 个字。'],
    ['路灯坏了\n请绕行', '只写一句话，不要换行。'],
    ['请打13812345678问路灯', '含有像手机号的数字，请去掉。'],
    ['请打 138-1234 5678 问路灯', '含有像手机号的数字，请去掉。'],
    ['请打１３８１２３４５６７８', '含有像手机号的数字，请去掉。'],
    ['身份证45010219900101123X的路灯', '含有像身份证号的数字，请去掉。'],
  ])('%s', (text, problem) => expect(sentenceProblem(text)).toBe(problem))
})

describe('the facts beside it', () => {
  const nearby = { state: 'accepted' as const, distance_m: 100, since: '2026-11-22T02:20:00Z', joined: 2 }

  it('tell where, since when and how many', () => {
    expect(nearbyFacts(nearby, now)).toMatch(/^正在办理 · 约 100 米内 · .*10:20 公开 · 2 人也遇到了$/)
    expect(nearbyFacts({ ...nearby, state: 'submitted', distance_m: null, joined: 0 }, now)).toMatch(/^等待接单 · .*10:20 公开$/)
  })

  it('tell when somebody joined, and when it was done', () => {
    const joined = { state: 'accepted' as const, joined: 1, joined_at: '2026-11-22T03:02:00Z', completed_at: null }
    expect(joinedFacts(joined, now)).toMatch(/11:02 加入$/)
    expect(joinedFacts({ ...joined, state: 'completed', joined: 3, completed_at: '2026-11-22T03:30:00Z' }, now)).toMatch(/11:30 办结 · 共 3 人也遇到了$/)
  })
})
