import { expect, it } from 'vitest'
import type { Me } from '@/shared/api/types'
import { homeOf, importsMembers, importsOrganisations, mayEnter, runsMeetings, usesGrids, usesParty } from './rights'

const nobody: Me = {
  id: 'a', account: 'a', name: '甲', kind: 'staff', roles: [], grids: [], organisations: [], organisation_roles: [], membership: null as never,
  profile_complete: true, must_change_password: false, csrf_token: '', address: null, phone: null,
}
const withRole = (role: string, kind: Me['kind'] = 'staff'): Me => ({ ...nobody, kind, organisation_roles: [{ organisation: { id: 'o', name: '党委' }, role, role_title: '' }] })

it('lets a secretary in who has no work account, and shows only the pages of the Party', () => {
  const secretary = withRole('secretary', 'resident')
  expect([mayEnter(secretary), usesParty(secretary), usesGrids(secretary)]).toEqual([true, true, false])
  expect([importsMembers(secretary), importsOrganisations(secretary)]).toEqual([true, false])
})

it('keeps residents and members without a right out', () => {
  expect(mayEnter({ ...nobody, kind: 'resident' })).toBe(false)
  expect(mayEnter(null)).toBe(false)
})

it('shows grid staff without a right in organisations nothing of the Party', () => {
  expect([mayEnter(nobody), usesGrids(nobody), usesParty(nobody), importsMembers(nobody)]).toEqual([true, true, false, false])
})

it('lets supervisors look and administrators import', () => {
  expect([usesParty(withRole('supervisor')), importsMembers(withRole('supervisor'))]).toEqual([true, false])
  expect([importsMembers(withRole('administrator')), importsOrganisations(withRole('administrator'))]).toEqual([true, true])
  expect(importsOrganisations({ ...nobody, roles: ['admin'] })).toBe(true)
})

it('leads everybody to where the own work begins', () => {
  expect(homeOf(withRole('secretary', 'resident'))).toBe('/console/meetings')
  const supervisor = withRole('supervisor')
  expect([usesParty(supervisor), runsMeetings(supervisor), homeOf(supervisor)]).toEqual([true, false, '/console/supervision'])
  expect(homeOf({ ...nobody, grids: [{ id: 'g' } as never] })).toBe('/console/grids')
  const administrator = { ...withRole('administrator'), roles: ['admin'] }
  expect([homeOf(administrator), runsMeetings(administrator)]).toEqual(['/console/grids', true])
  // Of a part of the grid tree: nothing follows from that for organisations.
  const part = { ...nobody, roles: ['admin'] }
  expect([homeOf(part), runsMeetings(part), importsMembers(part)]).toEqual(['/console/grids', false, false])
})
