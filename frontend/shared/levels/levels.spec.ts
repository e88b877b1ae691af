import { describe, expect, it } from 'vitest'
import type { Limit, ServiceLevels } from '../api/rules'
import { changesOf, mergedLevels, problemsOf } from './draft'
import { ladderOf, limitFor, limitProblem, limitWords, presets, sumWords, withUnit } from './limits'
import { differingKeys, merged, same } from './merge'

const minutes = (value: number): Limit => ({ value, unit: 'minutes', clock: 'continuous' })
const hours = (value: number, clock: Limit['clock'] = 'continuous'): Limit => ({ value, unit: 'hours', clock })
const workdays = (value: number): Limit => ({ value, unit: 'workdays', clock: 'working' })
const base: ServiceLevels = {
  version: 3,
  accept: minutes(30),
  finish: hours(24),
  exceptions: [],
  warn_percent: 80,
  pause_workdays: 10,
  nudge_cooldown_minutes: 10,
  nudge_answer: minutes(20),
  nudge_repeat: null,
  returns_until_escalation: 2,
  reopen_days: 7,
}
const kindTitle = (kind: string): string => (kind === 'dispute' ? '矛盾纠纷' : kind)

describe('limits', () => {
  it('are told in the largest unit that loses nothing', () => {
    expect([minutes(30), minutes(60), minutes(90), hours(24), hours(36), minutes(1500), hours(72)].map(limitWords)).toEqual(['30 分钟', '1 小时', '1 小时 30 分钟', '24 小时', '36 小时', '25 小时', '3 天'])
    expect(presets.map(({ limit }) => limitWords(limit))).toEqual(presets.map(({ title }) => title))
  })

  it('never call 24 office hours a day', () => {
    expect([hours(48, 'working'), { ...minutes(90), clock: 'working' as const }, workdays(3)].map(limitWords)).toEqual(['48 小时工作时间', '1 小时 30 分钟工作时间', '3 个工作日'])
  })

  it('are refused as the server refuses them', () => {
    expect([minutes(0), minutes(-1), minutes(NaN), minutes(1.5), hours(8760), hours(8761), workdays(250), workdays(251)].map((limit) => limitProblem(limit) === null)).toEqual([false, false, false, false, true, false, true, false])
  })

  it('in workdays count office time', () => {
    expect(withUnit(hours(2), 'workdays')).toEqual(workdays(2))
    expect(withUnit(workdays(2), 'hours')).toEqual(hours(2, 'working'))
  })

  it('follow the most exact exception, whatever the order', () => {
    const exceptions = [
      { kind: 'dispute', level: 3, accept: minutes(1), finish: null },
      { kind: null, level: 3, accept: minutes(2), finish: workdays(2) },
      { kind: 'dispute', level: null, accept: minutes(3), finish: null },
    ]
    for (const order of [exceptions, [...exceptions].reverse()]) {
      const levels = { ...base, exceptions: order }
      expect(limitFor(levels, 'accept', 'dispute', 3).limit).toEqual(minutes(1))
      expect(limitFor(levels, 'accept', 'dispute', 5).limit).toEqual(minutes(3))
      expect(limitFor(levels, 'accept', 'suggestion', 3).limit).toEqual(minutes(2))
      expect(limitFor(levels, 'finish', 'dispute', 3).limit).toEqual(workdays(2))
      expect(limitFor(levels, 'accept', null, 5)).toEqual({ limit: minutes(30), exception: null })
    }
  })

  it('add up on the way to the county', () => {
    const levels = { ...base, exceptions: [{ kind: null, level: 3, accept: workdays(1), finish: null }] }
    expect(ladderOf(levels, 'accept', null).map(({ title, reachedAfter }) => [title, reachedAfter])).toEqual([
      ['五级网格', ''],
      ['四级网格', '30 分钟'],
      ['村级', '1 小时'],
      ['乡镇', '1 小时 + 1 个工作日'],
      ['县级', '1 小时 30 分钟 + 1 个工作日'],
    ])
    expect(sumWords([hours(2, 'working'), minutes(15), { ...minutes(30), clock: 'working' }])).toBe('15 分钟 + 2 小时 30 分钟工作时间')
  })
})

