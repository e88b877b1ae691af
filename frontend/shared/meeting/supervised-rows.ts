import { parseSupervised, type SupervisedMeeting, type SupervisionChange } from './supervision'

/** Hundreds of meetings in the order in which somebody should look at them. */

export type Rows = ReadonlyMap<string, SupervisedMeeting>

/** What a supervisor is warned of, the gravest first. */
const alerts: Readonly<Record<string, { word: string; long: string; grave: boolean }>> = {
  not_started: { word: '到点未开始', long: '到点 10 分钟还没有开始', grave: true },
  no_quorum: { word: '表决权未过半', long: '有表决权的到会人数没有过半，不能表决', grave: true },
  few_present: { word: '到会不足一半', long: '开始 10 分钟后实到不足应到的一半', grave: true },
  overrun: { word: '超时未结束', long: '超过计划结束时间 15 分钟', grave: true },
  item_overrun: { word: '议程超时', long: '正在进行的议程超过了计划时间', grave: false },
  odd_sign_ins: { word: '签到存疑', long: '有需要核对的签到', grave: false },
  leave_waiting: { word: '请假待批', long: '有请假等待审批', grave: false },
}
const order = Object.keys(alerts)

export const alertChoices = order.map((code) => ({ code, word: alerts[code]?.word ?? code }))

/** A newer server may warn of something that this page has no word for. */
export function alertWords(code: string): { word: string; long: string; grave: boolean } {
  return alerts[code] ?? { word: '需关注', long: '请进会查看', grave: false }
}

export function gravestFirst(codes: readonly string[]): string[] {
  return [...codes].sort((a, b) => rankOf(a) - rankOf(b))
}

function rankOf(code: string): number {
  const rank = order.indexOf(code)
  return rank < 0 ? order.length : rank
}

export function rowsOf(items: readonly SupervisedMeeting[], before: Rows = new Map()): Rows {
  return new Map(items.map((row) => [row.id, same(before.get(row.id), row)]))
}

/** The rows after a change; those that did not change stay the same objects, and are not drawn anew. */
export function afterChange(rows: Rows, change: SupervisionChange): Rows {
  const next = new Map(rows)
  for (const id of change.removed) next.delete(id)
  for (const part of change.changed) {
    const before = next.get(part.id)
    const row = parseSupervised({ ...before, ...part })
    if (row) next.set(row.id, same(before, row))
  }
  return next
}

function same(before: SupervisedMeeting | undefined, row: SupervisedMeeting): SupervisedMeeting {
  return before !== undefined && JSON.stringify(before) === JSON.stringify(row) ? before : row
}

export type Part = 'all' | 'alert' | 'running' | 'soon' | 'over'

export interface RowFilter {
  part: Part
  alert: string
  words: string
}

export function partOf(row: SupervisedMeeting): Exclude<Part, 'all' | 'alert'> {
  if (row.state === 'running') return 'running'
  return row.state === 'launched' || row.state === 'draft' ? 'soon' : 'over'
}

/** Those that fit, the most urgent first: warnings, then what runs, then what begins next, then what is over. */
export function shownRows(rows: Rows, filter: RowFilter): SupervisedMeeting[] {
  const words = filter.words.trim().toLowerCase()
  const fits = (row: SupervisedMeeting): boolean => {
    if (filter.part === 'alert' ? row.alerts.length === 0 : filter.part !== 'all' && partOf(row) !== filter.part) return false
    if (filter.alert !== '' && !row.alerts.includes(filter.alert)) return false
    return words === '' || [row.topic, row.org_name, row.host.name, row.place, row.type_name].some((text) => text.toLowerCase().includes(words))
  }
  return [...rows.values()].filter(fits).sort(mostUrgentFirst)
}

function mostUrgentFirst(a: SupervisedMeeting, b: SupervisedMeeting): number {
  const [urgencyA, urgencyB] = [urgency(a), urgency(b)]
  if (urgencyA !== urgencyB) return urgencyA - urgencyB
  // What ended last is asked about first; everything else in the order of its beginning.
  const later = urgencyA >= overUrgency ? -1 : 1
  return later * (Date.parse(a.starts_at) - Date.parse(b.starts_at)) || (a.id < b.id ? -1 : 1)
}

const runningUrgency = 20
const overUrgency = 40

function urgency(row: SupervisedMeeting): number {
  if (row.alerts.length > 0 && row.state !== 'cancelled') return Math.min(...row.alerts.map(rankOf))
  const part = partOf(row)
  if (part === 'running') return runningUrgency
  if (part === 'soon') return runningUrgency + 1
  return row.state === 'cancelled' ? overUrgency + 1 : overUrgency
}

export interface Totals {
  all: number
  alert: number
  running: number
  soon: number
  over: number
  /** of meetings that have begun: those to come would make every rate look bad */
  expected: number
  present: number
  late: number
  leave: number
  missing: number
}

export function totalsOf(rows: Rows): Totals {
  const totals: Totals = { all: 0, alert: 0, running: 0, soon: 0, over: 0, expected: 0, present: 0, late: 0, leave: 0, missing: 0 }
  for (const row of rows.values()) {
    const part = partOf(row)
    totals.all += 1
    totals[part] += 1
    if (row.alerts.length > 0) totals.alert += 1
    if (part === 'soon' || row.state === 'cancelled') continue
    for (const figure of ['expected', 'present', 'late', 'leave', 'missing'] as const) totals[figure] += row[figure]
  }
  return totals
}
