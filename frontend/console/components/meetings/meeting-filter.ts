import type { LocationQuery } from 'vue-router'
import type { MeetingQuery } from '@/shared/api/meetings'
import { momentOf } from '@/shared/format/local-time'
import type { MeetingState } from '@/shared/meeting/types'

/** What the list of meetings is narrowed to; kept in the address, so that the way back from a meeting finds it. */
export interface MeetingFilter {
  org: string
  below: boolean
  type: string
  state: '' | MeetingState
  /** days, `2026-11-21`; empty: open */
  from: string
  until: string
  words: string
}

const dayMs = 86_400_000
export const noFilter: MeetingFilter = { org: '', below: true, type: '', state: '', from: '', until: '', words: '' }

export function filterOf(query: LocationQuery): MeetingFilter {
  const text = (name: string): string => (typeof query[name] === 'string' ? query[name] : '')
  return { org: text('org'), below: text('below') !== 'no', type: text('type'), state: text('state') as MeetingFilter['state'], from: text('from'), until: text('until'), words: text('words') }
}

export function addressOf(filter: MeetingFilter): Record<string, string> {
  const { below, ...texts } = filter
  return Object.fromEntries(Object.entries({ ...texts, below: below ? '' : 'no' }).filter(([, value]) => value !== ''))
}

export function queryOf(filter: MeetingFilter): MeetingQuery {
  return {
    ...(filter.org === '' ? {} : { org_id: filter.org, include_below: filter.below }),
    state: filter.state,
    type: filter.type,
    ...dayRange(filter.from, filter.until),
    q: filter.words.trim(),
  }
}

/** The first moment of a day and the first after another, by Beijing time. */
function dayRange(from: string, until: string): { from?: string; until?: string } {
  const [first, last] = [momentOf(`${from}T00:00`), momentOf(`${until}T00:00`)]
  return { ...(first === null ? {} : { from: new Date(first).toISOString() }), ...(last === null ? {} : { until: new Date(last + dayMs).toISOString() }) }
}
