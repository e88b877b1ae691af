import { temporaryStatuses } from '@/shared/api/client'
import { ApiProblem } from '@/shared/api/problem'
import type { NewTicket, Ticket } from '@/shared/api/types'
import { ticketOf, type Draft, type DraftMedia } from './draft'
import type { MediaStore } from './media-store'

/**
 * Delivers one draft: attachments first, then the ticket, each with a key that never changes, so that whoever delivers
 * (the page, the page again, or the service worker) and however often, the server makes one ticket of it.
 */
export interface DeliveryParts extends UploadParts {
  media: MediaStore
  create: (ticket: NewTicket, key: string) => Promise<Ticket>
  /** called when an attachment has arrived: it is never sent again */
  keep: (draft: Draft) => void | Promise<unknown>
}

export interface UploadParts {
  media: Pick<MediaStore, 'get'>
  upload: (file: Blob, name: string, onProgress: (fraction: number) => void, key: string) => Promise<{ id: string }>
}

export interface SendProgress {
  step: number
  steps: number
  fraction: number
}

export async function deliver(parts: DeliveryParts, draft: Draft, onProgress: (progress: SendProgress) => void = () => {}): Promise<Ticket> {
  await uploadMedia(parts, draft.media, () => parts.keep(draft), onProgress)
  const steps = draft.media.length + 1
  onProgress({ step: steps, steps, fraction: 0 })
  return parts.create(ticketOf(draft), draft.key)
}

/** Uploads what has not arrived yet; `keep` is called after each that has. */
export async function uploadMedia(parts: UploadParts, all: readonly DraftMedia[], keep: () => unknown, onProgress: (progress: SendProgress) => void): Promise<void> {
  const steps = all.length + 1
  for (const [index, media] of all.entries()) {
    if (media.attachmentId !== null) continue
    const blob = await parts.media.get(media.id)
    // Only memory could hold it, and the page was reloaded since: the text is worth more than the wait.
    if (!blob) continue
    media.attachmentId = (await parts.upload(blob, media.name, (fraction) => onProgress({ step: index + 1, steps, fraction }), media.id)).id
    await keep()
  }
}

/** What may have arrived already where this draft was delivered from before. */
export function withArrived(draft: Pick<Draft, 'media'>, media: readonly DraftMedia[]): void {
  for (const own of draft.media) own.attachmentId ??= media.find(({ id }) => id === own.id)?.attachmentId ?? null
}

const atTheGate: readonly number[] = [429, 502, 504]

/** The same draft may go through later, without the resident. */
export function isTemporary(problem: unknown): boolean {
  return problem instanceof ApiProblem && (problem.isUnreachable || temporaryStatuses.includes(problem.status) || atTheGate.includes(problem.status))
}

/** The draft is well; who sends it has to sign in first. */
export function needsSignIn(problem: unknown): boolean {
  return problem instanceof ApiProblem && (problem.isSignedOut || problem.code.endsWith('profile_incomplete'))
}
