import { expect, it } from 'vitest'
import { kindsBelow } from './words'

it('offers below each kind only what may stand there', () => {
  expect(kindsBelow(null)).toEqual(['party_committee', 'general_branch'])
  expect(kindsBelow('party_committee')).toEqual(['party_committee', 'general_branch', 'branch', 'joint_branch', 'temporary_branch'])
  expect(kindsBelow('general_branch')).toEqual(['branch', 'joint_branch', 'temporary_branch'])
  expect(kindsBelow('temporary_branch')).toEqual(['group'])
  expect(kindsBelow('group')).toEqual([])
})
