import { keptStore } from './kept-database'

/** Photos and voices of unsent drafts, kept in IndexedDB because localStorage holds only text. */

export interface MediaStore {
  /** false: it lives only as long as the page */
  put: (id: string, blob: Blob) => Promise<boolean>
  get: (id: string) => Promise<Blob | null>
  remove: (id: string) => Promise<void>
}

/** Private browsing may refuse IndexedDB, and a phone may be full; then the blobs live as long as the page. */
const inMemory = new Map<string, Blob>()
const kept = keptStore('lianxin-drafts', 'media')

export const mediaStore: MediaStore = {
  put(id, blob) {
    inMemory.set(id, blob)
    return kept.put(id, blob)
  },
  async get(id) {
    const known = inMemory.get(id)
    if (known) return known
    const stored = await kept.get(id)
    return stored instanceof Blob ? stored : null
  },
  remove(id) {
    inMemory.delete(id)
    return kept.remove(id)
  },
}
