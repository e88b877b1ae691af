import type { DutyRule, DutyRuleInput } from '@/shared/api/duties'
import type { MeetingType } from '@/shared/api/meeting-types'
import type { Change } from '@/shared/levels/draft'
import { appliesWords, periodKindWords } from './words'

/** A rule as a form holds it: numbers are text until they are sent; empty means: not asked for. */
export interface RuleDraft {
  enabled: boolean
  period: DutyRule['period']
  minimum: string
  applies_to: DutyRule['applies_to']
  quorum_percent: string
  yellow_workdays: string
  orange_workdays: string
  minutes_days: string
  answer_workdays: string
  valid_from: string
  valid_to: string
}

type NumberField = 'minimum' | 'quorum_percent' | 'yellow_workdays' | 'orange_workdays' | 'minutes_days' | 'answer_workdays'
/** What the server takes, see domain/src/duty/rule.rs. */
export const ranges: Record<NumberField, { least: number; most: number; optional: boolean }> = {
  minimum: { least: 1, most: 31, optional: false },
  quorum_percent: { least: 0, most: 99, optional: true },
  yellow_workdays: { least: 0, most: 60, optional: false },
  orange_workdays: { least: 0, most: 60, optional: false },
  minutes_days: { least: 0, most: 90, optional: true },
  answer_workdays: { least: 1, most: 30, optional: false },
}
const numberFields = Object.keys(ranges) as NumberField[]

/** What the form of a type begins with that has no rule yet. */
export function usualRule(type: Pick<MeetingType, 'code' | 'name'>, today: string): DutyRule {
  return { type: type.code, type_title: type.name, enabled: true, period: 'month', minimum: 1, applies_to: 'every_branch', quorum_percent: null, yellow_workdays: 10, orange_workdays: 3, minutes_days: 7, answer_workdays: 2, valid_from: today, valid_to: null, version: 0 }
}

export function draftOf(rule: DutyRule): RuleDraft {
  const text = (value: number | null): string => (value === null ? '' : String(value))
  return {
    enabled: rule.enabled,
    period: rule.period,
    minimum: text(rule.minimum),
    applies_to: rule.applies_to,
    quorum_percent: text(rule.quorum_percent),
    yellow_workdays: text(rule.yellow_workdays),
    orange_workdays: text(rule.orange_workdays),
    minutes_days: text(rule.minutes_days),
    answer_workdays: text(rule.answer_workdays),
    valid_from: rule.valid_from,
    valid_to: rule.valid_to ?? '',
  }
}

export function problemsOf(draft: RuleDraft): Record<string, string> {
  const problems: Record<string, string> = {}
  for (const field of numberFields) {
    const { least, most, optional } = ranges[field]
    const text = draft[field].trim()
    if (text === '' && optional) continue
    if (!/^\d+$/.test(text) || Number(text) < least || Number(text) > most) problems[field] = `请填写 ${least} 到 ${most} 的整数${optional ? '，或留空' : ''}`
  }
  if (!problems['yellow_workdays'] && !problems['orange_workdays'] && Number(draft.orange_workdays) > Number(draft.yellow_workdays)) problems['orange_workdays'] = '橙色预警不能早于黄色预警'
  if (draft.valid_from === '') problems['valid_from'] = '请选择生效日期'
  else if (draft.valid_to !== '' && draft.valid_to < draft.valid_from) problems['valid_to'] = '失效日期不能早于生效日期'
  return problems
}

/** Only of a draft without problems. */
export function inputOf(draft: RuleDraft): DutyRuleInput {
  const number = (text: string): number | null => (text.trim() === '' ? null : Number(text))
  return {
    enabled: draft.enabled,
    period: draft.period,
    minimum: Number(draft.minimum),
    applies_to: draft.applies_to,
    quorum_percent: number(draft.quorum_percent),
    yellow_workdays: Number(draft.yellow_workdays),
    orange_workdays: Number(draft.orange_workdays),
    minutes_days: number(draft.minutes_days),
    answer_workdays: Number(draft.answer_workdays),
    valid_from: draft.valid_from,
    valid_to: draft.valid_to === '' ? null : draft.valid_to,
  }
}

const rows: readonly { key: keyof RuleDraft; title: string; word: (rule: DutyRuleInput) => string }[] = [
  { key: 'enabled', title: '是否要求', word: (rule) => (rule.enabled ? '要求' : '不要求') },
  { key: 'period', title: '周期', word: (rule) => periodKindWords[rule.period] },
  { key: 'minimum', title: '最少次数', word: (rule) => `${rule.minimum} 次` },
  { key: 'applies_to', title: '适用范围', word: (rule) => appliesWords[rule.applies_to] },
  { key: 'quorum_percent', title: '到会人数', word: (rule) => quorumWords(rule.quorum_percent) },
  { key: 'yellow_workdays', title: '黄色预警', word: (rule) => `到期前 ${rule.yellow_workdays} 个工作日` },
  { key: 'orange_workdays', title: '橙色预警', word: (rule) => `到期前 ${rule.orange_workdays} 个工作日` },
  { key: 'minutes_days', title: '纪要期限', word: (rule) => minutesWords(rule.minutes_days) },
  { key: 'answer_workdays', title: '答复期限', word: (rule) => `${rule.answer_workdays} 个工作日` },
  { key: 'valid_from', title: '生效日期', word: (rule) => rule.valid_from },
  { key: 'valid_to', title: '失效日期', word: (rule) => rule.valid_to ?? '长期' },
]

export const quorumWords = (percent: number | null): string => (percent === null ? '不限' : `超过有表决权人数的 ${percent}%`)
export const minutesWords = (days: number | null): string => (days === null ? '不要求' : `会后 ${days} 天内签发`)
/** 每季度 1 次 */
export const dueWords = (rule: Pick<DutyRuleInput, 'period' | 'minimum'>): string => `${periodKindWords[rule.period]} ${rule.minimum} 次`

/** What is different, in words. */
export function changesBetween(before: DutyRuleInput, after: DutyRuleInput): Change[] {
  return rows.flatMap(({ key, title, word }) => (before[key] === after[key] ? [] : [{ key, title, before: word(before), after: word(after) }]))
}

/** What follows from saving, for whoever changes the rule; the numbers only the server can tell. */
export function consequences(before: DutyRuleInput | null, after: DutyRuleInput, title: string): string[] {
  if (!after.enabled) return [`不再要求召开${title}：还没有完成的预警转为“不再要求”，以后不再产生。`]
  const said = [
    `${appliesWords[after.applies_to]}${dueWords(after)}${title}；到期前 ${after.yellow_workdays} 个工作日还没有安排的黄色预警，${after.orange_workdays} 个工作日橙色预警，到期没有召开的红色预警。`,
    after.minutes_days === null ? '开过即算召开，不看纪要。' : `会后 ${after.minutes_days} 天内签发纪要才算召开。`,
  ]
  if (before === null || !before.enabled) said.push('现在还没有召开的支部，保存后会收到预警。')
  else if (isStricter(before, after)) said.push('要求变严：已经达到要求的支部可能重新出现预警。')
  if (before !== null && before.enabled && before.period !== after.period) said.push('周期变了：预警按新周期重新计算。')
  return said
}

function isStricter(before: DutyRuleInput, after: DutyRuleInput): boolean {
  return (
    after.minimum > before.minimum ||
    (after.quorum_percent ?? 0) > (before.quorum_percent ?? 0) ||
    (after.minutes_days ?? Infinity) < (before.minutes_days ?? Infinity) ||
    after.valid_from < before.valid_from ||
    (after.valid_to ?? '9999') > (before.valid_to ?? '9999')
  )
}