describe('a draft of service levels', () => {
  it('names what is wrong by the fields of the server', () => {
    const wrong = {
      ...base,
      accept: minutes(0),
      warn_percent: 96,
      exceptions: [
        { kind: null, level: null, accept: minutes(1), finish: null },
        { kind: 'dispute', level: null, accept: null, finish: null },
        { kind: 'dispute', level: 2, accept: minutes(0), finish: null },
        { kind: 'dispute', level: 2, accept: null, finish: minutes(1) },
      ],
    }
    expect(Object.keys(problemsOf(wrong)).sort()).toEqual(['accept.value', 'exceptions.0', 'exceptions.1', 'exceptions.2.accept.value', 'exceptions.3', 'warn_percent'])
    expect(problemsOf(base)).toEqual({})
  })

  it('tells its changes in words', () => {
    const after = { ...base, finish: hours(168), nudge_answer: null, reopen_days: 0, exceptions: [{ kind: 'dispute', level: 4, accept: minutes(10), finish: null }] }
    expect(changesOf(base, after, kindTitle).map(({ title, before, after: is }) => `${title}：${before} → ${is}`)).toEqual([
      '办结时限：24 小时 → 7 天',
      '督促回应时限：20 分钟 → 不启用',
      '重新办理期限：7 天 → 不可重新办理',
      '例外：矛盾纠纷 · 四级网格：无 → 接单 10 分钟',
    ])
    expect(changesOf(base, { ...base }, kindTitle)).toEqual([])
  })

  it('keeps the changes of two editors, and mine where both changed the same', () => {
    const mine = { ...base, accept: minutes(45), warn_percent: 70, exceptions: [{ kind: 'dispute', level: null, accept: minutes(5), finish: null }] }
    const theirs = { ...base, version: 4, accept: minutes(60), reopen_days: 14, exceptions: [{ kind: null, level: 2, accept: null, finish: workdays(5) }] }
    const { value, both } = mergedLevels(base, mine, theirs)
    expect(both).toEqual(['accept'])
    expect(value).toMatchObject({ version: 4, accept: minutes(45), warn_percent: 70, reopen_days: 14 })
    expect(value.exceptions).toHaveLength(2)
  })

  it('takes away what I removed, and does not bring back what they removed', () => {
    const exception = { kind: 'dispute', level: null, accept: minutes(5), finish: null }
    const withOne = { ...base, exceptions: [exception] }
    expect(mergedLevels(withOne, base, { ...withOne, version: 4 }).value.exceptions).toEqual([])
    expect(mergedLevels(withOne, { ...withOne, warn_percent: 50 }, { ...base, version: 4 }).value).toMatchObject({ exceptions: [], warn_percent: 50 })
  })
})

describe('parts', () => {
  it('are the same whatever the order of their members', () => {
    expect(same({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 })).toBe(true)
    expect(same({ a: 1 }, { a: 1, b: undefined })).toBe(true)
    expect(same([1, 2], [2, 1])).toBe(false)
    expect(same(null, {})).toBe(false)
    expect(same([], {})).toBe(false)
  })

  it('that both changed alike are no conflict', () => {
    const parts = (entries: object): Map<string, unknown> => new Map(Object.entries(entries))
    expect(merged(parts({ a: 1 }), parts({ a: 2 }), parts({ a: 2, b: 3 }))).toEqual({ parts: parts({ a: 2, b: 3 }), both: [] })
    expect(differingKeys(parts({ a: 1, b: 1 }), parts({ b: 1, c: 1 }))).toEqual(['a', 'c'])
  })
})
