import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { dropKept, keptDatabase, keptOwner, leaveLater, leavesLater, ownKept } from './kept-owner'

const deleted: string[] = []
function browser(storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | undefined): void {
  vi.stubGlobal('localStorage', storage)
  vi.stubGlobal('indexedDB', { deleteDatabase: (name: string) => deleted.push(name) })
}
beforeEach(() => {
  deleted.length = 0
  const values = new Map<string, string>()
  browser({ getItem: (key) => values.get(key) ?? null, setItem: (key, value) => void values.set(key, value), removeItem: (key) => void values.delete(key) })
})
afterEach(() => vi.unstubAllGlobals())

it('is thrown away for anybody else, and for nobody', () => {
  expect(ownKept('a')).toBe(true)
  dropKept('a')
  expect([keptOwner(), deleted]).toEqual(['a', []])
  dropKept('b')
  expect([keptOwner(), deleted]).toEqual([null, [keptDatabase]])
  dropKept(null)
  expect(deleted).toHaveLength(1)
  ownKept('b')
  dropKept(null)
  expect([keptOwner(), deleted.length]).toEqual([null, 2])
})

it('a browser that keeps nothing has no owner', () => {
  browser(undefined)
  expect([keptOwner(), ownKept('a'), leavesLater()]).toEqual([null, false, false])
  dropKept(null)
  leaveLater(true)
  expect(deleted).toEqual([])
})
