import { describe, expect, it } from 'vitest'
import { arrivalOf } from './meeting-fixture'
import { holdMs, Spotlight } from './spotlight'

const numbers = (spotlight: Spotlight) => spotlight.cards.map((card) => card?.arrival.number ?? null)
const many = (from: number, count: number) => Array.from({ length: count }, (_, index) => arrivalOf(from + index))

function run(spotlight: Spotlight, from: number, to: number): void {
  for (let now = from; now <= to; now += 80) spotlight.tick(now)
}

describe('who is shown large', () => {
  it('one after the other, each in a place of its own', () => {
    const spotlight = new Spotlight(3)
    spotlight.offer(many(1, 3))
    spotlight.tick(0)
    expect(numbers(spotlight)).toEqual([1, null, null])
    run(spotlight, 80, 600)
    expect(numbers(spotlight)).toEqual([1, 2, 3])
  })

  it('the newcomer takes the place that was shown longest, and not before it could be read', () => {
    const spotlight = new Spotlight(3)
    spotlight.offer(many(1, 3))
    run(spotlight, 0, 600)
    spotlight.offer(many(4, 1))
    spotlight.tick(800)
    expect(numbers(spotlight)).toEqual([1, 2, 3])
    spotlight.tick(holdMs)
    expect(numbers(spotlight)).toEqual([4, 2, 3])
  })

  it('stays while nobody else comes', () => {
    const spotlight = new Spotlight(2)
    spotlight.offer(many(1, 1))
    run(spotlight, 0, 60_000)
    expect(numbers(spotlight)).toEqual([1, null])
    expect(spotlight.tick(60_100)).toBe(false)
  })

  it('in a flood the newest, and the others are counted', () => {
    const spotlight = new Spotlight(3)
    spotlight.offer(many(1, 100))
    run(spotlight, 0, 400)
    expect(numbers(spotlight)).toEqual([99, 100, null])
    expect(spotlight.group?.count).toBe(98)
    spotlight.offer(many(101, 50))
    run(spotlight, 480, 2400)
    expect(numbers(spotlight).slice(0, 2).sort()).toEqual([149, 150])
    expect(spotlight.group?.count).toBe(98 + 48)
    run(spotlight, 2480, 6000)
    expect(spotlight.group).toBeNull()
    expect(spotlight.isBusy).toBe(false)
  })

  it('never more than its places, whatever comes', () => {
    const spotlight = new Spotlight(3)
    for (let now = 0; now < 10_000; now += 100) {
      spotlight.offer(many(now / 5, 20))
      spotlight.tick(now)
      expect(spotlight.cards.filter((card) => card !== null).length + (spotlight.group ? 1 : 0)).toBeLessThanOrEqual(3)
    }
  })

  it('begins with those who came last, and keeps the newest when the screen becomes narrower', () => {
    const spotlight = new Spotlight(3)
    spotlight.seed(many(1, 10), 0)
    expect(numbers(spotlight)).toEqual([8, 9, 10])
    spotlight.resize(2)
    expect(numbers(spotlight)).toEqual([9, 10])
    spotlight.resize(4)
    expect(numbers(spotlight)).toEqual([9, 10, null, null])
  })
})
