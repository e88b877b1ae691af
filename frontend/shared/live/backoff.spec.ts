import { describe, expect, it } from 'vitest'
import { closeCodes, reconnectDelay } from './backoff'

describe('reconnectDelay', () => {
  it('grows and stays below its bound', () => {
    const delays = Array.from({ length: 12 }, (_, attempt) => reconnectDelay(attempt, 1006, 0.999))
    expect(delays[0]).toBeLessThanOrEqual(500)
    for (let index = 1; index < delays.length; index += 1) expect(delays[index] ?? 0).toBeGreaterThanOrEqual(delays[index - 1] ?? 0)
    expect(Math.max(...delays)).toBeLessThanOrEqual(20_000)
  })

  it('never hammers: half of the delay is fixed', () => {
    expect(reconnectDelay(0, 1006, 0)).toBe(250)
    expect(reconnectDelay(20, 1006, 0)).toBe(10_000)
  })

  it('spreads the return after a restart and brings a slow client back soon', () => {
    expect(reconnectDelay(0, closeCodes.restart, 0)).toBe(0)
    expect(reconnectDelay(0, closeCodes.restart, 0.5)).toBe(1500)
    expect(reconnectDelay(0, closeCodes.tooSlow, 0.5)).toBe(300)
    expect(reconnectDelay(3, closeCodes.restart, 0.5)).toBe(reconnectDelay(3, 1006, 0.5))
  })
})
