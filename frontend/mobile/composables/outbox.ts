import { ref, type Ref } from 'vue'
import { temporaryStatuses } from '@/shared/api/client'
import { ApiProblem } from '@/shared/api/problem'
import { createTicket } from '@/shared/api/tickets'
import type { NewTicket, Ticket } from '@/shared/api/types'
import { uploadAttachment } from '@/shared/api/uploads'
import { toast } from '@/shared/components/toasts'
import { useSession } from '@/shared/session/session'
import { queuedDrafts, removeDraft, saveDraft, ticketOf, type Draft, type TextStore } from './draft'
import { mediaStore, type MediaStore } from './media-store'

/** Sends drafts: attachments first, then the ticket, each with a key that never changes. */

export interface OutboxParts {
  store: TextStore
  media: MediaStore
  upload: (file: Blob, name: string, onProgress: (fraction: number) => void, key: string) => Promise<{ id: string }>
  create: (ticket: NewTicket, key: string) => Promise<Ticket>
}

export interface SendProgress {
  step: number
  steps: number
  fraction: number
}

/** `queued`: the network is away; the draft is kept and will be sent by itself. */
export type SendOutcome = { outcome: 'sent'; ticket: Ticket } | { outcome: 'queued' } | { outcome: 'refused'; problem: unknown }

export async function sendDraft(parts: OutboxParts, draft: Draft, onProgress: (progress: SendProgress) => void = () => {}): Promise<SendOutcome> {
  const steps = draft.media.length + 1
  try {
    for (const [index, media] of draft.media.entries()) {
      if (media.attachmentId !== null) continue
      const blob = await parts.media.get(media.id)
      // Only memory could hold it, and the page was reloaded since: the text is worth more than the wait.
      if (!blob) continue
      const uploaded = await parts.upload(blob, media.name, (fraction) => onProgress({ step: index + 1, steps, fraction }), media.id)
      media.attachmentId = uploaded.id
      saveDraft(parts.store, draft)
    }
    onProgress({ step: steps, steps, fraction: 0 })
    const ticket = await parts.create(ticketOf(draft), draft.key)
    removeDraft(parts.store, draft)
    for (const media of draft.media) void parts.media.remove(media.id)
    return { outcome: 'sent', ticket }
  } catch (problem) {
    const unreachable = problem instanceof ApiProblem && (problem.isUnreachable || temporaryStatuses.includes(problem.status))
    draft.status = unreachable ? 'queued' : 'editing'
    saveDraft(parts.store, draft)
    return unreachable ? { outcome: 'queued' } : { outcome: 'refused', problem }
  }
}

export const outboxParts: OutboxParts = { store: localStorageOrMemory(), media: mediaStore, upload: uploadAttachment, create: createTicket }

const waiting = ref(0)
/** How many sent drafts still wait for the network. */
export const waitingDrafts: Readonly<Ref<number>> = waiting

const retryEveryMs = 20_000
let busy = false

/** Called once by main.ts. */
export function startOutbox(): void {
  void sendQueued()
  window.addEventListener('online', () => void sendQueued())
  setInterval(() => void sendQueued(), retryEveryMs)
}

export async function sendQueued(): Promise<void> {
  const drafts = queuedDrafts(outboxParts.store)
  waiting.value = drafts.length
  const session = useSession()
  if (busy || drafts.length === 0 || !navigator.onLine) return
  busy = true
  try {
    if (session.phase.value !== 'signed-in' && (await session.refresh()) !== 'signed-in') return
    for (const draft of drafts) {
      const result = await sendDraft(outboxParts, draft)
      if (result.outcome === 'sent') toast(`网络恢复，诉求已发出，编号 ${result.ticket.number}`, 'good')
      if (result.outcome === 'refused') toast('有一条诉求没有发出，请打开后检查。', 'bad')
    }
  } finally {
    busy = false
    waiting.value = queuedDrafts(outboxParts.store).length
  }
}

function localStorageOrMemory(): TextStore {
  try {
    if (typeof localStorage !== 'undefined' && localStorage !== null) return localStorage
  } catch {
    // Refused by the browser's settings.
  }
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
