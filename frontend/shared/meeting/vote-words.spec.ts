import { describe, expect, it } from 'vitest'
import { ApiProblem } from '@/shared/api/problem'
import { aVote } from './fixture'
import { leastOf, limitWords, refusalLine, ruleWords, shareWords, turnoutLine, verdictOf } from './vote-words'
import type { Outcome, Vote } from './votes'

const half = { numerator: 1, denominator: 2, more_than: true }

describe('rules', () => {
  it.each([
    [half, '过半数'],
    [{ numerator: 2, denominator: 3, more_than: false }, '三分之二以上（含）'],
    [{ numerator: 2, denominator: 3, more_than: true }, '超过三分之二'],
    [{ numerator: 1, denominator: 1, more_than: false }, '全部'],
    [{ numerator: 55, denominator: 100, more_than: false }, '55/100以上（含）'],
  ])('%o is %s', (share, words) => expect(shareWords(share)).toBe(words))

  it.each([[2, 3, false, 9, 6], [2, 3, false, 10, 7], [1, 2, true, 10, 6], [1, 2, true, 9, 5], [4, 5, false, 11, 9], [1, 2, true, 0, 1]])('%i/%i (more: %s) of %i are %i', (numerator, denominator, more_than, of, least) =>
    expect(leastOf({ numerator, denominator, more_than }, of)).toBe(least),
  )

  it('are the server’s words, or made of the question where an event left them out', () => {
    expect(ruleWords(aVote({ rule: '照老规矩' }))).toBe('照老规矩')
    expect(ruleWords(aVote({ rule: '' }))).toBe('到会须为应到会有表决权人数的过半数；应到会有表决权人数过半数通过')
    expect(ruleWords(aVote({ rule: '', quorum: null, majority: { base: 'present', ...half }, seats: 3 }))).toBe('实到会有表决权人数过半数当选；应选 3 人，得票多的当选')
    expect(ruleWords(aVote({ rule: '', method: 'single', quorum: null, majority: null }))).toBe('得票最多的通过')
    expect(ruleWords(aVote({ rule: '', method: 'score', quorum: null, majority: null }))).toBe('')
  })

  it('say how many to choose', () => {
    const of = (changes: Partial<Vote>): string => limitWords(aVote(changes))
    expect(of({ method: 'multiple', min: 0, max: 3 })).toBe('最多选 3 项，不选为弃权')
    expect(of({ method: 'multiple', min: 1, max: 3 })).toBe('选 1 至 3 项')
    expect(of({ method: 'multiple', min: 3, max: 3 })).toBe('选 3 项')
    expect(of({ method: 'single', min: 0, max: 1 })).toBe('选 1 项，不选为弃权')
    expect(of({ method: 'score', min: 0, max: 10 })).toBe('每项打 0 至 10 分')
  })
})

describe('what became of it', () => {
  const decided = (outcomes: (Outcome | null)[], changes: Partial<Vote> = {}, kept = true): ReturnType<typeof verdictOf> =>
    verdictOf(aVote({ state: 'published', options: outcomes.map((_, index) => `第 ${index + 1} 人`), method: 'multiple', result: { ballots: 9, blank: 0, held: 9, quorum_kept: kept, options: outcomes.map((outcome) => ({ count: { votes: 3 }, needed: 5, outcome })) }, ...changes }))

  it('of one matter is a word, with its numbers', () => {
    const options = [{ count: { yes: 81, no: 12, abstain: 7 }, needed: 61, outcome: 'passed' as const }]
    const result = { ballots: 100, blank: 0, held: 104, quorum_kept: true, options }
    expect(verdictOf(aVote({ result }))).toEqual({ outcome: 'passed', word: '通过', text: '赞成 81 票，需 61 票' })
    expect(turnoutLine(aVote({ result }))).toBe('应到会有表决权 120 人，实到 104 人，收回 100 票')
    expect(verdictOf(aVote({ result: { ...result, options: [{ count: null, needed: null, outcome: 'failed' }] } }))).toMatchObject({ word: '未通过', text: '票数少于 5 张，为保护无记名只公布是否通过' })
    expect(verdictOf(aVote({ result: { ...result, quorum_kept: false } }))).toMatchObject({ outcome: 'void', word: '无效' })
    expect(verdictOf(aVote())).toBeNull()
  })

  it('of an election is how many were elected', () => {
    expect(decided(['passed', 'passed', 'failed'], { seats: 2 })).toEqual({ outcome: 'passed', word: '2 人当选', text: '应选 2 人' })
    expect(decided(['passed', 'failed', 'failed'], { seats: 2 })).toMatchObject({ word: '1 人当选', text: '应选 2 人，缺额 1 人' })
    expect(decided(['passed', 'tied', 'tied'], { seats: 2 })).toMatchObject({ word: '1 人当选', text: '应选 2 人；2 人票数相等，未能决出' })
    expect(decided(['tied', 'tied', 'failed'], { seats: 1 })).toMatchObject({ outcome: 'tied', word: '票数相等' })
    expect(decided(['failed', 'failed'], { seats: 1 })).toMatchObject({ outcome: 'failed', word: '无人当选' })
  })

  it('of several matters is how many passed; a mere question has no verdict', () => {
    expect(decided(['passed', 'passed'])).toMatchObject({ word: '全部通过', text: '' })
    expect(decided(['passed', 'failed'])).toMatchObject({ word: '1 项通过', text: '1 项未通过' })
    expect(decided(['failed', 'failed'], { method: 'yes_no_abstain' })).toMatchObject({ word: '均未通过' })
    expect(decided(['failed', 'passed'], { method: 'single' })).toMatchObject({ word: '通过', text: '第 2 人' })
    expect(decided(['void', 'void'], {}, false)).toMatchObject({ outcome: 'void' })
    expect(decided([null, null])).toBeNull()
  })
})

it('a refusal is said with its numbers and fields', () => {
  expect(refusalLine(new ApiProblem(409, 'vote.no_quorum', '到会人数不足，不能开始表决', [], null, null, { needed: 61, present: 50 }))).toBe('到会人数不足，不能开始表决：需到 61 人，现到 50 人')
  expect(refusalLine(new ApiProblem(409, 'vote.no_quorum', '到会须 61 人，现 50 人', [], null, null, { needed: 61, present: 50 }))).toBe('到会须 61 人，现 50 人')
  expect(refusalLine(new ApiProblem(422, 'invalid', '请检查', [{ field: 'choices', code: 'ballot.too_many', message: '最多选 2 项' }]))).toBe('请检查（最多选 2 项）')
})
