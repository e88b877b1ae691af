import { describe, expect, it } from 'vitest'
import type { LiveEvent } from '@/shared/live/frames'
import { aVote, anAttendee, voteId } from './fixture'
import { parseOwnBallot, parseVote, parseVoteFigures, parseVotes } from './parse-votes'
import { average, barredFrom, currentVote, isOnRoll, percent, ranked, rowsOf, sizeOf, voteOnPhone, voteOnWall, withVote, withVoteEvent, withVoteFigures, withVotes, type Vote, type VoteFigures } from './votes'

const at = '2026-11-21T06:45:00.000Z'
const event = (kind: string, data: Record<string, unknown>): LiveEvent => ({ seq: 1, topics: ['meeting:1'], kind: `vote.${kind}`, at, data: { vote_id: voteId, ...data } })
const question = { title: '同意吗', method: 'single', secrecy: 'secret', options: ['甲', '乙'], min: 1, max: 1, seats: null, quorum: null, majority: null, show: 'after_close' }
const told = (changes: Partial<VoteFigures> = {}): VoteFigures => ({ id: voteId, round: 1, state: 'open', entitled: 104, cast: 7, count: null, ...changes })
const result = { ballots: 100, blank: 0, held: 104, quorum_kept: true, options: [{ count: { yes: 81, no: 12, abstain: 7 }, needed: 61, outcome: 'passed' }] }
const first = (votes: readonly Vote[]): Vote | undefined => votes[0]

describe('who may vote', () => {
  const roll = [[1, 12], [14, 14], [16, 30]] as const

  it.each([[1, true], [12, true], [13, false], [14, true], [15, false], [30, true], [31, false], [0, false]])('number %i: %s', (number, may) => expect(isOnRoll(roll, number)).toBe(may))

  it('is counted, and said to who may not', () => {
    expect(sizeOf(roll)).toBe(28)
    expect(sizeOf([])).toBe(0)
    expect(isOnRoll(roll, null)).toBe(false)
    expect(barredFrom(roll, anAttendee({ number: 14 }))).toBeNull()
    const codes = [anAttendee({ number: 13, role: 'guest' }), anAttendee({ role: 'substitute' }), anAttendee({ standing: 'probationary' }), anAttendee({ standing: 'none' }), anAttendee({ number: 31 })]
    expect(codes.map((own) => barredFrom(roll, own)?.code)).toEqual(['vote.guest', 'vote.substitute', 'vote.probationary', 'vote.not_member', 'vote.not_on_roll'])
  })
})

describe('a turnout', () => {
  it('never falls within a round, and ends with it', () => {
    const after = withVoteFigures([aVote({ cast: 5 })], told())
    expect(first(after)?.cast).toBe(7)
    expect(withVoteFigures(after, told({ cast: 6 }))).toBe(after)
    expect(withVoteFigures(after, told())).toBe(after)
    expect(withVoteFigures(after, null)).toBe(after)
    expect(first(withVoteFigures(after, told({ state: 'closed', cast: 6 })))).toMatchObject({ state: 'closed', cast: 7 })
    expect(first(withVoteFigures(after, told({ round: 2, cast: 1 })))).toMatchObject({ round: 2, cast: 1, roll: null })
    expect(withVoteFigures(after, told({ round: 0 }))).toBe(after)
    expect(withVoteFigures([aVote({ state: 'published', cast: 100 })], told({ cast: 101 }))[0]).toMatchObject({ state: 'published', cast: 100 })
    expect(withVoteFigures(after, told({ id: 'unknown' }))).toBe(after)
  })

  it('never falls when the whole state comes again, nor a live count', () => {
    const count = { ballots: 9, blank: 0, options: [{ yes: 9, no: 0, abstain: 0 }] }
    const before = [aVote({ cast: 9, count })]
    expect(withVotes(before, [aVote({ cast: 8, count: { ...count, ballots: 8 } })])[0]).toMatchObject({ cast: 9, count: { ballots: 9 } })
    expect(withVotes(before, [aVote({ round: 2, cast: 0 })])[0]).toMatchObject({ cast: 0, count: null })
    expect(withVoteFigures(before, told({ cast: 8, count: { ...count, ballots: 8 } }))).toBe(before)
  })
})

