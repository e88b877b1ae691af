import { expect, it } from 'vitest'
import { partLeft, remaining, spoken } from './code-words'

it('tells how long a code holds', () => {
  expect(remaining(605_000, 0)).toBe('10 分 05 秒')
  expect(remaining(60_000, 0)).toBe('1 分 00 秒')
  expect(remaining(59_001, 0)).toBe('1 分 00 秒')
  expect(remaining(59_000, 0)).toBe('59 秒')
  expect(remaining(0, 5_000)).toBe('0 秒')
  expect([partLeft(600_000, 0), partLeft(300_000, 0), partLeft(0, 1), partLeft(900_000, 0)]).toEqual([1, 0.5, 0, 1])
})

it('reads a code digit by digit', () => {
  expect(spoken('482913')).toBe('4 8 2 9 1 3')
})
