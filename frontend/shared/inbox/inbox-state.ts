import type { Notification, NotificationType, Unread, Urgency } from '@/shared/api/inbox'
import type { LiveEvent } from '@/shared/live/frames'

/** Pure updates of what an inbox shows; the server's frames come as unknown values. */

export const typeWords: Record<NotificationType, string> = {
  request: '诉求',
  employment: '务工需求',
  nudge: '领导督促',
  escalation: '升级',
  deadline: '时限提醒',
  approval: '审批',
  meeting: '会议',
  progress: '办理进度',
  digest: '每日汇总',
}

export const nothingUnread: Unread = { total: 0, by_type: [] }

export function parseUnread(value: unknown): Unread | null {
  if (!isRecord(value) || typeof value['total'] !== 'number' || !Array.isArray(value['by_type'])) return null
  const by_type = value['by_type'].flatMap((row) =>
    isRecord(row) && isType(row['type']) && typeof row['unread'] === 'number' ? [{ type: row['type'], type_title: typeWords[row['type']], unread: row['unread'] }] : [],
  )
  return { total: value['total'], by_type }
}

/** A notification that just came; its id is made of the reader and the cause. */
export function parseArrival(event: LiveEvent, accountId: string): Notification | null {
  const { cause, type, urgency, title, text, subject } = event.data
  if (event.kind !== 'inbox.notified' || typeof cause !== 'string' || !isType(type) || typeof title !== 'string' || !isRecord(subject)) return null
  return {
    id: `${accountId}:${cause}`,
    type,
    type_title: typeWords[type],
    urgency: isUrgency(urgency) ? urgency : 'normal',
    title,
    text: typeof text === 'string' ? text : '',
    subject: { kind: String(subject['kind'] ?? ''), id: String(subject['id'] ?? '') },
    at: event.at,
    read_at: null,
  }
}

export function withArrival(unread: Unread, arrival: Notification): Unread {
  const known = unread.by_type.some((row) => row.type === arrival.type)
  const by_type = known
    ? unread.by_type.map((row) => (row.type === arrival.type ? { ...row, unread: row.unread + 1 } : row))
    : [...unread.by_type, { type: arrival.type, type_title: arrival.type_title, unread: 1 }]
  return { total: unread.total + 1, by_type }
}

/** The list with a newcomer on top; one that is there already stays as it is. */
export function withNewest(items: readonly Notification[], arrival: Notification): Notification[] {
  return items.some((item) => item.id === arrival.id) ? [...items] : [arrival, ...items]
}

export interface ReadMark {
  ids: string[]
  allUntil: string | null
}

export function parseRead(event: LiveEvent): ReadMark | null {
  if (event.kind !== 'inbox.read') return null
  const ids = Array.isArray(event.data['ids']) ? event.data['ids'].filter((id): id is string => typeof id === 'string') : []
  return { ids, allUntil: typeof event.data['all_until'] === 'string' ? event.data['all_until'] : null }
}

export function withRead(items: readonly Notification[], mark: ReadMark, at: string): Notification[] {
  const isRead = (item: Notification): boolean => mark.ids.includes(item.id) || (mark.allUntil !== null && Date.parse(item.at) <= Date.parse(mark.allUntil))
  return items.map((item) => (item.read_at === null && isRead(item) ? { ...item, read_at: at } : item))
}

/** 99+ is as much as a badge can hold. */
export function badgeText(total: number): string {
  return total > 99 ? '99+' : String(total)
}

function isType(value: unknown): value is NotificationType {
  return typeof value === 'string' && value in typeWords
}

function isUrgency(value: unknown): value is Urgency {
  return value === 'normal' || value === 'important' || value === 'urgent'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
