import { describe, expect, it } from 'vitest'
import { fittedSize, nameFor } from './shrink'

describe('fittedSize', () => {
  it('keeps the proportions within 2048 pixels and never enlarges', () => {
    expect(fittedSize(4032, 3024)).toEqual({ width: 2048, height: 1536 })
    expect(fittedSize(3024, 4032)).toEqual({ width: 1536, height: 2048 })
    expect(fittedSize(800, 600)).toEqual({ width: 800, height: 600 })
    expect(fittedSize(100_000, 1)).toEqual({ width: 2048, height: 1 })
  })
})

describe('nameFor', () => {
  it('names a picture by what it is now', () => {
    const jpeg = new Blob([], { type: 'image/jpeg' })
    expect(nameFor(jpeg, '山路.HEIC')).toBe('山路.jpg')
    expect(nameFor(jpeg, '')).toBe('照片.jpg')
    expect(nameFor(new Blob([], { type: 'image/heic' }), '山路.HEIC')).toBe('山路.HEIC')
  })
})
