import { expect, it } from 'vitest'
import { addressOf, filterOf, noFilter, queryOf } from './meeting-filter'

it('survives the address', () => {
  const filter = { org: 'o1', below: false, type: 'party_day', state: 'running' as const, from: '2026-11-01', until: '2026-11-30', words: '防火' }
  expect(filterOf(addressOf(filter))).toEqual(filter)
  expect(addressOf(noFilter)).toEqual({})
  expect(filterOf({})).toEqual(noFilter)
})

it('asks for whole days of Beijing', () => {
  expect(queryOf({ ...noFilter, from: '2026-11-01', until: '2026-11-01' })).toMatchObject({ from: '2026-10-31T16:00:00.000Z', until: '2026-11-01T16:00:00.000Z' })
  expect(queryOf(noFilter)).toEqual({ state: '', type: '', q: '' })
  expect(queryOf({ ...noFilter, org: 'o1' })).toMatchObject({ org_id: 'o1', include_below: true })
})
