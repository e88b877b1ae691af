import { reactive, ref, type Ref } from 'vue'
import { ApiProblem, describeProblem, unreachableProblem } from '@/shared/api/problem'
import { createTicket } from '@/shared/api/tickets'
import { uploadAttachment } from '@/shared/api/uploads'
import { toast } from '@/shared/components/toasts'
import { useSession } from '@/shared/session/session'
import { deliver, isTemporary, needsSignIn, withArrived, type DeliveryParts, type SendProgress } from './deliver'
import { queuedDrafts, removeDraft, saveDraft, sentDrafts, turnDraft, type Draft, type TextStore } from './draft'
import { mediaStore } from './media-store'
import { keptQueue, syncTag, type SentQueue } from './sent-queue'
import { textStore } from './text-store'

/** Sends what the resident has written, now or when the network is back. */

export interface OutboxParts extends Omit<DeliveryParts, 'keep'> {
  store: TextStore
  queue: SentQueue
}

export interface Arrived {
  id: string
  number: string
}

/** `queued`: it did not arrive yet; it is kept and goes out by itself. */
export type SendOutcome = { outcome: 'sent'; ticket: Arrived } | { outcome: 'queued' } | { outcome: 'refused'; problem: unknown }

/** A dying network answers never; then the draft waits, and the same key makes a second try harmless. */
const patienceMs = 45_000

function patiently<T>(answer: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(unreachableProblem()), patienceMs)
  })
  return Promise.race([answer, tooLate]).finally(() => clearTimeout(timer))
}

export const outboxParts: OutboxParts = {
  store: textStore(() => localStorage),
  media: mediaStore,
  queue: keptQueue,
  upload: uploadAttachment,
  create: (ticket, key) => patiently(createTicket(ticket, key)),
}

const underWay = new Map<string, Promise<SendOutcome>>()

/**
 * Sends a draft. It is queued before the first byte leaves: a page that is closed meanwhile loses nothing. A second tap
 * gets the outcome of the first.
 */
export function sendDraft(parts: OutboxParts, draft: Draft, onProgress: (progress: SendProgress) => void = () => {}): Promise<SendOutcome> {
  const running = underWay.get(draft.key) ?? send(parts, draft, onProgress).finally(() => underWay.delete(draft.key))
  underWay.set(draft.key, running)
  return running
}

async function send(parts: OutboxParts, draft: Draft, onProgress: (progress: SendProgress) => void): Promise<SendOutcome> {
  if (!turnDraft(parts.store, draft, 'queued')) onlyHere.value = true
  const keep = (current: Draft): Promise<boolean> => {
    saveDraft(parts.store, current)
    return parts.queue.keep({ draft: current, sent: null })
  }
  const before = await parts.queue.find(draft.key)
  if (before?.sent) return arrived(parts, draft, before.sent)
  if (before) withArrived(draft, before.draft.media)
  await keep(draft)
  try {
    return arrived(parts, draft, await deliver({ ...parts, keep }, draft, onProgress))
  } catch (problem) {
    if (isTemporary(problem)) return { outcome: 'queued' }
    return { outcome: 'refused', problem }
  }
}

function arrived(parts: OutboxParts, draft: Draft, ticket: Arrived): SendOutcome {
  removeDraft(parts.store, draft)
  void parts.queue.forget(draft.key)
  for (const media of draft.media) void parts.media.remove(media.id)
  numbers[draft.key] = { id: ticket.id, number: ticket.number }
  return { outcome: 'sent', ticket }
}

/** Gives a draft back to the page: it is no longer sent by itself. `again`: it was given back before. */
export function takeBack(parts: OutboxParts, draft: Draft, again = false): void {
  turnDraft(parts.store, draft, again ? 'refused' : 'editing')
  void parts.queue.forget(draft.key)
}

/** Throws away what was never sent. */
export function discard(draft: Draft): void {
  removeDraft(outboxParts.store, draft)
  void outboxParts.queue.forget(draft.key)
  for (const media of draft.media) void outboxParts.media.remove(media.id)
  lookAtWaiting()
}

const numbers = reactive<Record<string, Arrived>>({})
/** The tickets that became of drafts since the page was opened, by the draft's key. */
export const arrivedTickets: Readonly<Record<string, Arrived>> = numbers

const waiting = ref<Draft[]>([])
/** What was sent and has no number yet, newest last. */
export const waitingDrafts: Readonly<Ref<Draft[]>> = waiting

const onlyHere = ref(false)
/** true: the phone could not keep what waits; it lives as long as the page. */
export const waitingIsUnkept: Readonly<Ref<boolean>> = onlyHere

/** What is told above comes anew from the phone. */
export function lookAtWaiting(): void {
  waiting.value = sentDrafts(outboxParts.store)
}

const retryEveryMs = 20_000
let busy = false

/** Called once, when the first page stands. */
export function startOutbox(): void {
  void sendQueued()
  window.addEventListener('online', () => void sendQueued())
  // The worker, which hears of the network first, leaves the sending to an open page.
  navigator.serviceWorker?.addEventListener('message', (event) => event.data === syncTag && void sendQueued())
  setInterval(() => void sendQueued(), retryEveryMs)
}

/** Asks the browser to wake the worker when the network is back, also when no page is open then. Not every browser can. */
export async function wakeLater(): Promise<void> {
  lookAtWaiting()
  try {
    const registration = (await navigator.serviceWorker?.getRegistration('/')) as (ServiceWorkerRegistration & { sync?: { register: (tag: string) => Promise<void> } }) | undefined
    await registration?.sync?.register(syncTag)
  } catch {
    // The next opening of the page sends it.
  }
}

export async function sendQueued(): Promise<void> {
  lookAtWaiting()
  const drafts = queuedDrafts(outboxParts.store)
  const session = useSession()
  if (busy || drafts.length === 0 || !navigator.onLine) return
  busy = true
  try {
    // Asked anew each time: somebody else may have signed in since, in another tab.
    if ((await session.refresh()) !== 'signed-in') return
    for (const draft of drafts) await sendOne(draft)
  } finally {
    busy = false
    lookAtWaiting()
  }
}

async function sendOne(draft: Draft): Promise<void> {
  const own = useSession().me.value?.id
  // Somebody else signed in on this phone meanwhile; words are never sent in another's name.
  if (draft.by && draft.by !== own) return
  const wasUnderWay = underWay.has(draft.key)
  const result = await sendDraft(outboxParts, draft)
  if (wasUnderWay) return
  if (result.outcome === 'sent') toast(`网络恢复，诉求已发出，编号 ${result.ticket.number}`, 'good')
  if (result.outcome !== 'refused' || needsSignIn(result.problem)) return
  turnDraft(outboxParts.store, draft, 'refused', result.problem instanceof ApiProblem ? describeProblem(result.problem) : undefined)
  void outboxParts.queue.forget(draft.key)
  toast('有一条诉求没有发出，请在“我的诉求”里查看。', 'bad')
}
