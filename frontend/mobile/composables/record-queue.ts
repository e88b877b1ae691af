import type { NewServiceRecord, ServiceRecord } from '@/shared/api/services'
import { uploadMedia, type SendProgress, type UploadParts } from './deliver'
import { factsOf, type DiaryDraft } from './diary-draft'
import { keptStore, type KeptStore } from './kept-database'

/**
 * Records of the service diary that were submitted without a network, where the service worker can read them too. Whoever
 * delivers one (a page, another one, the worker), and however often: its `client` makes one record of it.
 */
export interface QueuedRecord {
  draft: DiaryDraft
  /** the account that wrote it; nobody else who signs in on this phone sends it */
  by: string
  /** refused: the server did not take it (`problem` says why), it waits for its author */
  status: 'queued' | 'refused'
  problem?: string
  /** when it was submitted, by this phone's clock */
  at: number
  /** the record's id, once the worker sent it while no page was open */
  sent: string | null
}

export interface RecordQueue {
  /** false: it lives only as long as the page */
  keep: (record: QueuedRecord) => Promise<boolean>
  find: (client: string) => Promise<QueuedRecord | null>
  /** oldest first */
  all: () => Promise<QueuedRecord[]>
  forget: (client: string) => Promise<void>
}

export function recordQueue(store: KeptStore): RecordQueue {
  // A full phone, or one that refuses to keep anything: then as long as the page lives.
  const memory = new Map<string, QueuedRecord>()
  return {
    async keep(record) {
      const plain = JSON.parse(JSON.stringify(record)) as QueuedRecord
      const done = await store.put(record.draft.client, plain)
      if (done) memory.delete(record.draft.client)
      else memory.set(record.draft.client, plain)
      return done
    },
    find: async (client) => memory.get(client) ?? recordOf(await store.get(client)),
    all: async () => {
      const stored = (await store.all()).flatMap((value) => recordOf(value) ?? []).filter(({ draft }) => !memory.has(draft.client))
      return [...stored, ...memory.values()].sort((a, b) => a.at - b.at)
    },
    forget(client) {
      memory.delete(client)
      return store.remove(client)
    },
  }
}

export const keptRecords = recordQueue(keptStore('lianxin-records', 'queue'))

export interface RecordParts extends UploadParts {
  queue: RecordQueue
  create: (record: NewServiceRecord) => Promise<ServiceRecord>
}

export async function deliverRecord(parts: RecordParts, record: QueuedRecord, onProgress: (progress: SendProgress) => void = () => {}): Promise<ServiceRecord> {
  const { draft } = record
  await uploadMedia(parts, draft.media, () => parts.queue.keep(record), onProgress)
  return parts.create({ client_id: draft.client, grid_id: draft.gridId || null, ...factsOf(draft) })
}

/** Written by this code, but perhaps by an older build of it. */
function recordOf(value: unknown): QueuedRecord | null {
  const record = value as Partial<QueuedRecord> | null
  return record !== null && typeof record === 'object' && typeof record.draft === 'object' && typeof record.by === 'string' ? (record as QueuedRecord) : null
}
