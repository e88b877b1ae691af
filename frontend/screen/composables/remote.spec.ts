import { describe, expect, it } from 'vitest'
import { nextInCircle, nextInRows } from './remote'

describe('remote control', () => {
  it('walks round and round over the stops', () => {
    const stops = ['a', 'b', 'c']
    expect([nextInCircle(stops, null, 'next'), nextInCircle(stops, null, 'before')]).toEqual(['a', 'c'])
    expect([nextInCircle(stops, 'c', 'down'), nextInCircle(stops, 'a', 'up')]).toEqual(['a', 'c'])
    expect(nextInCircle([], 'a', 'next')).toBeNull()
  })

  it('walks between the rows of a panel and within one', () => {
    const rows = [['slider'], ['play', 'slow', 'live']]
    // Whoever comes from outside begins with the buttons.
    expect(nextInRows(rows, null, 'up', false)).toBe('play')
    expect(nextInRows(rows, 'elsewhere', 'next', false)).toBe('play')
    expect([nextInRows(rows, 'play', 'before', false), nextInRows(rows, 'live', 'next', false)]).toEqual(['live', 'play'])
    expect([nextInRows(rows, 'slow', 'up', false), nextInRows(rows, 'slider', 'down', true)]).toEqual(['slider', 'play'])
    expect([nextInRows(rows, 'slow', 'down', false), nextInRows(rows, 'slider', 'up', true)]).toEqual(['slow', 'slider'])
    expect(nextInRows(rows, 'slider', 'next', true)).toBeNull()
  })
})
