import { describe, expect, it } from 'vitest'
import { emergencyWord } from './emergency'

describe('emergencyWord', () => {
  it('finds danger in a sentence', () => {
    expect(emergencyWord('隔壁着火了')).toBe('着火')
    expect(emergencyWord('闻到煤气味')).toBe('煤气')
    expect(emergencyWord('老人晕倒在路边')).toBe('晕倒')
  })

  it('leaves everyday words alone', () => {
    expect(emergencyWord('三组路口的路灯坏了，晚上看不见路')).toBeNull()
    expect(emergencyWord('')).toBeNull()
  })
})
