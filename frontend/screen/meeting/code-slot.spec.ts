import { describe, expect, it } from 'vitest'
import { asksAt, doorOf, graceMs, showsCode, type CodeMemory } from './code-slot'
import { factsOf, minute, threeOClock } from './meeting-fixture'
import type { MeetingState } from './types'

const memory = (change: Partial<CodeMemory>): CodeMemory => ({ slotEndsAt: 10_000, rotatesEveryMs: 5_000, askedAt: 6_000, underWayMs: 40, spreadMs: 0, ...change })

describe('the next request', () => {
  it.each([
    ['at once when there was none', { askedAt: null, slotEndsAt: null }, -Infinity],
    ['just after the slot began, counting the way', {}, 10_020],
    ['a little later on this screen than on the next', { spreadMs: 200 }, 10_220],
    ['in the next slot when the one of this slot did not come', { askedAt: 10_020 }, 15_020],
    ['in the next slot also after several that did not come', { askedAt: 21_000 }, 25_020],
    ['a slot later when there never was a code', { slotEndsAt: null, askedAt: 7_000 }, 12_000],
    ['not at once when the answer was of the slot before', { slotEndsAt: 6_050, askedAt: 6_040 }, 7_040],
  ])('%s', (_, change, at) => {
    expect(asksAt(memory(change))).toBe(at)
  })

  it('is one for each slot over an hour, also when every third is lost', () => {
    let state = memory({ askedAt: null, slotEndsAt: null })
    const slots: number[] = []
    for (let now = 0; now < 3_600_000; now += 100) {
      if (now < asksAt(state)) continue
      const slot = Math.floor(now / 5_000)
      slots.push(slot)
      state = { ...state, askedAt: now }
      if (slots.length % 3 !== 0) state = { ...state, slotEndsAt: (slot + 1) * 5_000 }
    }
    expect(new Set(slots).size).toBe(slots.length)
    expect(slots.length).toBe(720)
  })
})

describe('the code that is shown', () => {
  it.each([
    [null, 0, false],
    [10_000, 9_999, true],
    [10_000, 10_000 + graceMs - 1, true],
    [10_000, 10_000 + graceMs, false],
  ])('slot until %s, now %d: %s', (slotEndsAt, now, shown) => {
    expect(showsCode(memory({ slotEndsAt }), now)).toBe(shown)
  })

  it('is never one that the server does not take any more', () => {
    expect(graceMs).toBeLessThan(5_000 / 2)
  })
})

describe('the door', () => {
  const opens = threeOClock - 30 * minute
  it.each<[string, MeetingState, number, boolean, ReturnType<typeof doorOf>]>([
    ['before the doors open', 'launched', opens - 1, true, 'closed'],
    ['when they open', 'launched', opens, true, 'open'],
    ['while the meeting runs', 'running', threeOClock + minute, true, 'open'],
    ['when it is over', 'ended', threeOClock + minute, true, 'over'],
    ['when it was cancelled', 'cancelled', opens, true, 'over'],
    ['before it is launched', 'draft', threeOClock, true, 'closed'],
    ['where nobody signs in', 'running', threeOClock, false, 'none'],
  ])('%s', (_, state, now, signInRequired, door) => {
    expect(doorOf(factsOf({ signInRequired, signInOpensAt: opens }), state, now)).toBe(door)
  })

  it('is open when no hour is set', () => {
    expect(doorOf(factsOf({ signInOpensAt: null }), 'launched', 0)).toBe('open')
  })
})