describe('the life of a vote', () => {
  it('is told by events alone', () => {
    let votes = withVoteEvent([], event('opened', { number: 3, question, round: 1, expected: 40, roll: [[1, 12], [14, 30]] }))
    expect(first(votes)).toMatchObject({ number: 3, title: '同意吗', state: 'open', entitled: 29, expected: 40, opened_at: at })
    votes = withVoteFigures(votes, told({ entitled: 29, cast: 20 }))
    votes = withVoteEvent(votes, event('closed', { round: 1, publishes: false }))
    expect(first(votes)).toMatchObject({ state: 'closed', publishes: false, cast: 20 })
    votes = withVoteEvent(votes, event('published', { question, result: { ...result, ballots: 21, options: [] } }))
    expect(first(votes)).toMatchObject({ state: 'published', cast: 21, published_at: at })
    expect(withVoteEvent(votes, event('closed', { round: 1 }))).toBe(votes)
  })

  it('begins anew after a round was void, whatever comes late of the old one', () => {
    const cast = [aVote({ cast: 50 })]
    const reset = withVoteEvent(cast, event('reset', { round: 1, reason: '选票内容有误' }))
    expect(first(reset)).toMatchObject({ state: 'prepared', cast: 0, voided: '选票内容有误' })
    expect(voteOnPhone(reset, true)?.id).toBe(voteId)
    const again = withVoteEvent(reset, event('opened', { number: 2, question, round: 2, expected: 120, roll: [[1, 10]] }))
    expect(first(again)).toMatchObject({ state: 'open', round: 2, cast: 0, voided: null })
    expect(withVoteFigures(again, told({ cast: 51 }))).toBe(again)
    expect(withVoteEvent(again, event('reset', { round: 1, reason: '' }))).toBe(again)
    expect(withVoteEvent(again, event('closed', { round: 1 }))).toBe(again)
  })

  it('keeps a turnout that came before its opening was told', () => {
    const early = withVoteFigures([aVote({ state: 'prepared', round: 1 })], told({ round: 2, cast: 3 }))
    expect(first(withVoteEvent(early, event('opened', { number: 2, question, round: 2, expected: 120, roll: [[1, 10]] })))).toMatchObject({ cast: 3, roll: [[1, 10]] })
  })

  it('takes nothing from what is no vote, or not readable', () => {
    const votes = [aVote()]
    expect(withVoteEvent(votes, { ...event('opened', {}), data: {} })).toBe(votes)
    expect(withVoteEvent(votes, event('published', { result: 7 }))).toBe(votes)
    expect(withVoteEvent(votes, event('counted', {}))).toBe(votes)
    expect(withVoteEvent([], event('opened', { round: 1, roll: [] }))).toEqual([])
    expect(withVoteEvent(votes, event('dropped', {}))).toEqual([])
  })

  it('never goes back by an answer that was overtaken', () => {
    const closed = [aVote({ state: 'closed', cast: 9 })]
    expect(withVote(closed, aVote({ cast: 8 }))[0]).toMatchObject({ state: 'closed', cast: 9 })
    expect(withVote([aVote({ round: 2 })], aVote())[0]?.round).toBe(2)
    expect(withVote([aVote()], aVote({ id: 'x', number: 1 })).map(({ number }) => number)).toEqual([1, 2])
  })
})

