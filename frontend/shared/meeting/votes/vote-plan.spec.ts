import { describe, expect, it } from 'vitest'
import { aVote } from '../fixture'
import { emptyPlan, planOf, voteOf, wrongIn } from './vote-plan'

const half = { numerator: 1, denominator: 2, more_than: true }

describe('the usual kinds', () => {
  it('are what the rules ask for', () => {
    expect(voteOf({ ...emptyPlan('motion'), title: ' 修路 ' })).toEqual({ title: '修路', method: 'yes_no_abstain', secrecy: 'open', quorum: half, majority: { base: 'expected', ...half }, show: 'after_close' })
    expect(voteOf({ ...emptyPlan('admission'), title: '接收', options: '罗秀英\n\n 黄志强 ' })).toMatchObject({ secrecy: 'secret', options: ['罗秀英', '黄志强'], majority: { base: 'expected' } })
    expect(voteOf({ ...emptyPlan('election'), title: '选举', options: '甲\n乙\n丙\n丁', seats: '3' })).toEqual({
      title: '选举',
      method: 'multiple',
      secrecy: 'secret',
      options: ['甲', '乙', '丙', '丁'],
      min: 0,
      max: 3,
      seats: 3,
      quorum: { numerator: 4, denominator: 5, more_than: false },
      majority: { base: 'present', ...half },
      show: 'after_close',
    })
    expect(voteOf({ ...emptyPlan('score'), title: '评议', options: '甲' })).toEqual({ title: '评议', method: 'score', secrecy: 'open', options: ['甲'], min: 0, max: 10, show: 'after_close' })
  })
})

it('a vote comes out of the form as it went in', () => {
  for (const vote of [
    aVote(),
    aVote({ method: 'multiple', options: ['甲', '乙', '丙'], min: 1, max: 2, seats: 2, quorum: { numerator: 5, denominator: 7, more_than: true }, majority: { base: 'valid', numerator: 2, denominator: 3, more_than: false }, show: 'live' }),
    aVote({ method: 'score', options: ['甲'], min: 1, max: 5, quorum: null, majority: null }),
    aVote({ method: 'single', options: ['甲', '乙'], min: 0, max: 1, quorum: null, majority: null }),
  ]) {
    const { title, method, secrecy, seats, quorum, majority, show } = vote
    const sent = voteOf(planOf(vote))
    expect(sent).toMatchObject({ title, method, secrecy, show })
    expect([sent.seats ?? null, sent.quorum ?? null, sent.majority ?? null]).toEqual([seats, quorum, majority])
    if (method !== 'yes_no_abstain') expect([sent.options, sent.min, sent.max]).toEqual([vote.options, vote.min, vote.max])
  }
})

it('says what is missing before anything is sent, and never sends a secret vote as a live one', () => {
  expect(wrongIn(emptyPlan('motion'))).toEqual({ title: '请写明表决什么。' })
  expect(Object.keys(wrongIn({ ...emptyPlan('election', '选举'), options: '甲\n甲', max: 'x' }))).toEqual(['options', 'seats', 'max'])
  expect(Object.keys(wrongIn({ ...emptyPlan('free', '甲'), quorum: { name: 'own', numerator: '', denominator: '3', more_than: false } }))).toEqual(['quorum'])
  expect(voteOf({ ...emptyPlan('admission', '甲'), live: true }).show).toBe('after_close')
})
