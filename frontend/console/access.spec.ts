import { expect, it } from 'vitest'
import type { Me } from '@/shared/api/types'
import { homeOf, looksOnMeetings, runsMeetings, servesGrids, usesConsole } from './access'

const me = (changes: object): Me => ({ kind: 'resident', roles: ['member', 'resident'], grids: [], organisation_roles: [], ...changes }) as unknown as Me
const withRole = (role: string, changes: object = {}): Me => me({ organisation_roles: [{ organisation: { id: 'o', name: '柳河村党支部' }, role }], ...changes })

it('keeps plain members out of the console', () => {
  expect(usesConsole(me({}))).toBe(false)
})

it('leads a secretary to the meetings', () => {
  const secretary = withRole('secretary')
  expect([usesConsole(secretary), runsMeetings(secretary), servesGrids(secretary), homeOf(secretary)]).toEqual([true, true, false, '/console/meetings'])
})

it('leads a supervisor to the supervision, where nothing is made', () => {
  const supervisor = withRole('supervisor', { kind: 'staff', roles: [] })
  expect([looksOnMeetings(supervisor), runsMeetings(supervisor), homeOf(supervisor)]).toEqual([true, false, '/console/supervision'])
})

it('leads whoever serves a grid to the grids, and an administrator to everything', () => {
  const leader = me({ kind: 'staff', roles: ['grid_staff'], grids: [{ id: 'g' }] })
  expect([homeOf(leader), looksOnMeetings(leader)]).toEqual(['/console/grids', false])
  const administrator = me({ kind: 'staff', roles: ['admin'] })
  expect([homeOf(administrator), runsMeetings(administrator), servesGrids(administrator)]).toEqual(['/console/grids', true, true])
})
