import { describe, expect, it } from 'vitest'
import { aVote } from '@/shared/meeting/fixture'
import type { Vote } from '@/shared/meeting/votes'
import { figuresOf } from './meeting-fixture'
import { voteOf } from './stage'
import { layoutOf, questionSize } from './vote-layout'

const choice = (count: number, changes: Partial<Vote> = {}): Vote =>
  aVote({ method: 'multiple', options: Array.from({ length: count }, (_, index) => `第 ${index + 1} 项`), count: { ballots: 50, blank: 0, options: Array.from({ length: count }, (_, index) => ({ votes: index })) }, ...changes })

describe('options on the wall', () => {
  it.each([[1, 1, 1, 'large'], [3, 1, 3, 'middle'], [6, 1, 6, 'small'], [7, 2, 4, 'middle'], [12, 2, 6, 'small'], [14, 2, 7, 'small'], [24, 2, 6, 'small'], [100, 2, 6, 'small']])('%i with bars are laid out in %i columns of %i lines, %s', (count, columns, lines, density) =>
    expect(layoutOf(choice(count), true)).toMatchObject({ columns, lines, density }),
  )

  it.each([[6, 1, 6, 'middle'], [12, 2, 6, 'middle'], [18, 2, 6, 'small'], [100, 2, 6, 'small']])('%i names are laid out in %i columns of %i lines, %s', (count, columns, lines, density) =>
    expect(layoutOf(choice(count), false)).toMatchObject({ columns, lines, density }),
  )

  it('of a hundred are the twelve with the most votes, and it says so', () => {
    const { rows, note } = layoutOf(choice(100), true)
    expect(rows).toHaveLength(12)
    expect(rows[0]?.title).toBe('第 100 项')
    expect(note).toBe('共 100 项，按得票列出前 12 项，全部见手机')
    const named = layoutOf(choice(100, { count: null }), false)
    expect([named.note, named.rows[0]?.title]).toEqual(['共 100 项，列出前 12 项，全部见手机', '第 1 项'])
    expect(layoutOf(choice(12), true).note).toBe('')
    // A long question leaves less room.
    expect(layoutOf(choice(20, { title: '字'.repeat(100) }), true).note).toMatch(/^共 20 项/)
  })
})

it('a long question is set smaller', () => {
  expect([20, 21, 44, 45, 72, 73, 100].map((length) => questionSize('字'.repeat(length)))).toEqual([3.7, 3, 3, 2.4, 2.4, 1.9, 1.9])
})

it('a vote is on the wall of a meeting that runs', () => {
  const now = Date.parse('2026-11-21T06:50:00.000Z')
  expect(voteOf(figuresOf({ state: 'running' }), [aVote()], now)?.number).toBe(2)
  expect(voteOf(figuresOf({ state: 'ended' }), [aVote()], now)).toBeNull()
  const published = aVote({ state: 'published', published_at: '2026-11-21T06:49:50.000Z' })
  expect(voteOf(figuresOf({ state: 'running', agenda: { index: 1, since: now - 5_000, endsAt: null } }), [published], now)).toBeNull()
})
