/** Photos and voices of unsent drafts, kept in IndexedDB because localStorage holds only text. */

const databaseName = 'lianxin-drafts'
const storeName = 'media'

export interface MediaStore {
  put: (id: string, blob: Blob) => Promise<void>
  get: (id: string) => Promise<Blob | null>
  remove: (id: string) => Promise<void>
}

/** Private browsing may refuse IndexedDB; then the blobs live as long as the page. */
const inMemory = new Map<string, Blob>()

export const mediaStore: MediaStore = {
  async put(id, blob) {
    inMemory.set(id, blob)
    await run('readwrite', (store) => store.put(blob, id))
  },
  async get(id) {
    const known = inMemory.get(id)
    if (known) return known
    const stored = await run('readonly', (store) => store.get(id))
    return stored instanceof Blob ? stored : null
  },
  async remove(id) {
    inMemory.delete(id)
    await run('readwrite', (store) => store.delete(id))
  },
}

let opened: Promise<IDBDatabase | null> | undefined

function open(): Promise<IDBDatabase | null> {
  opened ??= new Promise((resolve) => {
    try {
      const request = indexedDB.open(databaseName, 1)
      request.onupgradeneeded = () => request.result.createObjectStore(storeName)
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => resolve(null)
    } catch {
      resolve(null)
    }
  })
  return opened
}

async function run(mode: IDBTransactionMode, action: (store: IDBObjectStore) => IDBRequest): Promise<unknown> {
  const database = await open()
  if (!database) return null
  return new Promise((resolve) => {
    try {
      const request = action(database.transaction(storeName, mode).objectStore(storeName))
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => resolve(null)
    } catch {
      resolve(null)
    }
  })
}
