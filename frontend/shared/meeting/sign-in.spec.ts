import { describe, expect, it } from 'vitest'
import { ApiProblem, parseProblem } from '@/shared/api/problem'
import { claimLeft, dropClaim, holdClaim, type TabStore } from './claim'
import { opensAt, refusalWords, scanRefusal } from './refusals'
import { readScan } from './scan'

const now = Date.parse('2026-11-21T06:00:00.000Z')

function tabStore(): TabStore {
  const values = new Map<string, string>()
  return { getItem: (key) => values.get(key) ?? null, setItem: (key, value) => void values.set(key, value), removeItem: (key) => void values.delete(key) }
}

describe('a claim', () => {
  it('is kept over a login and a reload, with the time when it came', () => {
    const store = tabStore()
    expect(holdClaim(store, 'm', '#abc.def', now)).toEqual({ claim: 'abc.def', receivedAt: now })
    expect(holdClaim(store, 'm', '', now + 30_000)).toEqual({ claim: 'abc.def', receivedAt: now })
    expect(holdClaim(store, 'm', '#abc.def', now + 31_000)?.receivedAt).toBe(now)
    expect(holdClaim(store, 'other', '', now)).toBeNull()
  })

  it('gives way to that of a new scan, and is gone when it was dropped', () => {
    const store = tabStore()
    holdClaim(store, 'm', '#old', now)
    expect(holdClaim(store, 'm', '#new', now + 50_000)).toEqual({ claim: 'new', receivedAt: now + 50_000 })
    dropClaim(store, 'm')
    expect(holdClaim(store, 'm', '', now)).toBeNull()
  })

  it('lives as long as the page where nothing can be stored', () => {
    const full: TabStore = { ...tabStore(), setItem: () => { throw new Error('full') } }
    expect(holdClaim(full, 'm', '#abc', now)?.claim).toBe('abc')
    expect(holdClaim({ ...tabStore(), getItem: () => '{"claim":7}' }, 'm', '', now)).toBeNull()
    expect(holdClaim({ ...tabStore(), getItem: () => 'nonsense' }, 'm', '', now)).toBeNull()
  })

  it('does not live longer because a clock was set back', () => {
    const store = tabStore()
    holdClaim(store, 'm', '#abc', now)
    expect(holdClaim(store, 'm', '', now - 60_000)?.receivedAt).toBe(now - 60_000)
  })

  it.each([
    [0, 89, 'calm'],
    [60_000, 29, 'calm'],
    [69_000, 20, 'soon'],
    [88_000, 1, 'soon'],
    [88_500, 0, 'over'],
    [200_000, 0, 'over'],
  ])('after %i ms has %i s left', (ms, seconds, tone) => expect(claimLeft({ claim: 'x', receivedAt: now }, now + ms)).toMatchObject({ seconds, tone }))
})

describe('a refusal', () => {
  const problem = (code: string, extra: object = {}): ApiProblem => parseProblem(409, { code, detail: '服务器的话', ...extra }, null)
  it.each([
    ['meeting.claim_expired', '扫码已超过 90 秒', 'scan'],
    ['meeting.claim_used', '这次扫码已经用过', 'scan'],
    ['meeting.claim_unknown', '没有认出这次扫码', 'scan'],
    ['meeting.claim_of_another_device', '请用扫码的那部手机', 'scan'],
    ['meeting.not_invited', '您不在参会名单上', 'ask'],
    ['meeting.location_required', '需要您的位置', 'place'],
    ['meeting.location_too_coarse', '位置不够准', 'place'],
    ['meeting.outside_fence', '您不在会场范围内', 'place'],
    ['meeting.not_found', '没有找到这个会议', 'ask'],
  ])('%s has words of its own and a next step', (code, title, step) => expect(refusalWords(problem(code), now)).toMatchObject({ title, step }))

  it('of a closed sign-in says when it opens, or that it will not', () => {
    const early = problem('meeting.sign_in_closed', { opens_at: '2026-11-21T06:30:00.000Z', state: 'launched' })
    expect(refusalWords(early, now)).toMatchObject({ title: '签到还没开始', text: expect.stringContaining('今天 14:30 开始签到') as string, step: 'wait' })
    expect(opensAt(early, now)).toBe(Date.parse('2026-11-21T06:30:00.000Z'))
    expect(refusalWords(problem('meeting.sign_in_closed', { opens_at: '2026-11-21T05:30:00.000Z', state: 'ended' }), now)).toMatchObject({ title: '会议已结束', step: 'ask' })
    expect(refusalWords(problem('meeting.sign_in_closed', { state: 'cancelled' }), now).title).toBe('会议已取消')
    expect(refusalWords(problem('meeting.sign_in_closed', { opens_at: '2026-11-21T05:30:00.000Z', state: 'running' }), now).title).toBe('签到时间已过')
    expect(opensAt(problem('meeting.sign_in_closed', { opens_at: 7 }), now)).toBeNull()
  })

  it('that nobody foresaw says what the server says; a lost network may be tried again', () => {
    expect(refusalWords(problem('meeting.later'), now)).toMatchObject({ title: '没有签上', text: '服务器的话' })
    expect(refusalWords(new ApiProblem(0, 'network.unreachable', ''), now)).toMatchObject({ step: 'again' })
    expect(refusalWords(new ApiProblem(503, 'unavailable', '忙'), now)).toMatchObject({ step: 'again' })
  })

  it('of a scan is told behind the #', () => {
    expect(scanRefusal('#meeting.code_expired').title).toBe('这个二维码已经过期')
    expect(scanRefusal('#meeting.unavailable').title).toBe('签到暂时打不开')
    expect(scanRefusal('#<script>').title).toBe('没有认出这个二维码')
    expect(scanRefusal('').title).toBe('没有认出这个二维码')
  })
})

describe('what the camera read', () => {
  const origin = 'https://lx.example.cn'
  it.each([
    ['https://lx.example.cn/s/AAAB.7KQ2M4XPT3ZA', { kind: 'code', path: '/s/AAAB.7KQ2M4XPT3ZA' }],
    ['  https://lx.example.cn/s/AAAB.7KQ2  ', { kind: 'code', path: '/s/AAAB.7KQ2' }],
    ['https://lx.example.cn/s/AAAB.7KQ2?next=//evil', { kind: 'code', path: '/s/AAAB.7KQ2' }],
    ['http://lx.example.cn/s/AAAB.7KQ2', { kind: 'foreign' }],
    ['https://lx.example.cn.evil.com/s/AAAB.7KQ2', { kind: 'foreign' }],
    ['https://lx.example.cn@evil.com/s/AAAB', { kind: 'foreign' }],
    ['https://someone@lx.example.cn/s/AAAB', { kind: 'foreign' }],
    ['https://lx.example.cn/g/AAAB', { kind: 'foreign' }],
    ['https://lx.example.cn/s/a/b', { kind: 'foreign' }],
    ['https://lx.example.cn/s/', { kind: 'foreign' }],
    ['javascript:alert(1)', { kind: 'foreign' }],
    ['WIFI:S:lx;;', { kind: 'foreign' }],
    ['', { kind: 'nothing' }],
  ])('%s', (text, result) => expect(readScan(text, origin)).toEqual(result))
})
