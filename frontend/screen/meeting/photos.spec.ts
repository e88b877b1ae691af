import { describe, expect, it, vi } from 'vitest'
import { WallPhotos } from './photos'

const picture = {} as CanvasImageSource
const settle = (): Promise<void> => new Promise((done) => setTimeout(done))

describe('pictures of the wall', () => {
  it('are asked for once, and told of when they are there', async () => {
    const source = vi.fn(async () => new Blob())
    const photos = new WallPhotos('m', source, async () => picture)
    const came = vi.fn()
    photos.onCame(came)
    expect(photos.of({ id: 'a', photo: 't1' })).toBeNull()
    expect(photos.of({ id: 'a', photo: 't1' })).toBeNull()
    await settle()
    expect(source).toHaveBeenCalledTimes(1)
    expect(came).toHaveBeenCalledWith('a')
    expect(photos.of({ id: 'a', photo: 't1' })).toBe(picture)
  })

  it('that changed are asked for anew, and none is asked for where there is none', async () => {
    const source = vi.fn(async () => new Blob())
    const photos = new WallPhotos('m', source, async () => picture)
    photos.of({ id: 'a', photo: null })
    photos.of({ id: 'a', photo: 't1' })
    photos.of({ id: 'a', photo: 't2' })
    await settle()
    expect(source.mock.calls.map((call: unknown[]) => call[2])).toEqual(['t1', 't2'])
  })

  it('that do not come leave the name, and are not asked for again at once', async () => {
    const source = vi.fn(async (): Promise<Blob> => {
      throw new Error('404')
    })
    const photos = new WallPhotos('m', source, async () => picture)
    const came = vi.fn()
    photos.onCame(came)
    photos.of({ id: 'a', photo: 't1' })
    await settle()
    expect(photos.of({ id: 'a', photo: 't1' })).toBeNull()
    expect(source).toHaveBeenCalledTimes(1)
    expect(came).not.toHaveBeenCalled()
  })

  it('come a few at a time', async () => {
    const open: (() => void)[] = []
    const source = vi.fn(() => new Promise<Blob>((done) => open.push(() => done(new Blob()))))
    const photos = new WallPhotos('m', source, async () => picture)
    for (let person = 0; person < 20; person += 1) photos.of({ id: `p${person}`, photo: 't' })
    expect(source).toHaveBeenCalledTimes(4)
    open.shift()?.()
    await settle()
    expect(source).toHaveBeenCalledTimes(5)
    photos.dispose()
    open.forEach((done) => done())
    await settle()
    expect(source).toHaveBeenCalledTimes(5)
  })

  it('are forgotten, the oldest first, before they fill the memory', async () => {
    const source = vi.fn(async () => new Blob())
    const photos = new WallPhotos('m', source, async () => picture)
    for (let person = 0; person <= 600; person += 1) photos.of({ id: `p${person}`, photo: 't' })
    await vi.waitFor(() => expect(photos.of({ id: 'p600', photo: 't' })).toBe(picture))
    expect(photos.of({ id: 'p0', photo: 't' })).toBeNull()
  })
})
