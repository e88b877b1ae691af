import { describe, expect, it } from 'vitest'
import { announcement, brief, inTwoLines, spread, statusWord, titleSize, toneOf, tones } from './names'

describe('names', () => {
  it.each([
    ['张华', '张　华', '张华'],
    ['韦秀兰', '韦秀兰', '秀兰'],
    ['欧阳文静', '欧阳文静', '文静'],
    ['阿依古丽·买买提', '阿依古丽·买买提', '阿依'],
    ['𠮷田', '𠮷　田', '𠮷田'],
    ['Li', 'Li', 'Li'],
  ])('%s stands as %s, in a circle as %s', (name, wide, short) => {
    expect(spread(name)).toBe(wide)
    expect(brief(name)).toBe(short)
  })

  it.each([
    ['阿依古丽·买买提', ['阿依古丽·', '买买提']],
    ['欧阳文静', null],
    ['·买买提江·', ['·', '']],
  ])('%s in two lines', (name, lines) => {
    expect(inTwoLines(name)).toEqual(lines?.includes('') ? null : lines)
  })

  it('wear the same colour on every screen, and all colours are worn', () => {
    const worn = new Set(Array.from({ length: 200 }, (_, index) => toneOf(`0193-${index}`)))
    expect(worn.size).toBe(tones)
    expect(toneOf('m1')).toBe(toneOf('m1'))
  })
})

it('a status is a word, also one that is not known yet', () => {
  expect(statusWord('on_time')).toEqual({ word: '准时', tone: 'green' })
  expect(statusWord('late')).toEqual({ word: '迟到', tone: 'amber' })
  expect(statusWord('later_than_this_page')).toEqual({ word: '已签到', tone: 'plain' })
})

it.each([
  [[], ''],
  [['张华'], '张华已签到，实到 81 人'],
  [['张华', '韦秀兰', '何晓燕'], '张华、韦秀兰、何晓燕已签到，实到 81 人'],
  [['甲', '乙', '丙', '丁'], '乙、丙、丁等 4 人已签到，实到 81 人'],
])('arrivals %j are told in one sentence', (names, sentence) => expect(announcement(names, 81)).toBe(sentence))

it.each([
  ['党员大会', 36, 2.9],
  ['2026 年第四季度党员大会', 36, 2.9],
  ['2026 年第四季度党员大会', 28, 2.3],
  ['2026 年第四季度党员大会暨党纪学习教育专题组织生活会', 28, 2.01],
])('the topic %s in %d rem is set in %d rem', (topic, room, size) => expect(titleSize(topic, room)).toBeCloseTo(size, 1))
