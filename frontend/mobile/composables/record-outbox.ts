import { reactive, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { describeProblem } from '@/shared/api/problem'
import { createRecord } from '@/shared/api/services'
import { uploadAttachment } from '@/shared/api/uploads'
import { toast } from '@/shared/components/toasts'
import { useSession } from '@/shared/session/session'
import { away } from './away'
import { isTemporary, needsSignIn, withArrived, type SendProgress } from './deliver'
import type { DiaryDraft } from './diary-draft'
import { mediaStore, type MediaStore } from './media-store'
import { wakeLater } from './outbox'
import { deliverRecord, keptRecords, type QueuedRecord, type RecordParts } from './record-queue'
import { syncTag } from './sent-queue'
import { countUnsent } from './unsent'

/** Sends what a worker wrote into the diary, now or when the network is back. */

export interface RecordOutboxParts extends RecordParts {
  media: MediaStore
}

export type RecordOutcome = { outcome: 'sent'; id: string } | { outcome: 'queued'; kept: boolean } | { outcome: 'refused'; problem: unknown }

export const recordParts: RecordOutboxParts = { queue: keptRecords, media: mediaStore, upload: uploadAttachment, create: createRecord }

const underWay = new Map<string, Promise<RecordOutcome>>()

/** It is queued before the first byte leaves: a page that is closed meanwhile loses nothing. A second tap gets the outcome of the first. */
export function sendRecord(parts: RecordOutboxParts, draft: DiaryDraft, by: string, onProgress: (progress: SendProgress) => void = () => {}, now = Date.now()): Promise<RecordOutcome> {
  const running = underWay.get(draft.client) ?? send(parts, draft, by, onProgress, now).finally(() => underWay.delete(draft.client))
  underWay.set(draft.client, running)
  return running
}

async function send(parts: RecordOutboxParts, draft: DiaryDraft, by: string, onProgress: (progress: SendProgress) => void, now: number): Promise<RecordOutcome> {
  const before = await parts.queue.find(draft.client)
  const record: QueuedRecord = { draft: JSON.parse(JSON.stringify(draft)) as DiaryDraft, by, status: 'queued', at: before?.at ?? now, sent: before?.sent ?? null }
  if (record.sent) return arrived(parts, record, record.sent)
  if (before) withArrived(record.draft, before.draft.media)
  const kept = await parts.queue.keep(record)
  if (!kept) onlyHere.value = true
  try {
    return await arrived(parts, record, (await deliverRecord(parts, record, onProgress)).id)
  } catch (problem) {
    if (isTemporary(problem) || needsSignIn(problem)) return { outcome: 'queued', kept }
    await parts.queue.keep({ ...record, status: 'refused', problem: describeProblem(problem) })
    return { outcome: 'refused', problem }
  }
}

async function arrived(parts: RecordOutboxParts, record: QueuedRecord, id: string): Promise<RecordOutcome> {
  await parts.queue.forget(record.draft.client)
  numbers[record.draft.client] = id
  for (const media of record.draft.media) await parts.media.remove(media.id)
  return { outcome: 'sent', id }
}

const numbers = reactive<Record<string, string>>({})
/** The records that became of what waited since the page was opened, by its `client`. */
export const arrivedRecords: Readonly<Record<string, string>> = numbers

const onlyHere = ref(false)
/** true: the phone could not keep what waits; it lives as long as the page. */
export const recordsAreUnkept: Readonly<Ref<boolean>> = onlyHere

const sending = ref<string | null>(null)
/** The `client` of what is being sent by itself just now. */
export const sendingRecord: Readonly<Ref<string | null>> = sending

const list = shallowRef<QueuedRecord[]>([])
/** What was submitted on this phone, by whomever, and is not with the server yet. */
export const queuedRecords: Readonly<ShallowRef<QueuedRecord[]>> = list

export async function lookAtRecords(): Promise<void> {
  list.value = await keptRecords.all()
  await countUnsent()
}

export async function discardRecord(record: QueuedRecord): Promise<void> {
  await keptRecords.forget(record.draft.client)
  for (const media of record.draft.media) await mediaStore.remove(media.id)
  await lookAtRecords()
}

const retryEveryMs = 20_000
let started = false
let busy = false

/** Called once, when a worker's first page stands, or with the first record that waits. */
export function startRecordOutbox(): void {
  if (started) return
  started = true
  void sendRecords()
  window.addEventListener('online', () => void sendRecords())
  // The worker, which hears of the network first, leaves the sending to an open page.
  navigator.serviceWorker?.addEventListener('message', (event) => event.data === syncTag && void sendRecords())
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && void sendRecords())
  setInterval(() => void sendRecords(), retryEveryMs)
}

/** It waits: the browser is asked to wake the worker when the network is back. */
export async function sendLater(): Promise<void> {
  startRecordOutbox()
  await lookAtRecords()
  await wakeLater()
}

export async function sendRecords(): Promise<void> {
  await lookAtRecords()
  const session = useSession()
  if (busy || !navigator.onLine || !list.value.some(({ status }) => status === 'queued')) return
  busy = true
  try {
    // Asked anew each time: somebody else may have signed in since, in another tab.
    if ((await session.refresh()) !== 'signed-in' || away.value) return
    for (const record of list.value) if (record.status === 'queued' && record.by === session.me.value?.id) await sendOne(record)
  } finally {
    busy = false
    await lookAtRecords()
  }
}

async function sendOne(record: QueuedRecord): Promise<void> {
  const wasUnderWay = underWay.has(record.draft.client)
  sending.value = record.draft.client
  const result = await sendRecord(recordParts, record.draft, record.by).finally(() => (sending.value = null))
  if (wasUnderWay) return
  if (result.outcome === 'sent') toast('网络恢复，服务记录已提交', 'good')
  if (result.outcome === 'refused') toast('有一条服务记录没有提交成功，请在“待发送”里查看。', 'bad')
}
