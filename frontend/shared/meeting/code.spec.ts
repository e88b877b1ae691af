import { expect, it } from 'vitest'
import { isGood, nextIn, qrPath, shareLeft, shownCode } from './code'

/** A phone whose clock is an hour off shows the same code for the same time. */
const receivedAt = Date.parse('2026-11-21T07:00:00.000Z')
const code = shownCode({ code: 'x', url: 'https://lx.cn/s/A.x', slot_ends_at: '2026-11-21T06:00:05.000Z', rotates_every_ms: 5000, now: '2026-11-21T06:00:02.000Z' }, receivedAt)

it('is good until its slot ends and a moment more, whatever the phone’s clock says', () => {
  expect(code.endsAt).toBe(receivedAt + 3000)
  expect([0, 2999, 4499, 4500, 60_000].map((after) => isGood(code, receivedAt + after))).toEqual([true, true, true, false, false])
})

it('is asked for anew when its slot ends, and at once when that is over', () => {
  expect(nextIn(code, receivedAt)).toBe(3020)
  expect(nextIn(code, receivedAt + 9000)).toBe(50)
  expect(shareLeft(code, receivedAt + 500)).toBe(0.5)
  expect(shareLeft(code, receivedAt + 9000)).toBe(0)
})

it('of unreadable times is not shown for long', () => {
  const broken = shownCode({ code: 'x', url: 'u', slot_ends_at: 'later', rotates_every_ms: 5000, now: 'now' }, receivedAt)
  expect(isGood(broken, receivedAt + 1500)).toBe(false)
})

it('is drawn as runs of modules within a quiet zone', () => {
  expect(qrPath([[true, true, false], [false, false, false], [false, true, true]])).toEqual({ path: 'M4 4h2v1h-2zM5 6h2v1h-2z', size: 11 })
})
