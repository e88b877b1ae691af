import { newKey } from '@/shared/api/client'
import type { FormField, FormValue, NewTicket, TicketKind } from '@/shared/api/types'

/** A ticket that is being written. It survives a reload, and its key makes a repeated send harmless. */

export interface DraftMedia {
  id: string
  kind: 'image' | 'voice' | 'video'
  name: string
  size: number
  durationMs: number | null
  /** id of the attachment once it is uploaded */
  attachmentId: string | null
}

export interface Draft {
  key: string
  gridCode: string
  kind: string
  content: string
  form: Record<string, FormValue>
  alsoVillage: boolean
  onBehalf: { name: string; phone: string } | null
  position: { lng: number; lat: number; accuracy: number } | null
  media: DraftMedia[]
  /**
   * queued: the resident has sent it, the network has not; it goes out by itself. refused: the server did not take it
   * (`problem` says why), it waits for the resident
   */
  status: 'editing' | 'queued' | 'refused'
  /** the account that sent it; nobody else who signs in on this phone may; not known when it was sent offline */
  by?: string | null
  problem?: string
}

export interface TextStore {
  getItem: (key: string) => string | null
  setItem: (key: string, value: string) => void
  removeItem: (key: string) => void
  key: (index: number) => string | null
  readonly length: number
}

const prefix = 'lianxin.draft.'
/** What was sent has a place of its own: the next request of the same kind begins on an empty page. */
const sentPrefix = 'lianxin.sent.'
export const limits = { content: 2000, images: 3, videoBytes: 50 * 1024 * 1024 } as const

export function newDraft(gridCode: string, kind: string): Draft {
  return { key: newKey(), gridCode, kind, content: '', form: {}, alsoVillage: false, onBehalf: null, position: null, media: [], status: 'editing' }
}

export function loadDraft(store: TextStore, gridCode: string, kind: string): Draft | null {
  const draft = parseDraft(store.getItem(editingKey(gridCode, kind)))
  return draft?.status === 'editing' ? draft : null
}

/** false: the storage is full or refused, and the draft lives only as long as the page. */
export function saveDraft(store: TextStore, draft: Draft): boolean {
  try {
    store.setItem(storageKey(draft), JSON.stringify(draft))
    return true
  } catch {
    return false
  }
}

export function removeDraft(store: TextStore, draft: Draft): void {
  store.removeItem(storageKey(draft))
}

/** Saves a draft in its new state, in the place of that state; false as with `saveDraft`. */
export function turnDraft(store: TextStore, draft: Draft, status: Draft['status'], problem?: string): boolean {
  removeDraft(store, draft)
  draft.status = status
  draft.problem = problem
  return saveDraft(store, draft)
}

/** What was sent and did not arrive yet. */
export function queuedDrafts(store: TextStore): Draft[] {
  return sentDrafts(store).filter((draft) => draft.status === 'queued')
}

/** What was sent and has no number yet, whether it waits for the network or for the resident. */
export function sentDrafts(store: TextStore): Draft[] {
  const names = Array.from({ length: store.length }, (_, index) => store.key(index))
  return names.flatMap((name) => {
    if (name === null || !(name.startsWith(prefix) || name.startsWith(sentPrefix))) return []
    const draft = parseDraft(store.getItem(name))
    if (!draft || draft.status === 'editing') return []
    // An older build kept it where the next one is written.
    if (name !== storageKey(draft) && saveDraft(store, draft)) store.removeItem(name)
    return [draft]
  })
}

/** What is being written and was never sent, of every grid and kind. */
export function writtenDrafts(store: TextStore): Draft[] {
  const names = Array.from({ length: store.length }, (_, index) => store.key(index))
  return names.flatMap((name) => {
    const draft = name?.startsWith(prefix) ? parseDraft(store.getItem(name)) : null
    return draft?.status === 'editing' ? [draft] : []
  })
}

