import { expect, it } from 'vitest'
import type { OrganisationNode } from '@/shared/api/organisations'
import type { GridNode } from '@/shared/api/types'
import { aSummary } from '@/shared/duty/fixture'
import { parseStatistics } from '@/shared/meeting/statistics'
import { figuresBelow, figuresOf, gridsByOrganisation } from './figures'

const node = (id: string, kind: OrganisationNode['kind'], members: number, children: OrganisationNode[] = [], status: OrganisationNode['status'] = 'active'): OrganisationNode => ({
  id, name: `中共${id}`, short_name: id, kind, kind_title: '', level: 1, parent_id: null, order: 0, status, leaders: [], own_members: 0, members, may_administer: false, may_manage: false, founded_on: null, ends_on: null, children,
})
const town = node('town', 'party_committee', 44, [node('a', 'branch', 24, [node('g', 'group', 8)]), node('b', 'branch', 20), node('gone', 'branch', 0, [], 'disabled')])
const line = (key: string, meetings: number, expected: number, present: number): object => ({ key, name: key, meetings, expected, present })
const statistics = parseStatistics({ from: '', until: '', items: [line('town', 1, 10, 9), line('a', 3, 60, 50), line('g', 1, 8, 8), line('b', 2, 40, 40)], total: line('', 5, 118, 107) })
const counters = { submitted: 1, accepted: 2, completed: 3, rated: 4, overdue: 0, returned: 0 }
const grid = { id: 'grid-b', organisation: { id: 'b', name: 'b' }, counters, children: [] } as unknown as GridNode
const sources = { summary: aSummary({ items: [] }), statistics, grids: gridsByOrganisation({ id: 'root', organisation: null, children: [grid] } as unknown as GridNode) }

it('counts what is in use: groups are parts of their branches', () => {
  expect(figuresOf(town, sources)).toMatchObject({ name: 'town', organisations: 3, branches: 2, members: 44, attendance: { meetings: 5, expected: 118, present: 107 }, tickets: null })
})

it('adds attendance up, but no meetings that may be counted twice', () => {
  const [a, b, ...rest] = figuresBelow(town, sources)
  expect(rest).toEqual([])
  expect(a?.attendance).toEqual({ meetings: null, expected: 68, present: 58 })
  expect(b).toMatchObject({ attendance: { meetings: 2, expected: 40, present: 40 }, tickets: counters, duties: null })
})

it('shows nothing that could not be read', () => {
  expect(figuresBelow(town, { summary: null, statistics: null, grids: new Map() })[1]).toMatchObject({ attendance: null, duties: null, tickets: null })
})
