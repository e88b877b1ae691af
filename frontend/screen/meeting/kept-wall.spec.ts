import { expect, it } from 'vitest'
import { aVote } from '@/shared/meeting/fixture'
import { forgetWall, keepWall, keptWall } from './kept-wall'
import { arrivalOf, factsOf, figuresOf } from './meeting-fixture'

const box = () => {
  const values = new Map<string, string>()
  return { getItem: (name: string) => values.get(name) ?? null, setItem: (name: string, value: string) => void values.set(name, value), removeItem: (name: string) => void values.delete(name) }
}
const snapshot = { facts: factsOf(), figures: figuresOf(), arrivals: [arrivalOf(1), arrivalOf(2, { away: true, number: null })], votes: [aVote()] }

it('a kept wall comes back as it was', () => {
  const storage = box()
  keepWall(storage, snapshot, 1_000)
  expect(keptWall(storage, 'm1', 2_000)).toMatchObject({ ...snapshot, at: 1_000 })
  keepWall(storage, { ...snapshot, arrivals: null }, 1_000)
  expect(keptWall(storage, 'm1', 2_000)?.arrivals).toBeNull()
})

it('another meeting’s wall, an old one and nonsense are none', () => {
  const storage = box()
  keepWall(storage, snapshot, 1_000)
  expect(keptWall(storage, 'm2', 2_000)).toBeNull()
  expect(keptWall(storage, 'm1', 24 * 3600_000)).toBeNull()
  forgetWall(storage, 'm1')
  expect(keptWall(storage, 'm1', 2_000)).toBeNull()
  for (const nonsense of ['{', '7', '{"format":1}', '{"format":1,"at":1,"facts":{"id":"m1"},"figures":{},"arrivals":[7]}']) {
    storage.setItem('lianxin.wall.m1', nonsense)
    expect(keptWall(storage, 'm1', 2_000), nonsense).toBeNull()
  }
})

it('a storage that refuses costs nothing but the quick picture', () => {
  const refuse = (): never => {
    throw new Error('full')
  }
  const storage = { getItem: refuse, setItem: refuse, removeItem: refuse }
  keepWall(storage, snapshot, 0)
  expect(keptWall(storage, 'm1', 0)).toBeNull()
  forgetWall(storage, 'm1')
})

it('five thousand people fit where browsers keep five million characters', () => {
  const storage = box()
  keepWall(storage, { ...snapshot, arrivals: Array.from({ length: 5000 }, (_, index) => arrivalOf(index, { id: `01930000-0000-7000-8000-${String(index).padStart(12, '0')}` })) }, 0)
  expect(storage.getItem('lianxin.wall.m1')?.length).toBeLessThan(1_000_000)
})
