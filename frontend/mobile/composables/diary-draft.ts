import { newKey } from '@/shared/api/client'
import type { NewServiceRecord, ServiceKind, ServiceRecord } from '@/shared/api/services'
import { keepText, keptText } from '@/shared/components/kept-text'
import { serviceKinds } from '@/shared/service/kinds'
import { localTime, momentOf } from '@/shared/format/local-time'
import type { DraftMedia } from './draft'

/** A record of the service diary while it is written. It lies on this device until it is sent; `client` makes a repeated send harmless. */
export interface DiaryDraft {
  client: string
  gridId: string
  kind: ServiceKind
  /** 2026-11-21T14:30, by Beijing's clock */
  happenedAt: string
  text: string
  whom: string
  place: string
  media: DraftMedia[]
}

export const limits = { text: 2000, whom: 50, place: 100, photos: 9 } as const

export const newDraft = (gridId: string, now: number): DiaryDraft => ({ client: newKey(), gridId, kind: 'visit', happenedAt: localTime(now), text: '', whom: '', place: '', media: [] })

/** What is changed begins as it stands. */
export function draftOf(record: ServiceRecord): DiaryDraft {
  return {
    client: record.client_id,
    gridId: record.grid?.id ?? '',
    kind: record.kind,
    happenedAt: localTime(record.happened_at),
    text: record.text,
    whom: record.whom ?? '',
    place: record.place ?? '',
    media: record.attachments.map((photo) => ({ id: photo.id, kind: 'image', name: '照片', size: photo.size, durationMs: null, attachmentId: photo.id })),
  }
}

/** Of this account: a phone may be lent. */
const storeKey = (accountId: string): string => `diary.${accountId}`

export function readDraft(accountId: string): DiaryDraft | null {
  try {
    const value: unknown = JSON.parse(keptText(storeKey(accountId)) || 'null')
    return isDraft(value) ? value : null
  } catch {
    return null
  }
}

export function keepDraft(accountId: string, draft: DiaryDraft | null): void {
  keepText(storeKey(accountId), draft === null || isUntouched(draft) ? '' : JSON.stringify(draft))
}

export const isUntouched = (draft: DiaryDraft): boolean => draft.media.length === 0 && [draft.text, draft.whom, draft.place].every((text) => text.trim() === '')

/** What is still missing, as one sentence; null when it may be sent. */
export function missingFrom(draft: DiaryDraft, now: number): string | null {
  const at = momentOf(draft.happenedAt)
  if (at === null) return '请选择服务时间。'
  if (at > now + 5 * 60_000) return '服务时间不能晚于现在。'
  return draft.text.trim() === '' ? '请写下做了什么。' : null
}

/** The facts as they are sent, once all photos have an attachment. */
export function factsOf(draft: DiaryDraft): Omit<NewServiceRecord, 'client_id' | 'grid_id'> {
  return {
    kind: draft.kind,
    happened_at: new Date(momentOf(draft.happenedAt) ?? 0).toISOString(),
    text: draft.text.trim(),
    whom: draft.whom.trim() || null,
    place: draft.place.trim() || null,
    attachments: draft.media.flatMap(({ attachmentId }) => (attachmentId === null ? [] : [attachmentId])),
  }
}

/** Written by this code, but perhaps by an older build of it. */
function isDraft(value: unknown): value is DiaryDraft {
  if (typeof value !== 'object' || value === null) return false
  const draft = value as Partial<Record<keyof DiaryDraft, unknown>>
  const texts = [draft.client, draft.gridId, draft.happenedAt, draft.text, draft.whom, draft.place]
  return texts.every((text) => typeof text === 'string') && serviceKinds.some(({ kind }) => kind === draft.kind) && Array.isArray(draft.media)
}
