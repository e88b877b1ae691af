import type { LocationQuery } from 'vue-router'
import type { DutyLevel, DutyQuery } from '@/shared/api/duties'

/** What the warnings are narrowed to; kept in the address, so that a link shows the same. */
export interface DutyFilter {
  /** empty: all that one looks over */
  org: string
  type: string
  period: string
  level: DutyLevel | ''
  state: StateChoice
  handled: 'no' | 'yes' | ''
}
/** `standing`: not held, planned or not. */
export type StateChoice = 'standing' | 'satisfied' | 'exempt' | 'all'

export const noFilter: DutyFilter = { org: '', type: '', period: '', level: '', state: 'standing', handled: 'no' }
export const stateChoices: readonly { name: StateChoice; word: string; states: string }[] = [
  { name: 'standing', word: '还没有召开', states: 'warned,coming' },
  { name: 'satisfied', word: '已召开', states: 'satisfied' },
  { name: 'exempt', word: '不再要求', states: 'exempt' },
  { name: 'all', word: '全部', states: '' },
]

export function filterOf(query: LocationQuery): DutyFilter {
  const text = (name: string): string => (typeof query[name] === 'string' ? query[name] : '')
  const level = text('level')
  return {
    org: text('org'),
    type: text('type'),
    period: text('period'),
    level: level === 'red' || level === 'orange' || level === 'yellow' ? level : '',
    state: stateChoices.find(({ name }) => name === text('state'))?.name ?? noFilter.state,
    handled: text('handled') === 'yes' ? 'yes' : text('handled') === 'all' ? '' : 'no',
  }
}

export function addressOf({ state, handled, ...texts }: DutyFilter): Record<string, string> {
  const other = { ...texts, state: state === noFilter.state ? '' : state, handled: handled === 'no' ? '' : handled === '' ? 'all' : handled }
  return Object.fromEntries(Object.entries(other).filter(([, value]) => value !== ''))
}

export function queryOf(filter: DutyFilter): DutyQuery {
  const states = stateChoices.find(({ name }) => name === filter.state)?.states ?? ''
  return { org: filter.org, type: filter.type, period: filter.period, level: filter.level, state: states, ...(filter.handled !== '' && { handled: filter.handled === 'yes' }) }
}
