import type { Notification } from '@/shared/api/inbox'

/** Where a notification about duties leads, below the pages of an entry; null: it is about something else. */
export function dutyAddress({ subject }: Pick<Notification, 'subject'>): { duty: string } | { order: string } | null {
  if (subject.kind === 'duty') return { duty: subject.id }
  return subject.kind === 'duty_order' ? { order: subject.id } : null
}
