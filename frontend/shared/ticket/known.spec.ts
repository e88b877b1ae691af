import { describe, expect, it } from 'vitest'
import { nearbyFacts } from './known'
import { sentenceProblem } from './sentence'

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
  it.each([
    [{ state: 'accepted', distance_m: 100, joined: 2 } as const, '正在办理 · 约 100 米内 · 2 人也遇到了'],
    [{ state: 'submitted', distance_m: null, joined: 0 } as const, '等待接单'],
  ])('tell how it stands, how far away, and how many: %o', (item, facts) => expect(nearbyFacts(item)).toBe(facts))
})
