import { scope } from './scope'

/** Shows push messages. Nothing of them is kept: the inbox has every message. */

interface Note {
  title?: string
  text?: string
  key?: string
  url?: string
  urgent?: boolean
}

export function showPush(data: { json: () => unknown } | null): Promise<void> {
  let note: Note = {}
  try {
    note = (data?.json() ?? {}) as Note
  } catch {
    // A message that cannot be read still says that there is one.
  }
  return showNote(note.title ?? '您有新的消息', note.text ?? '', note.url ?? '/m/inbox', note.key, note.urgent === true)
}

export function showNote(title: string, body: string, url: string, tag?: string, urgent = false): Promise<void> {
  return scope.registration.showNotification(title, { body, tag, requireInteraction: urgent, lang: 'zh-CN', data: { url } })
}

export async function openNote(notification: Notification): Promise<void> {
  notification.close()
  const target = new URL(String((notification.data as { url: unknown }).url), scope.location.origin)
  // Whatever came with the message: only pages of our own are opened.
  if (target.origin !== scope.location.origin) return
  const pages = await scope.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const open = pages.find((page) => page.url === target.href)
  await (open ? open.focus() : scope.clients.openWindow(target.href))
}