export function sentDraft(store: TextStore, key: string): Draft | null {
  return parseDraft(store.getItem(sentPrefix + key))
}

/** Shown as a receipt until the server gives the number: short enough to be told on the telephone. */
export function provisionalNumber(draft: { key: string }): string {
  return `待-${draft.key.slice(0, 6).toUpperCase()}`
}

export function isUntouched(draft: Draft): boolean {
  return draft.content.trim() === '' && draft.media.length === 0 && draft.position === null && Object.keys(draft.form).length === 0 && draft.onBehalf === null
}

/** What is still missing, as one sentence; null when the draft may be sent. */
export function missingFrom(draft: Draft, kind: TicketKind): string | null {
  for (const field of kind.fields) {
    if (isNeeded(field, draft.onBehalf !== null) && isBlank(draft.form[field.name])) return `请填写“${field.label}”。`
  }
  if (draft.onBehalf) {
    if (draft.onBehalf.name.trim() === '') return '请填写替谁填报：姓名。'
    if (!isPhone(draft.onBehalf.phone)) return '请填写替谁填报：11 位手机号。'
  }
  const rule = kind.content ?? 'required'
  const saysSomething = draft.content.trim() !== '' || draft.media.length > 0
  const formSaysIt = rule === 'required_unless_form' && Object.values(draft.form).some((value) => !isBlank(value))
  return saysSomething || formSaysIt || rule === 'optional' ? null : '请说一段话、写几句话或拍一张照片。'
}

/** The manual's star: nobody knows the address of somebody else unless it is written here. */
export function isNeeded(field: Pick<FormField, 'name' | 'required'>, onBehalf: boolean): boolean {
  return field.required || (onBehalf && field.name === 'home_address')
}

export function isPhone(text: string): boolean {
  return /^1\d{10}$/.test(text.trim())
}

/** The request body. Fields left blank are not sent. */
export function ticketOf(draft: Draft): NewTicket {
  const form: Record<string, FormValue> = {}
  for (const [name, value] of Object.entries(draft.form)) {
    if (!isBlank(value)) form[name] = typeof value === 'string' ? value.trim() : value
  }
  const ticket: NewTicket = {
    grid_code: draft.gridCode,
    kind: draft.kind,
    content: draft.content.trim(),
    form,
    attachments: draft.media.flatMap((media) => (media.attachmentId === null ? [] : [media.attachmentId])),
  }
  if (draft.position) ticket.location = { ...draft.position, datum: 'wgs84' }
  if (draft.onBehalf) ticket.on_behalf = { name: draft.onBehalf.name.trim(), phone: draft.onBehalf.phone.trim() }
  if (draft.alsoVillage) ticket.also_village = true
  return ticket
}

function storageKey(draft: Draft): string {
  return draft.status === 'editing' ? editingKey(draft.gridCode, draft.kind) : sentPrefix + draft.key
}

function editingKey(gridCode: string, kind: string): string {
  return `${prefix}${gridCode}.${kind}`
}

function isBlank(value: FormValue | undefined): boolean {
  if (value === undefined || value === false) return true
  return typeof value === 'string' ? value.trim() === '' : Array.isArray(value) && value.length === 0
}

function parseDraft(text: string | null): Draft | null {
  if (text === null) return null
  try {
    const value: unknown = JSON.parse(text)
    return isDraft(value) ? value : null
  } catch {
    return null
  }
}

/** Written by this code, but perhaps by an older build of it. */
function isDraft(value: unknown): value is Draft {
  if (typeof value !== 'object' || value === null) return false
  const draft = value as Partial<Record<keyof Draft, unknown>>
  return (
    typeof draft.key === 'string' &&
    typeof draft.gridCode === 'string' &&
    typeof draft.kind === 'string' &&
    typeof draft.content === 'string' &&
    typeof draft.form === 'object' &&
    draft.form !== null &&
    Array.isArray(draft.media) &&
    (draft.status === 'editing' || draft.status === 'queued' || draft.status === 'refused')
  )
}
