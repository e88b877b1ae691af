/* Shows push messages. Nothing is cached and nothing is kept: the inbox has every message. */
self.addEventListener('push', (event) => {
  let note = {}
  try {
    note = event.data.json()
  } catch {
    // A message that cannot be read still says that there is one.
  }
  const options = { body: note.text || '', tag: note.key, renotify: false, requireInteraction: note.urgent === true, lang: 'zh-CN', data: { url: note.url || '/m/inbox' } }
  event.waitUntil(self.registration.showNotification(note.title || '您有新的消息', options))
})

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  const target = new URL(event.notification.data.url, self.location.origin)
  // Whatever came with the message: only pages of our own are opened.
  if (target.origin !== self.location.origin) return
  event.waitUntil(
    self.clients.matchAll({ type: 'window', includeUncontrolled: true }).then((pages) => {
      const open = pages.find((page) => page.url === target.href)
      return open ? open.focus() : self.clients.openWindow(target.href)
    }),
  )
})
