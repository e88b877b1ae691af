import type { TextStore } from './draft'

/**
 * localStorage, and the page's own memory where that is full or refused: what was written stays readable as long as the
 * page is open. `setItem` throws then all the same, so that the resident can be told.
 */
export function textStore(storage: () => Storage | undefined): TextStore {
  const memory = new Map<string, string>()
  const behind = reachable(storage)
  const names = (): string[] => [...new Set([...memory.keys(), ...Array.from({ length: behind?.length ?? 0 }, (_, index) => behind?.key(index) ?? '')])]
  return {
    getItem: (key) => memory.get(key) ?? behind?.getItem(key) ?? null,
    setItem(key, value) {
      memory.set(key, value)
      if (!behind) throw new Error('no storage')
      behind.setItem(key, value)
      memory.delete(key)
    },
    removeItem(key) {
      memory.delete(key)
      behind?.removeItem(key)
    },
    key: (index) => names()[index] ?? null,
    get length() {
      return names().length
    },
  }
}

function reachable(storage: () => Storage | undefined): Storage | null {
  try {
    return storage() ?? null
  } catch {
    // Refused by the browser's settings.
    return null
  }
}
