/** A store of IndexedDB, for what localStorage cannot hold or a service worker cannot read. Without one every answer is "no". */
export interface KeptStore {
  /** false: it is not kept, because the phone is full or the browser refuses */
  put: (key: string, value: unknown) => Promise<boolean>
  /** All of them or none; answers as `put`. */
  putAll: (values: readonly (readonly [key: string, value: unknown])[]) => Promise<boolean>
  get: (key: string) => Promise<unknown>
  all: () => Promise<unknown[]>
  remove: (key: string) => Promise<void>
}

export function keptStore(databaseName: string, storeName: string): KeptStore {
  let opened: Promise<IDBDatabase | null> | undefined

  function open(): Promise<IDBDatabase | null> {
    opened ??= new Promise((resolve) => {
      try {
        const request = indexedDB.open(databaseName, 1)
        request.onupgradeneeded = () => request.result.createObjectStore(storeName)
        request.onsuccess = () => {
          const database = request.result
          // Somebody else deletes it, or brings a newer form of it: whoever holds it open would stand in the way.
          database.onversionchange = () => {
            database.close()
            opened = undefined
          }
          resolve(database)
        }
        request.onerror = () => resolve(null)
      } catch {
        resolve(null)
      }
    })
    return opened
  }

  /** Done only when the transaction is: a full phone lets the request succeed and undoes it afterwards. */
  async function run(mode: IDBTransactionMode, action: (store: IDBObjectStore) => IDBRequest | undefined): Promise<{ done: boolean; result: unknown }> {
    const database = await open()
    const failed = { done: false, result: null }
    if (!database) return failed
    return new Promise((resolve) => {
      try {
        const transaction = database.transaction(storeName, mode)
        const request = action(transaction.objectStore(storeName))
        transaction.oncomplete = () => resolve({ done: true, result: request?.result })
        transaction.onabort = () => resolve(failed)
        transaction.onerror = () => resolve(failed)
      } catch {
        resolve(failed)
      }
    })
  }

  return {
    put: async (key, value) => (await run('readwrite', (store) => store.put(value, key))).done,
    putAll: async (values) => (await run('readwrite', (store) => values.map(([key, value]) => store.put(value, key))[0])).done,
    get: async (key) => (await run('readonly', (store) => store.get(key))).result ?? null,
    all: async () => ((await run('readonly', (store) => store.getAll())).result as unknown[] | null) ?? [],
    remove: async (key) => void (await run('readwrite', (store) => store.delete(key))),
  }
}
