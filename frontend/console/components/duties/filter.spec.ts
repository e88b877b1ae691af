import { expect, it } from 'vitest'
import { addressOf, filterOf, noFilter, queryOf } from './filter'

it('asks first for what nobody dealt with and is not held', () => {
  expect(filterOf({})).toEqual(noFilter)
  expect(queryOf(noFilter)).toMatchObject({ state: 'warned,coming', handled: false })
  expect(addressOf(noFilter)).toEqual({})
})

it('comes back from an address as it went there', () => {
  const filter = { ...noFilter, org: 'o', level: 'red', state: 'all', handled: '' } as const
  expect(filterOf(addressOf(filter))).toEqual(filter)
  expect(queryOf(filter)).toEqual({ org: 'o', type: '', period: '', level: 'red', state: '' })
  expect(filterOf(addressOf({ ...noFilter, handled: 'yes' })).handled).toBe('yes')
  expect(filterOf({ level: 'blue', state: 'x' })).toEqual(noFilter)
})
