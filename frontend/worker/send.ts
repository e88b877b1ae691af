import { apiBase, currentCsrfToken, readAnswer, setCsrfToken } from '@/shared/api/client'
import { fetchMe } from '@/shared/api/auth'
import { unreachableProblem } from '@/shared/api/problem'
import { createRecord } from '@/shared/api/services'
import { createTicket } from '@/shared/api/tickets'
import type { Ticket } from '@/shared/api/types'
import { deliver, isTemporary } from '@/mobile/composables/deliver'
import { mediaStore } from '@/mobile/composables/media-store'
import { deliverRecord, keptRecords, type QueuedRecord } from '@/mobile/composables/record-queue'
import { keptQueue, syncTag, type Waiting } from '@/mobile/composables/sent-queue'
import { showNote } from './push'
import { scope } from './scope'

/** Sends what waits when the network is back. An open page does it itself and shows it; a closed one leaves it here. */
export async function sendWaiting(): Promise<void> {
  const pages = await scope.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const own = pages.filter(({ url }) => /^\/(g|m)(\/|$)/.test(new URL(url).pathname))
  if (own.length > 0) return own.forEach((page) => page.postMessage(syncTag))
  const tickets = (await keptQueue.all()).filter(({ sent }) => sent === null)
  const records = (await keptRecords.all()).filter(({ sent, status }) => sent === null && status === 'queued')
  if (tickets.length + records.length === 0) return
  const me = await fetchMe()
  setCsrfToken(me.csrf_token)
  // Whoever else is signed in now does not speak for them; refused drafts wait for their page.
  for (const one of tickets) if (!one.draft.by || one.draft.by === me.id) await sendTicket(one)
  for (const one of records) if (one.by === me.id) await sendRecord(one)
}

async function sendTicket({ draft }: Waiting): Promise<void> {
  let ticket: Ticket
  try {
    ticket = await deliver({ media: mediaStore, upload, create: createTicket, keep: (current) => keptQueue.keep({ draft: current, sent: null }) }, draft)
  } catch (problem) {
    return leave(problem)
  }
  await keptQueue.keep({ draft, sent: { id: ticket.id, number: ticket.number } })
  // Allowed only where the person allowed messages; the page tells it otherwise.
  await showNote('诉求已发出', `编号 ${ticket.number}`, `/m/tickets/${ticket.id}`).catch(() => undefined)
}

async function sendRecord(record: QueuedRecord): Promise<void> {
  let id: string
  try {
    id = (await deliverRecord({ media: mediaStore, queue: keptRecords, upload, create: createRecord }, record)).id
  } catch (problem) {
    return leave(problem)
  }
  await keptRecords.keep({ ...record, sent: id })
  await showNote('服务记录已提交', '离线时写的服务记录已经提交。', `/m/diary/${id}`).catch(() => undefined)
}

/** Thrown on, the browser wakes the worker again; what the server refused is the page's to tell. */
function leave(problem: unknown): void {
  if (isTemporary(problem)) throw problem
}

async function upload(file: Blob, name: string, _onProgress: unknown, key: string): Promise<{ id: string }> {
  const form = new FormData()
  form.append('file', file, name)
  const headers = { Accept: 'application/json', 'Idempotency-Key': key, 'X-CSRF-Token': currentCsrfToken() ?? '' }
  const answer = await fetch(`${apiBase}/attachments`, { method: 'POST', headers, body: form, credentials: 'same-origin' }).catch(() => {
    throw unreachableProblem()
  })
  return readAnswer<{ id: string }>(answer.status, await answer.json().catch(() => undefined), answer.headers.get('Retry-After'))
}
