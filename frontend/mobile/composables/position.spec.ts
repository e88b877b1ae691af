import { describe, expect, it } from 'vitest'
import { distance, distanceWords } from './position'

describe('distance', () => {
  it('measures short ways on the ground', () => {
    expect(distance({ lng: 106.5, lat: 24.5 }, { lng: 106.5, lat: 24.51 })).toBeCloseTo(1112, 0)
    expect(distance({ lng: 106.5, lat: 24.5 }, { lng: 106.51, lat: 24.5 })).toBeCloseTo(1012, 0)
    expect(distanceWords(304)).toBe('300 米')
    expect(distanceWords(1234)).toBe('1.2 公里')
    expect(distanceWords(2)).toBe('10 米')
  })
})
