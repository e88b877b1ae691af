import { describe, expect, it } from 'vitest'
import { aTally, anAppraisal, fewRaters } from './fixture'
import { excellentLeft, excellentWords, nextInstant, standingOf, steps, tallyLines } from './words'

const progress = { members: 12, graded: 0, excellent: 0, excellent_limit: 4, acknowledged: 0 }
const bar = (changes: Parameters<typeof anAppraisal>[0]): string[] => steps.map((step) => standingOf(step.state, anAppraisal(changes)))

describe('where the steps stand', () => {
  it('goes from left to right', () => {
    expect(bar({ state: 'draft' })).toEqual(['later', 'later', 'later', 'later'])
    expect(bar({ state: 'rating' })).toEqual(['now', 'later', 'later', 'later'])
    expect(bar({ state: 'meeting' })).toEqual(['done', 'now', 'later', 'later'])
    expect(bar({ state: 'grading', progress })).toEqual(['done', 'done', 'now', 'later'])
    expect(bar({ state: 'ended' })).toEqual(['done', 'done', 'done', 'done'])
  })
  it('makes telling the members the next thing once all are graded', () => {
    expect(bar({ state: 'grading', progress: { ...progress, graded: 12 } })).toEqual(['done', 'done', 'done', 'now'])
  })
})

describe('how many may be excellent', () => {
  it('says what is left', () => {
    expect(excellentWords({ ...progress, excellent: 1 })).toBe('优秀名额 4 人（不超过参评正式党员 12 人的三分之一），已评 1 人，还可评 3 人')
    expect(excellentWords({ ...progress, excellent: 4 })).toContain('名额已用完')
    expect(excellentLeft({ excellent: 5, excellent_limit: 4 })).toBe(0)
  })
  it('says why there are none in a tiny branch', () => {
    expect(excellentWords({ members: 2, excellent: 0, excellent_limit: 0 })).toBe('参评正式党员 2 人，不足 3 人，没有优秀名额')
  })
})

it('leaves out grades that nobody gave, and everything of too few', () => {
  expect(tallyLines(aTally(5, 0, 1)).map((line) => `${line.word} ${line.count}`)).toEqual(['优秀 5', '基本合格 1'])
  expect(tallyLines(fewRaters)).toEqual([])
})

it('knows when the state changes by itself', () => {
  const deadline = '2026-11-21T10:00:00.000Z'
  const meeting = { id: 'x', starts_at: '2026-11-22T06:30:00.000Z' }
  expect(nextInstant({ state: 'rating', deadline, meeting: null })).toBe(Date.parse(deadline))
  expect(nextInstant({ state: 'meeting', deadline, meeting })).toBe(Date.parse(meeting.starts_at))
  expect(nextInstant({ state: 'meeting', deadline, meeting: null })).toBeNull()
  expect(nextInstant({ state: 'grading', deadline, meeting })).toBeNull()
})
