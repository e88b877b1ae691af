import type { AppliesTo, DutyCounts, DutyLevel, DutyOrder, DutyPeriod, DutyWarning, PeriodKind, PeriodState } from '@/shared/api/duties'
import { moment } from '@/shared/format/time'
import type { Tone } from '@/shared/meeting/words'

/** Words of duties, the same on every page. What the server tells comes with its own. */

export const levels: readonly DutyLevel[] = ['red', 'orange', 'yellow']
export const levelWords: Record<DutyLevel, string> = { red: '红色', orange: '橙色', yellow: '黄色' }
/** Why there is one, for whoever meets the colours for the first time. */
export const levelReasons: Record<DutyLevel, string> = { red: '已到期，未召开', orange: '快到期，还没有安排', yellow: '临近到期，还没有安排' }

export const appliesWords: Record<AppliesTo, string> = { every_branch: '每个党支部', with_committee: '设支委会的党支部', each_group: '每个党小组' }
export const periodKindWords: Record<PeriodKind, string> = { month: '每月', quarter: '每季度', year: '每年' }

/** 2026年第4季度党课未召开 */
export function warningTitle(warning: Pick<DutyWarning, 'group' | 'period_title' | 'type_title' | 'state' | 'level' | 'late'>): string {
  return `${warning.group ? `${warning.group.name} ` : ''}${warning.period_title}${warning.type_title}${endings(warning)}`
}

function endings({ state, level, late }: Pick<DutyWarning, 'state' | 'level' | 'late'>): string {
  switch (state) {
    case 'warned':
      return level === 'red' ? '未召开' : '尚未安排召开'
    case 'coming':
      return '已安排，等待召开'
    case 'satisfied':
      return late ? '已补开（补录）' : '已召开'
    case 'exempt':
      return '不再要求'
    default: {
      const unreachable: never = state
      return unreachable
    }
  }
}

export const warningStates: Record<DutyWarning['state'], { word: string; tone: Tone }> = {
  warned: { word: '未召开', tone: 'bad' },
  coming: { word: '已安排', tone: 'wait' },
  satisfied: { word: '已召开', tone: 'good' },
  exempt: { word: '不再要求', tone: 'plain' },
}

/** Nobody has to do anything about it any more. */
export const isSettled = (warning: Pick<DutyWarning, 'state'>): boolean => warning.state === 'satisfied' || warning.state === 'exempt'

export const standing = (counts: DutyCounts): number => counts.red + counts.orange + counts.yellow

/** A sign and a word for each state of a period; the sign repeats the word for whoever cannot tell the colours apart. */
export const periodStates: Record<PeriodState, { sign: string; word: string }> = {
  satisfied: { sign: '✓', word: '已召开' },
  coming: { sign: '◷', word: '已安排' },
  open: { sign: '○', word: '待召开' },
  yellow: { sign: '!', word: '黄色预警' },
  orange: { sign: '!!', word: '橙色预警' },
  red: { sign: '✕', word: '未召开' },
  exempt: { sign: '—', word: '不要求' },
}

/** What stands in a cell: 补录 and the reason of an exemption go before the plain word. */
export function periodWord(period: Pick<DutyPeriod, 'state' | 'late' | 'exemption_title'>): string {
  if (period.state === 'satisfied' && period.late) return '补录'
  if (period.state === 'exempt') return period.exemption_title ?? periodStates.exempt.word
  return periodStates[period.state].word
}

export const orderStates: Record<DutyOrder['state'], { word: string; tone: Tone }> = {
  open: { word: '待答复', tone: 'bad' },
  answered: { word: '已答复', tone: 'good' },
  closed: { word: '已办结', tone: 'plain' },
}

/** What became of it since nobody answers, and what comes next; empty: nothing. */
export function ladderWords(order: Pick<DutyOrder, 'state' | 'escalations' | 'escalates_at'>, now: number): string {
  const told = order.escalations.length > 0 ? `逾期未答复，已上报至${order.escalations.map((above) => above.name).join('、')}` : ''
  if (order.state !== 'open' || order.escalates_at === null) return told
  const next = `${moment(order.escalates_at, now)} 前未答复将${order.escalations.length > 0 ? '再' : ''}上报上一级`
  return told === '' ? next : `${told}；${next}`
}

/** Its answer came, or is out of date. */
export const isOverdue = (order: Pick<DutyOrder, 'state' | 'due_at'>, now: number): boolean => order.state === 'open' && order.due_at !== null && Date.parse(order.due_at) < now
