import { expect, it } from 'vitest'
import { aLife } from '@/shared/organisational-life/fixture'
import { addressOf, filterOf, noFilter, queryOf } from './life-filter'
import { changesOf, emptyPlan, newLifeMeetingOf, planOf, problemsOf, yearsAround } from './life-plan'
import { presetOf } from './meeting-preset'

const now = Date.parse('2026-11-21T06:00:00.000Z')

it('begins with dates that fit, and leaves the whole branch to the server', () => {
  const plan = { ...emptyPlan('o1', now), topic: ' 组织生活会 ', content: '议题' }
  expect(problemsOf(plan, now)).toEqual({})
  expect(newLifeMeetingOf(plan)).toEqual({ org_id: 'o1', topic: '组织生活会', year: 2026, content: '议题', materials_due_at: '2026-12-01T10:00:00.000Z', ends_at: '2026-12-11T10:00:00.000Z', notice: 'message', attachments: [] })
  expect(newLifeMeetingOf({ ...plan, members: ['m1'] })).toMatchObject({ members: ['m1'] })
})

it('names what is wrong before anything is sent', () => {
  const plan = { ...emptyPlan('', now), due: '2026-11-20T18:00', ends: '2026-11-20T17:00', members: [] }
  expect(Object.keys(problemsOf(plan, now)).sort()).toEqual(['content', 'ends_at', 'materials_due_at', 'members', 'org_id', 'topic'])
})

it('lets instants stay that have passed, and sends only what was changed', () => {
  const life = aLife({ materials_due_at: '2026-11-20T10:00:00.000Z' })
  const before = planOf(life)
  expect(problemsOf({ ...before, topic: '另一个名称' }, now, before)).toEqual({})
  expect(changesOf(before, before)).toEqual({})
  expect(changesOf({ ...before, topic: '另一个名称', ends: '2026-12-06T18:00' }, before)).toEqual({ topic: '另一个名称', ends_at: '2026-12-06T10:00:00.000Z' })
})

it('offers the years that the server takes, by Beijing time', () => {
  expect(yearsAround('2026-12-31T17:00:00.000Z')).toEqual([2028, 2027, 2026])
})

it('keeps the filter in the address', () => {
  const filter = { org: 'o1', below: false, year: '2026', phase: 'during' as const }
  expect(filterOf(addressOf(filter))).toEqual(filter)
  expect(addressOf(noFilter)).toEqual({})
  expect(filterOf({ year: 'x', phase: 'none' })).toEqual(noFilter)
  expect(queryOf(filter)).toEqual({ org_id: 'o1', include_below: false, year: '2026', phase: 'during' })
})

it('gives the form of a meeting what is known of it', () => {
  const members = [{ id: 'm1', positions: ['secretary'] }, { id: 'm2', positions: [] }, { id: 'm3', positions: ['group_leader'] }] as never
  expect(presetOf(aLife(), 'committee', members, now)).toMatchObject({ type: 'committee_meeting', starts: '2026-11-22T14:30', ends: '2026-11-22T16:00', invited: { whole_branch: false, members: ['m1'] } })
  expect(presetOf(aLife(), 'members', [], now)).toMatchObject({ type: 'organisation_life', topic: '2026 年度组织生活会', invited: { whole_branch: true } })
})
