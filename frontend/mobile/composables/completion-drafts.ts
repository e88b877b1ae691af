import { serverNow } from '@/shared/format/clock'
import type { Ticket } from '@/shared/api/types'
import type { DraftMedia } from './draft'
import { keptStore, type KeptStore } from './kept-database'

/**
 * What a worker wrote to complete a ticket, kept on the phone until it is sent. It is never sent by itself: the ticket may have
 * moved on meanwhile, and whoever completes it sees first how it stands.
 */
export interface CompletionDraft {
  ticketId: string
  number: string
  title: string
  note: string
  media: DraftMedia[]
  by: string
  /** makes a repeated send harmless */
  key: string
  /** when it was last changed, by the server's clock as well as this phone knew it */
  at: number
  /** it was meant to be sent, and there was no network */
  waits: boolean
}

export interface CompletionDrafts {
  /** false: the phone keeps nothing more */
  keep: (draft: CompletionDraft) => Promise<boolean>
  find: (ticketId: string, by: string) => Promise<CompletionDraft | null>
  /** of one account, oldest first */
  all: (by: string) => Promise<CompletionDraft[]>
  /** of whoever used this phone */
  everybodys: () => Promise<CompletionDraft[]>
  forget: (ticketId: string, by: string) => Promise<void>
}

export function completionDrafts(store: KeptStore): CompletionDrafts {
  const keyOf = (ticketId: string, by: string): string => `${by}.${ticketId}`
  const everybodys = async (): Promise<CompletionDraft[]> => (await store.all()).flatMap((value) => draftOf(value) ?? [])
  return {
    keep: (draft) => store.put(keyOf(draft.ticketId, draft.by), JSON.parse(JSON.stringify(draft))),
    find: async (ticketId, by) => draftOf(await store.get(keyOf(ticketId, by))),
    all: async (by) => (await everybodys()).filter((draft) => draft.by === by).sort((a, b) => a.at - b.at),
    everybodys,
    forget: (ticketId, by) => store.remove(keyOf(ticketId, by)),
  }
}

export const keptCompletions = completionDrafts(keptStore('lianxin-completions', 'drafts'))

export const newCompletion = (ticket: Ticket, title: string, by: string, key: string): CompletionDraft => ({ ticketId: ticket.id, number: ticket.number, title, note: '', media: [], by, key, at: serverNow(), waits: false })

/** Written by this code, but perhaps by an older build of it. */
function draftOf(value: unknown): CompletionDraft | null {
  const draft = value as Partial<CompletionDraft> | null
  return draft !== null && typeof draft === 'object' && typeof draft.ticketId === 'string' && typeof draft.note === 'string' && Array.isArray(draft.media) ? (draft as CompletionDraft) : null
}
