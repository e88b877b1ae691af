import type { Draft } from './draft'
import { keptStore, type KeptStore } from './kept-database'

/**
 * What was sent and did not arrive yet, where the service worker can read it too, so that it goes out when the page is
 * closed. The page's own list is in localStorage (`draft.ts`); this is its shadow, and may be missing.
 */
export interface Waiting {
  draft: Draft
  /** what the server made of it while no page was open */
  sent: { id: string; number: string } | null
}

export interface SentQueue {
  keep: (waiting: Waiting) => Promise<boolean>
  find: (key: string) => Promise<Waiting | null>
  all: () => Promise<Waiting[]>
  forget: (key: string) => Promise<void>
}

export function sentQueue(store: KeptStore): SentQueue {
  return {
    // A draft of a page is watched by it; only plain values can be kept.
    keep: (waiting) => store.put(waiting.draft.key, JSON.parse(JSON.stringify(waiting))),
    find: async (key) => waitingOf(await store.get(key)),
    all: async () => (await store.all()).flatMap((value) => waitingOf(value) ?? []),
    forget: (key) => store.remove(key),
  }
}

export const keptQueue = sentQueue(keptStore('lianxin-sent', 'queue'))
/** The name under which the browser tells the worker that the network is back. */
export const syncTag = 'lianxin-sent'

/** Written by this code alone. */
function waitingOf(value: unknown): Waiting | null {
  return typeof value === 'object' && value !== null && 'draft' in value ? (value as Waiting) : null
}
