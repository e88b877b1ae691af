import { describe, expect, test } from 'vitest'
import { keptChoice, themeOf } from './theme'

describe('the theme', () => {
  test('is light when nothing, or nothing known, was chosen', () => {
    for (const kept of [null, '', 'light', 'sepia']) expect(keptChoice({ getItem: () => kept })).toBe('light')
  })

  test('follows the system only where that was chosen', () => {
    expect(['light', 'dark', 'system'].map((choice) => themeOf(choice as 'light', true))).toEqual(['light', 'dark', 'dark'])
    expect(['light', 'dark', 'system'].map((choice) => themeOf(choice as 'light', false))).toEqual(['light', 'dark', 'light'])
  })
})
