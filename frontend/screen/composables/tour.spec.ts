import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, ref } from 'vue'
import { atStop, isGesture, nextStop, pauseMs, stopMs, touched, tourSign, useTour } from './tour'

describe('tour', () => {
  it('goes through every child once and back to the whole', () => {
    const seen: string[] = []
    for (let current = 'county', step = 0; step < 5; step += 1) seen.push((current = nextStop('county', ['a', 'b'], current)))
    expect(seen).toEqual(['a', 'b', 'county', 'a', 'b'])
    expect(nextStop('village', [], 'village')).toBe('village')
    // A child that is no more.
    expect(nextStop('county', ['a', 'b'], 'closed')).toBe('a')
  })

  it('leaves the screen to whoever touches it for longer than a stop lasts', () => {
    expect(pauseMs).toBeGreaterThan(stopMs)
    expect(tourSign(atStop(1_000), 1_000)).toEqual({ word: '自动巡览 12 秒后继续', left: 1 })
    expect(tourSign(touched(1_000), 1_000 + pauseMs / 3)).toEqual({ word: '巡览暂停，30 秒后继续', left: 2 / 3 })
    expect(tourSign(atStop(0), 99_000).left).toBe(0)
  })

  it('is not stopped by a pointer that lies still', () => {
    const [here, there] = [{ screenX: 5, screenY: 5 }, { screenX: 6, screenY: 5 }]
    expect(isGesture('pointermove', here, null)).toBe(false)
    expect(isGesture('pointermove', here, here)).toBe(false)
    expect(isGesture('pointermove', there, here)).toBe(true)
    expect(isGesture('pointerdown', here, here)).toBe(true)
    expect(isGesture('keydown', null, null)).toBe(true)
  })
})

describe('tour on a page', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal('window', new EventTarget())
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  it('moves on by itself, waits for a visitor, and not at all while something else has the screen', async () => {
    const advance = vi.fn()
    const held = ref(false)
    const scope = effectScope()
    const sign = scope.run(() => useTour(true, () => held.value, advance))
    vi.advanceTimersByTime(stopMs - 500)
    window.dispatchEvent(new Event('pointerdown'))
    vi.advanceTimersByTime(pauseMs - 250)
    expect([advance.mock.calls.length, sign?.value?.word]).toEqual([0, '巡览暂停，1 秒后继续'])
    vi.advanceTimersByTime(500)
    expect(advance).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(stopMs)
    expect(advance).toHaveBeenCalledTimes(2)
    held.value = true
    await vi.advanceTimersByTimeAsync(10 * pauseMs)
    expect([advance.mock.calls.length, sign?.value]).toEqual([2, null])
    held.value = false
    await vi.advanceTimersByTimeAsync(pauseMs + 250)
    expect(advance).toHaveBeenCalledTimes(3)
    scope.stop()
    vi.advanceTimersByTime(10 * pauseMs)
    expect(advance).toHaveBeenCalledTimes(3)
  })

  it('is off where nobody asked for it', () => {
    const sign = effectScope().run(() => useTour(false, () => false, vi.fn()))
    expect(sign?.value).toBeNull()
  })
})