describe('the vote on the wall', () => {
  const now = Date.parse(at)
  const published = aVote({ state: 'published', published_at: at, closed_at: '2026-11-21T06:44:59.000Z' })

  it.each<[string, Vote[], number, number | null, string | null]>([
    ['nothing was asked', [], 0, null, null],
    ['only planned', [aVote({ state: 'prepared' })], 0, null, null],
    ['an open one comes first', [published, aVote({ id: 'open' })], 0, null, 'open'],
    ['what is open stays over items', [aVote()], 0, now, voteId],
    ['a result stays for a minute', [published], 59_999, null, voteId],
    ['and no longer', [published], 60_000, null, null],
    ['or until the next item', [published], 5_000, now + 1_000, null],
    ['an item of before takes nothing away', [published], 5_000, now - 1_000, voteId],
    ['what is counted stays until it is', [aVote({ state: 'closed', closed_at: at, publishes: true })], 600_000, null, voteId],
    ['what is published later gives way', [aVote({ state: 'closed', closed_at: at, publishes: false })], 60_000, null, null],
    ['so does what was counted already', [aVote({ state: 'counted', closed_at: at })], 60_000, null, null],
    ['the last result counts', [published, aVote({ id: 'later', state: 'published', published_at: '2026-11-21T06:45:01.000Z' })], 2_000, null, 'later'],
  ])('%s', (_words, votes, after, itemSince, shown) => expect(voteOnWall(votes, now + after, itemSince)?.id ?? null).toBe(shown))

  it('is not the one on a phone, where the last result stays while the meeting runs', () => {
    expect(currentVote([published])).toBeNull()
    expect(voteOnPhone([published], true)?.id).toBe(voteId)
    expect(voteOnPhone([published], false)).toBeNull()
    expect(currentVote([published, aVote({ id: 'c', state: 'closed' })])?.id).toBe('c')
  })
})

describe('numbers', () => {
  it.each([[81, 100, '81.0'], [1, 3, '33.3'], [2, 3, '66.7'], [0, 9, '0'], [9, 9, '100'], [9999, 10_000, '99.9'], [1, 10_000, '0.1'], [1, 0, '0']])('%i of %i are %s%%', (part, whole, words) => expect(percent(part, whole)).toBe(words))

  it('of scores are averages', () => {
    expect(average(871, 100)).toBe('8.71')
    expect(average(0, 3)).toBe('0.00')
    expect(average(5, 0)).toBeNull()
  })

  it('put options in order, equals as they stand', () => {
    const vote = aVote({ method: 'multiple', options: ['甲', '乙', '丙'], count: { ballots: 9, blank: 0, options: [{ votes: 3 }, { votes: 7 }, { votes: 3 }] } })
    expect(ranked(rowsOf(vote)).map(({ title }) => title)).toEqual(['乙', '甲', '丙'])
  })
})

describe('what arrives', () => {
  it('is read as it was promised', () => {
    const vote = aVote({ result: parseVote({ ...aVote(), result })?.result ?? null })
    expect(parseVote(JSON.parse(JSON.stringify(vote)))).toEqual(vote)
    expect(parseVotes([aVote(), { id: 7 }, null, { ...aVote(), state: 'later' }])).toHaveLength(1)
    expect(parseVotes('x')).toEqual([])
    expect(parseVote({ ...aVote(), options: ['a', 7] })).toBeNull()
    expect(parseVote({ ...aVote(), method: 'dice' })).toBeNull()
    expect(parseVote({ ...aVote(), secrecy: 'whatever' })?.secrecy).toBe('secret')
    expect(parseVote({ ...aVote(), roll: [[3, 1]], majority: { base: 'moon', numerator: 1, denominator: 2 } })).toMatchObject({ roll: null, majority: null })
  })

  it('is nothing where it cannot be read', () => {
    expect(parseVoteFigures({ id: voteId, round: 1, state: 'open', cast: 3 })).toMatchObject({ cast: 3, count: null })
    expect(parseVoteFigures({ id: voteId, state: 'counted' })).toBeNull()
    expect(parseVoteFigures(null)).toBeNull()
    expect(parseOwnBallot({ vote_id: voteId, round: 1, cast: false, barred: { code: 'vote.guest' } })).toMatchObject({ barred: { code: 'vote.guest', detail: '您不能参加这次表决' } })
    expect(parseOwnBallot(null)).toBeNull()
  })
})
