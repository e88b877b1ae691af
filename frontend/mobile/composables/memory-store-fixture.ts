import type { TextStore } from './draft'
import type { KeptStore } from './kept-database'

/** localStorage for tests. */
export function memoryStore(): TextStore {
  const values = new Map<string, string>()
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
    key: (index) => [...values.keys()][index] ?? null,
    get length() {
      return values.size
    },
  }
}

/** IndexedDB for tests. */
export function memoryKept(): KeptStore {
  const values = new Map<string, unknown>()
  return {
    put: (key, value) => Promise.resolve(values.set(key, value).has(key)),
    putAll: (all) => Promise.resolve(all.every(([key, value]) => values.set(key, value).has(key))),
    get: (key) => Promise.resolve(values.get(key) ?? null),
    all: () => Promise.resolve([...values.values()]),
    remove: (key) => Promise.resolve(void values.delete(key)),
  }
}
