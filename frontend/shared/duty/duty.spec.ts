import { describe, expect, it } from 'vitest'
import { branchesOf } from './branches'
import { columnsOf, factsOf, firstPlace, linesOf, moved, spoken } from './calendar'
import { aCalendar, anOrder, aPeriod, aRule, aWarning, branchRef, otherRef } from './fixture'
import { changesBetween, consequences, draftOf, inputOf, problemsOf } from './rule-draft'
import { isOverdue, ladderWords, periodWord, warningTitle } from './words'

const now = Date.parse('2026-11-21T06:00:00.000Z')

describe('words', () => {
  it('says what was not held, by what is true now', () => {
    expect(warningTitle(aWarning())).toBe('2026年第3季度党课未召开')
    expect(warningTitle(aWarning({ level: 'orange' }))).toBe('2026年第3季度党课尚未安排召开')
    expect(warningTitle(aWarning({ state: 'coming' }))).toContain('已安排')
    expect(warningTitle(aWarning({ state: 'satisfied', late: true }))).toContain('补录')
    expect(warningTitle(aWarning({ group: { id: 'g', name: '第一党小组' } }))).toMatch(/^第一党小组 2026/)
    expect(periodWord(aPeriod('2026-04', 'satisfied', { late: true }))).toBe('补录')
  })

  it('tells the steps of an order that nobody answers, and none once somebody did', () => {
    expect(ladderWords(anOrder(), now)).toBe('11-24 18:00 前未答复将上报上一级')
    expect(ladderWords(anOrder({ escalations: [{ id: 't', name: '云溪镇党委' }] }), now)).toBe('逾期未答复，已上报至云溪镇党委；11-24 18:00 前未答复将再上报上一级')
    expect(ladderWords(anOrder({ state: 'answered', escalates_at: null }), now)).toBe('')
    expect(isOverdue(anOrder({ due_at: '2026-11-20T00:00:00.000Z' }), now)).toBe(true)
    expect(isOverdue(anOrder({ due_at: '2026-11-20T00:00:00.000Z', state: 'answered' }), now)).toBe(false)
  })
})

describe('the calendar', () => {
  const lines = linesOf(aCalendar())

  it('gives a quarter the width of its months', () => {
    expect([columnsOf('2026-11'), columnsOf('2026-Q4'), columnsOf('2026')]).toEqual([{ from: 10, width: 1 }, { from: 9, width: 3 }, { from: 0, width: 12 }])
    for (const line of lines) expect(line.cells.reduce((sum, cell) => sum + cell.width, 0)).toBe(12)
  })

  it('goes on from the gravest, and with the arrows to what lies under the same month', () => {
    expect(firstPlace(lines, now)).toEqual({ line: 0, cell: 2 })
    expect(moved(lines, { line: 0, cell: 2 }, 'ArrowDown')).toEqual({ line: 1, cell: 6 })
    expect(moved(lines, { line: 1, cell: 8 }, 'ArrowUp')).toEqual({ line: 0, cell: 2 })
    expect(moved(lines, { line: 0, cell: 3 }, 'ArrowRight')).toEqual({ line: 0, cell: 3 })
    expect(moved(lines, { line: 1, cell: 5 }, 'End')).toEqual({ line: 1, cell: 11 })
    expect(moved(lines, { line: 0, cell: 0 }, 'ArrowUp')).toEqual({ line: 0, cell: 0 })
    expect(moved(lines, { line: 0, cell: 0 }, 'a')).toBeNull()
    // Without anything grave: the present month.
    expect(firstPlace(linesOf({ items: [{ type: 'x', type_title: '', group: null, periods: lines[2]?.row.periods ?? [] }] }), now)).toEqual({ line: 0, cell: 10 })
  })

  it('says of a period until when there is time, and only of what is yet to come', () => {
    const facts = factsOf(aPeriod('2026-11', 'yellow'), now)
    expect(facts).toEqual(['到期：2026-11-30', '还不安排：2026-11-26 起橙色预警，2026-12-01 起红色预警'])
    expect(factsOf(aPeriod('2026-11', 'exempt', { exemption_title: '未设党小组' }), now)).toEqual(['不要求：未设党小组'])
    expect(factsOf(aPeriod('2026-10', 'red', { due_on: '2026-10-31' }), Date.parse('2026-12-21T06:00:00.000Z'))).toEqual(['已到期（2026-10-31），没有召开。'])
    expect(spoken({ type_title: '党小组会', group: null }, aPeriod('2026-11', 'exempt', { title: '2026年11月', exemption_title: '未设党小组' }))).toBe('党小组会 2026年11月：不要求，未设党小组')
  })
})

describe('rules', () => {
  it('is sent as it was read', () => {
    const rule = aRule({ quorum_percent: 50, valid_to: '2027-12-31' })
    const { type: _type, type_title: _title, version: _version, ...input } = rule
    expect(inputOf(draftOf(rule))).toEqual(input)
    expect(problemsOf(draftOf(rule))).toEqual({})
  })

  it('refuses what the server would refuse, beside the field', () => {
    const draft = { ...draftOf(aRule()), minimum: '0', orange_workdays: '12', quorum_percent: '', minutes_days: '7.5', valid_to: '2018-01-01' }
    expect(Object.keys(problemsOf(draft)).sort()).toEqual(['minimum', 'minutes_days', 'orange_workdays', 'valid_to'])
    expect(problemsOf({ ...draftOf(aRule()), valid_from: '' })).toHaveProperty('valid_from')
  })

  it('says what a change means', () => {
    const [before, after] = [aRule(), aRule({ minimum: 2, minutes_days: null })]
    expect(changesBetween(before, after).map(({ title, after: word }) => `${title} ${word}`)).toEqual(['最少次数 2 次', '纪要期限 不要求'])
    expect(consequences(before, after, '主题党日').join()).toContain('要求变严')
    expect(consequences(before, aRule({ minutes_days: null }), '主题党日').join()).not.toContain('要求变严')
    expect(consequences(before, aRule({ enabled: false }), '主题党日')).toHaveLength(1)
  })
})

it('gathers branches from what is known of them, the gravest first', () => {
  const quiet = { id: 'quiet', name: '安宁村党支部' }
  const branches = branchesOf([{ org: quiet }, { org: branchRef }], [aWarning({ org: otherRef, level: 'yellow' }), aWarning(), aWarning({ state: 'satisfied' })], [anOrder(), anOrder({ id: '2', state: 'closed' })])
  expect(branches).toEqual([
    { ...branchRef, red: 1, orange: 0, yellow: 0, waiting: 1 },
    { ...otherRef, red: 0, orange: 0, yellow: 1, waiting: 0 },
    { ...quiet, red: 0, orange: 0, yellow: 0, waiting: 0 },
  ])
})
