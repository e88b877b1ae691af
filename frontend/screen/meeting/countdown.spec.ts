import { describe, expect, it } from 'vitest'
import { agendaLine, agendaWindow, duration, isQuorate, lasted, rate, timeWord } from './countdown'
import { factsOf, figuresOf, minute, threeOClock } from './meeting-fixture'

describe('durations', () => {
  it.each([
    [0, '00:00'],
    [59_999, '00:59'],
    [473_000, '07:53'],
    [3_600_000, '1:00:00'],
    [47 * 3_600_000, '47:00:00'],
    [72 * 3_600_000, '3 天'],
    [-5_000, '00:00'],
  ])('%d ms: %s', (ms, text) => expect(duration(ms)).toBe(text))

  it.each([
    [10, '1 分钟'],
    [40 * minute, '40 分钟'],
    [60 * minute, '1 小时'],
    [99 * minute, '1 小时 39 分'],
  ])('%d ms: %s', (ms, text) => expect(lasted(ms)).toBe(text))
})

describe('the time in the footer', () => {
  const item = { index: 0, since: threeOClock, endsAt: threeOClock + 20 * minute }
  it.each([
    ['before the meeting', figuresOf(), threeOClock - 473_000, { word: '距开会', time: '07:53', tone: 'calm' }],
    ['in its last second', figuresOf(), threeOClock - 1, { word: '距开会', time: '00:01', tone: 'soon' }],
    ['when it should have begun', figuresOf(), threeOClock, { word: '等待主持人宣布开会', time: '', tone: 'calm' }],
    ['within an item', figuresOf({ state: 'running', agenda: item }), threeOClock + minute, { word: '本项剩余', time: '19:00', tone: 'calm' }],
    ['at an item’s end', figuresOf({ state: 'running', agenda: item }), threeOClock + 20 * minute - 30_000, { word: '本项剩余', time: '00:30', tone: 'soon' }],
    ['after an item’s end', figuresOf({ state: 'running', agenda: item }), threeOClock + 22 * minute + 10_000, { word: '本项已超', time: '02:10', tone: 'over' }],
    ['in an item without an end', figuresOf({ state: 'running', agenda: { ...item, endsAt: null } }), threeOClock + minute, { word: '本项已进行', time: '01:00', tone: 'calm' }],
    ['between items', figuresOf({ state: 'running' }), threeOClock + minute, { word: '会议已进行', time: '01:00', tone: 'calm' }],
    ['when it was cancelled', figuresOf({ state: 'cancelled' }), threeOClock, { word: '会议已取消', time: '', tone: 'calm' }],
  ])('%s', (_, figures, now, word) => expect(timeWord(factsOf(), figures, now)).toEqual(word))

  it('says when it ended', () => {
    expect(timeWord(factsOf({ endedAt: threeOClock + 99 * minute }), figuresOf({ state: 'ended' }), 0).word).toBe('16:39 会议结束')
  })
})

describe('the item in the footer', () => {
  it.each([
    ['before the first', figuresOf(), { position: '议程共 2 项', title: '', next: '学习' }],
    ['the first', figuresOf({ agenda: { index: 0, since: null, endsAt: null } }), { position: '议程 1 / 2', title: '学习', next: '讨论' }],
    ['the last', figuresOf({ agenda: { index: 1, since: null, endsAt: null } }), { position: '议程 2 / 2', title: '讨论', next: '' }],
    ['at the end', figuresOf({ state: 'ended' }), { position: '', title: '', next: '' }],
  ])('%s', (_, figures, line) => expect(agendaLine(factsOf(), figures)).toEqual(line))

  it('is silent without an agenda', () => {
    expect(agendaLine(factsOf({ items: [] }), figuresOf())).toEqual({ position: '', title: '', next: '' })
  })
})

it.each([
  [5, null, 6, [0, 5]],
  [12, null, 6, [0, 6]],
  [12, 0, 6, [0, 6]],
  [12, 5, 6, [4, 10]],
  [12, 11, 6, [6, 12]],
  [0, null, 6, [0, 0]],
])('of %d items with %s under way, %d are shown: %j', (items, present, room, [from, to]) => expect(agendaWindow(items, present, room)).toEqual({ from, to }))

describe('the rate', () => {
  it.each([
    [0, 0, '—'],
    [0, 126, '0%'],
    [1, 5000, '0.1%'],
    [81, 126, '64.3%'],
    [82, 126, '65.1%'],
    [13, 20, '65.0%'],
    [4999, 5000, '99.9%'],
    [5000, 5000, '100%'],
    [130, 126, '100%'],
  ])('%d of %d: %s', (present, expected, text) => expect(rate(present, expected)).toBe(text))

  it.each([
    [0, 0, null],
    [60, 120, false],
    [61, 120, true],
    [3, 5, true],
  ])('%d of %d entitled: more than half %s', (votersPresent, voters, reached) => expect(isQuorate(figuresOf({ voters, votersPresent }))).toBe(reached))
})
