import type { CompletionDrafts } from './completion-drafts'
import { removeDraft, sentDrafts, writtenDrafts, type Draft, type TextStore } from './draft'
import type { MediaStore } from './media-store'
import type { RecordQueue } from './record-queue'
import type { SentQueue } from './sent-queue'

/**
 * What was never sent is kept on a phone for thirty days at most: it tells of people, and phones are lent, sold and lost. Whoever
 * opens the pages next is told what is gone, until they have read it. The days are the server's, counted from the first opening
 * with a network that finds a thing as it is: by a phone whose battery died it is 2010, and that must cost nobody's words.
 */
export const longestDays = 30
const dayMs = 24 * 3600_000
const longestMs = longestDays * dayMs
/** When each thing was first seen as it is now. */
const seenKey = 'lianxin.drafts-seen'
const goneKey = 'lianxin.drafts-gone'

export const kinds = ['ticket', 'record', 'completion', 'text'] as const
export type Kind = (typeof kinds)[number]
export type Gone = Record<Kind, number>

/** Texts that pages keep in this browser while they are written: `shared/components/kept-text.ts`, and forms with a place of their own. */
const textPrefixes = ['lianxin.text.', 'lianxin.appraisal.', 'lianxin.notes.', 'lianxin.minutes.'] as const

export interface OldDraftParts {
  store: TextStore
  media: Pick<MediaStore, 'remove'>
  queue: SentQueue
  records: RecordQueue
  completions: Pick<CompletionDrafts, 'everybodys' | 'forget'>
}

interface Thing {
  id: string
  kind: Kind
  /** what it is now; another one begins its thirty days anew */
  is: string
  remove: () => Promise<unknown>
}

type Seen = Record<string, { at: number; is: string }>

/** `askNow`: the server's clock; asked only where something lies. `spared`: forms that stand open now and hold what they found; their drafts wait for the next opening. */
export async function dropOldDrafts(parts: OldDraftParts, askNow: () => Promise<number>, spared = false): Promise<Gone> {
  const things = [...(await queued(parts)), ...(await ofWorkers(parts)), ...(spared ? [] : written(parts))]
  const now = things.length === 0 ? 0 : await askNow()
  const before = readSeen(parts.store)
  const after: Seen = {}
  const gone: Gone = { ticket: 0, record: 0, completion: 0, text: 0 }
  for (const thing of things) {
    const known = before[thing.id]
    const at = known?.is === thing.is ? known.at : now
    if (now - at <= longestMs) after[thing.id] = { at, is: thing.is }
    else {
      await thing.remove()
      gone[thing.kind] += 1
    }
  }
  // What was spared keeps its age.
  if (spared) for (const [id, seen] of Object.entries(before)) after[id] ??= seen
  keep(parts.store, seenKey, after, Object.keys(after).length === 0)
  return addGone(parts.store, gone)
}

/** What was deleted and not read of yet. */
export function goneDrafts(store: TextStore): Gone {
  const value = parsed(store.getItem(goneKey))
  return Object.fromEntries(kinds.map((kind) => [kind, count(value[kind])])) as Gone
}

export function forgetGone(store: TextStore): void {
  store.removeItem(goneKey)
}

const units: Readonly<Record<Kind, string>> = { ticket: '条诉求', record: '条服务记录', completion: '份办结草稿', text: '份没有写完的草稿' }

/** 1 条诉求、2 条服务记录; empty: nothing is gone. */
export function goneWords(gone: Gone): string {
  return kinds.flatMap((kind) => (gone[kind] > 0 ? [`${gone[kind]} ${units[kind]}`] : [])).join('、')
}

/** Requests that wait for the network or for the resident, here or as the worker's shadow of them alone. */
async function queued({ store, queue, media }: OldDraftParts): Promise<Thing[]> {
  const forget = async (draft: Draft): Promise<void> => {
    removeDraft(store, draft)
    await queue.forget(draft.key)
    for (const { id } of draft.media) await media.remove(id)
  }
  const known = sentDrafts(store)
  const shadows = (await queue.all()).filter(({ draft, sent }) => sent === null && !known.some(({ key }) => key === draft.key))
  return [...known, ...shadows.map(({ draft }) => draft)].map((draft) => ({ id: `sent.${draft.key}`, kind: 'ticket', is: draft.status, remove: () => forget(draft) }))
}

async function ofWorkers({ records, completions, media }: OldDraftParts): Promise<Thing[]> {
  const unsent = (await records.all()).filter(({ sent }) => sent === null)
  return [
    ...unsent.map((record): Thing => ({ id: `record.${record.draft.client}`, kind: 'record', is: printOf(record.draft.text), remove: () => Promise.all([records.forget(record.draft.client), ...record.draft.media.map(({ id }) => media.remove(id))]) })),
    ...(await completions.everybodys()).map((draft): Thing => ({ id: `completion.${draft.by}.${draft.ticketId}`, kind: 'completion', is: printOf(draft.note + JSON.stringify(draft.media)), remove: () => Promise.all([completions.forget(draft.ticketId, draft.by), ...draft.media.map(({ id }) => media.remove(id))]) })),
  ]
}

function written({ store, media }: OldDraftParts): Thing[] {
  const drafts = writtenDrafts(store).map((draft): Thing => ({
    id: `draft.${draft.gridCode}.${draft.kind}`,
    kind: 'ticket',
    is: printOf(JSON.stringify(draft)),
    remove: async () => {
      removeDraft(store, draft)
      for (const { id } of draft.media) await media.remove(id)
    },
  }))
  const names = Array.from({ length: store.length }, (_, index) => store.key(index) ?? '').filter((name) => textPrefixes.some((prefix) => name.startsWith(prefix)))
  const texts = names.map((name): Thing => {
    const text = store.getItem(name) ?? ''
    return {
      id: name,
      kind: 'text',
      is: printOf(text),
      remove: async () => {
        store.removeItem(name)
        for (const id of mediaOf(text)) await media.remove(id)
      },
    }
  })
  return [...drafts, ...texts]
}

/** The photos of a record of the diary that is still being written. */
function mediaOf(text: string): string[] {
  const { media } = parsed(text)
  return Array.isArray(media) ? media.flatMap((item: { id?: unknown } | null) => (typeof item?.id === 'string' ? [item.id] : [])) : []
}

/** Whether it is still the same, without keeping it a second time. */
function printOf(text: string): string {
  let print = 5381
  for (let index = 0; index < text.length; index += 1) print = (print * 33 + text.charCodeAt(index)) | 0
  return `${text.length}.${print >>> 0}`
}

function readSeen(store: TextStore): Seen {
  const value = parsed(store.getItem(seenKey))
  return Object.fromEntries(Object.entries(value).filter(([, seen]) => typeof (seen as { at?: unknown } | null)?.at === 'number')) as Seen
}

function addGone(store: TextStore, gone: Gone): Gone {
  const before = goneDrafts(store)
  const all = Object.fromEntries(kinds.map((kind) => [kind, before[kind] + gone[kind]])) as Gone
  keep(store, goneKey, all, goneWords(all) === '')
  return all
}

function keep(store: TextStore, key: string, value: unknown, empty: boolean): void {
  try {
    if (empty) store.removeItem(key)
    else store.setItem(key, JSON.stringify(value))
  } catch {
    // A full phone: the next opening counts anew.
  }
}

function parsed(text: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? '{}')
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

const count = (value: unknown): number => (typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : 0)
