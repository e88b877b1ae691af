import { useSession } from '@/shared/session/session'
import { unsentCount } from './away'
import { keptCompletions } from './completion-drafts'
import { isUntouched, keepDraft, readDraft } from './diary-draft'
import { removeDraft, sentDrafts } from './draft'
import { mediaStore } from './media-store'
import { outboxParts } from './outbox'
import { keptRecords } from './record-queue'

/** What one account wrote on this phone and the server does not have yet. */

export interface Unsent {
  /** records of the diary that were submitted */
  records: number
  completions: number
  tickets: number
  /** a record of the diary that is still being written */
  writing: boolean
}

export async function unsentOf(account: string): Promise<Unsent> {
  const [records, completions] = await Promise.all([keptRecords.all(), keptCompletions.all(account)])
  const writing = readDraft(account)
  return {
    records: records.filter(({ by }) => by === account).length,
    completions: completions.length,
    tickets: sentDrafts(outboxParts.store).filter(({ by }) => by === account).length,
    writing: writing !== null && !isUntouched(writing),
  }
}

/** For the line on top of a worker's pages. */
export async function countUnsent(): Promise<void> {
  const account = useSession().me.value?.id
  if (account === undefined) return void (unsentCount.value = 0)
  const { records, completions, tickets } = await unsentOf(account)
  unsentCount.value = records + completions + tickets
}

/** Deletes it all, with its photos. */
export async function deleteUnsent(account: string): Promise<void> {
  for (const { draft, by } of await keptRecords.all()) {
    if (by !== account) continue
    await keptRecords.forget(draft.client)
    for (const { id } of draft.media) await mediaStore.remove(id)
  }
  for (const draft of await keptCompletions.all(account)) {
    await keptCompletions.forget(draft.ticketId, account)
    for (const { id } of draft.media) await mediaStore.remove(id)
  }
  for (const draft of sentDrafts(outboxParts.store)) {
    if (draft.by !== account) continue
    removeDraft(outboxParts.store, draft)
    await outboxParts.queue.forget(draft.key)
    for (const { id } of draft.media) await mediaStore.remove(id)
  }
  for (const { id } of readDraft(account)?.media ?? []) await mediaStore.remove(id)
  keepDraft(account, null)
}
