import type { LevelException, Limit, ServiceLevels, ServiceLevelsView } from '../api/rules'
import { limitProblem, limitWords, ruleLevelWords } from './limits'
import { copyOf, differingKeys, merged, type Merge } from './merge'

/** Service levels while somebody edits them: what differs, what is wrong, and what two editors make of it together. */

export function levelsOf(view: ServiceLevelsView): ServiceLevels {
  const { history: _history, may_change: _mayChange, ...levels } = view
  return copyOf(levels)
}

export interface Change {
  key: string
  title: string
  before: string
  after: string
}

type Parts = Map<string, unknown>
type NumberField = 'warn_percent' | 'pause_workdays' | 'nudge_cooldown_minutes' | 'returns_until_escalation' | 'reopen_days'
type Field = NumberField | 'accept' | 'finish' | 'nudge_answer' | 'nudge_repeat'

const fieldTitles: Record<Field, string> = {
  accept: '接单时限',
  finish: '办结时限',
  warn_percent: '到期预警',
  pause_workdays: '暂停最长',
  nudge_cooldown_minutes: '督促合并',
  nudge_answer: '督促回应时限',
  nudge_repeat: '超时再督促',
  returns_until_escalation: '退回升级',
  reopen_days: '重新办理期限',
}
const fields = Object.keys(fieldTitles) as Field[]

export interface NumberRange {
  least: number
  most: number
}

/** As the server has it. */
export const ranges: Record<NumberField, NumberRange> = {
  warn_percent: { least: 0, most: 95 },
  pause_workdays: { least: 1, most: 250 },
  nudge_cooldown_minutes: { least: 0, most: 1440 },
  returns_until_escalation: { least: 1, most: 20 },
  reopen_days: { least: 0, most: 365 },
}

/** What the server would refuse, by the names that it uses. */
export function problemsOf(levels: ServiceLevels): Record<string, string> {
  const problems: Record<string, string> = {}
  const limit = (value: Limit | null, field: string): void => {
    const problem = limitProblem(value)
    if (problem !== null) problems[`${field}.value`] = problem
  }
  for (const field of ['accept', 'finish', 'nudge_answer', 'nudge_repeat'] as const) limit(levels[field], field)
  for (const [field, { least, most }] of Object.entries(ranges) as [NumberField, NumberRange][]) {
    const value = levels[field]
    if (!Number.isInteger(value) || value < least || value > most) problems[field] = `请填写 ${least} 到 ${most}`
  }
  const seen = new Set<string>()
  levels.exceptions.forEach((exception, index) => {
    const field = `exceptions.${index}`
    limit(exception.accept, `${field}.accept`)
    limit(exception.finish, `${field}.finish`)
    const key = exceptionKey(exception)
    if (exception.kind === null && exception.level === null) problems[field] = '请选择类别或层级；适用于全部的时限请改默认值'
    else if (exception.accept === null && exception.finish === null) problems[field] = '请至少单独设定一项：接单或办结'
    else if (seen.has(key)) problems[field] = '同一类别和层级重复'
    seen.add(key)
  })
  return problems
}

/** Everything that differs, in words. */
export function changesOf(before: ServiceLevels, after: ServiceLevels, kindTitle: (kind: string) => string): Change[] {
  const [was, is] = [partsOf(before), partsOf(after)]
  return differingKeys(was, is).map((key) => ({ key, title: titleOf(key, kindTitle), before: wordsOf(key, was.get(key)), after: wordsOf(key, is.get(key)) }))
}

/** Somebody else saved `theirs` while `mine` was made from `base`: both kept, and where both changed the same, mine. */
export function mergedLevels(base: ServiceLevels, mine: ServiceLevels, theirs: ServiceLevels): Merge<ServiceLevels> {
  const { parts, both } = merged(partsOf(base), partsOf(mine), partsOf(theirs))
  const result = copyOf(theirs)
  result.exceptions = []
  for (const [key, value] of parts) {
    if (key.startsWith('exceptions.')) result.exceptions.push(copyOf(value as LevelException))
    else Object.assign(result, { [key]: copyOf(value ?? null) })
  }
  return { value: result, both }
}

export function exceptionTitle(exception: Pick<LevelException, 'kind' | 'level'>, kindTitle: (kind: string) => string): string {
  const kind = exception.kind === null ? '全部类别' : kindTitle(exception.kind)
  const level = exception.level === null ? '各级' : (ruleLevelWords[exception.level] ?? String(exception.level))
  return `${kind} · ${level}`
}

function exceptionKey(exception: LevelException): string {
  return `${exception.kind ?? ''}|${exception.level ?? ''}`
}

function partsOf(levels: ServiceLevels): Parts {
  const parts: Parts = new Map(fields.map((field) => [field, levels[field]]))
  for (const exception of levels.exceptions) {
    let key = `exceptions.${exceptionKey(exception)}`
    // Two of the same are wrong, but nobody's input is lost for it.
    while (parts.has(key)) key += '|'
    parts.set(key, exception)
  }
  return parts
}

function titleOf(key: string, kindTitle: (kind: string) => string): string {
  if (!key.startsWith('exceptions.')) return fieldTitles[key as Field] ?? key
  const [kind = '', level = ''] = key.slice('exceptions.'.length).split('|')
  return `例外：${exceptionTitle({ kind: kind === '' ? null : kind, level: level === '' ? null : Number(level) }, kindTitle)}`
}

function wordsOf(key: string, value: unknown): string {
  if (value === undefined) return '无'
  if (key.startsWith('exceptions.')) {
    const { accept, finish } = value as LevelException
    return [accept ? `接单 ${limitWords(accept)}` : '', finish ? `办结 ${limitWords(finish)}` : ''].filter((part) => part !== '').join('，') || '未填写'
  }
  if (value === null) return '不启用'
  if (typeof value === 'object') return limitWords(value as Limit)
  return numberWords(key as NumberField, Number(value))
}

function numberWords(field: NumberField, value: number): string {
  switch (field) {
    case 'warn_percent':
      return value === 0 ? '不预警' : `用去 ${value}%`
    case 'pause_workdays':
      return `${value} 个工作日`
    case 'nudge_cooldown_minutes':
      return value === 0 ? '不合并' : `${value} 分钟内`
    case 'returns_until_escalation':
      return `第 ${value} 次`
    case 'reopen_days':
      return value === 0 ? '不可重新办理' : `${value} 天`
  }
}
