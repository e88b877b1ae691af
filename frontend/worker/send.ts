import { apiBase, currentCsrfToken, readAnswer, setCsrfToken } from '@/shared/api/client'
import { fetchMe } from '@/shared/api/auth'
import { unreachableProblem } from '@/shared/api/problem'
import { createTicket } from '@/shared/api/tickets'
import type { Ticket } from '@/shared/api/types'
import { deliver, isTemporary } from '@/mobile/composables/deliver'
import { mediaStore } from '@/mobile/composables/media-store'
import { keptQueue, syncTag, type Waiting } from '@/mobile/composables/sent-queue'
import { showNote } from './push'
import { scope } from './scope'

/** Sends what waits when the network is back. An open page does it itself and shows it; a closed one leaves it here. */
export async function sendWaiting(): Promise<void> {
  const pages = await scope.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const own = pages.filter(({ url }) => /^\/(g|m)(\/|$)/.test(new URL(url).pathname))
  if (own.length > 0) return own.forEach((page) => page.postMessage(syncTag))
  const waiting = (await keptQueue.all()).filter(({ sent }) => sent === null)
  if (waiting.length === 0) return
  const me = await fetchMe()
  setCsrfToken(me.csrf_token)
  for (const one of waiting) {
    // Whoever else is signed in now does not speak for them; refused drafts wait for their page.
    if (!one.draft.by || one.draft.by === me.id) await sendOne(one)
  }
}

async function sendOne({ draft }: Waiting): Promise<void> {
  let ticket: Ticket
  try {
    ticket = await deliver({ media: mediaStore, upload, create: createTicket, keep: (current) => keptQueue.keep({ draft: current, sent: null }) }, draft)
  } catch (problem) {
    // Thrown on, the browser wakes the worker again; what the server refused is the page's to tell.
    if (isTemporary(problem)) throw problem
    return
  }
  await keptQueue.keep({ draft, sent: { id: ticket.id, number: ticket.number } })
  // Allowed only where the person allowed messages; the page tells it otherwise.
  await showNote('诉求已发出', `编号 ${ticket.number}`, `/m/tickets/${ticket.id}`).catch(() => undefined)
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
