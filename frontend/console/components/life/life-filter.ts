import type { LocationQuery } from 'vue-router'
import type { LifeMeetingQuery } from '@/shared/api/organisational-life'
import type { LifePhase } from '@/shared/organisational-life/types'
import { phaseWords } from '@/shared/organisational-life/words'

/** What the list of 组织生活会 is narrowed to; kept in the address, so that the way back finds it. */
export interface LifeFilter {
  org: string
  below: boolean
  year: string
  phase: '' | LifePhase
}

export const noFilter: LifeFilter = { org: '', below: true, year: '', phase: '' }

export function filterOf(query: LocationQuery): LifeFilter {
  const text = (name: string): string => (typeof query[name] === 'string' ? query[name] : '')
  const phase = text('phase')
  return { org: text('org'), below: text('below') !== 'no', year: /^\d{4}$/.test(text('year')) ? text('year') : '', phase: phase in phaseWords ? (phase as LifePhase) : '' }
}

export function addressOf(filter: LifeFilter): Record<string, string> {
  const { below, ...texts } = filter
  return Object.fromEntries(Object.entries({ ...texts, below: below ? '' : 'no' }).filter(([, value]) => value !== ''))
}

export function queryOf(filter: LifeFilter): LifeMeetingQuery {
  return { ...(filter.org === '' ? {} : { org_id: filter.org, include_below: filter.below }), year: filter.year, phase: filter.phase }
}
