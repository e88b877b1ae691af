import { syncTag } from '@/mobile/composables/sent-queue'
import { openNote, showPush } from './push'
import { scope } from './scope'
import { sendWaiting } from './send'
import { staffPagesWanted } from '@/shared/session/worker'
import { dropOldShells, keepShell, keepStaffShell, shellAnswer } from './shell'

/** The one service worker of the origin, built into one plain script: old browsers know no modules here. */

scope.addEventListener('install', (event) => event.waitUntil(keepShell().then(() => scope.skipWaiting())))
scope.addEventListener('activate', (event) => event.waitUntil(dropOldShells().then(() => scope.clients.claim())))
scope.addEventListener('fetch', (event) => {
  const answer = shellAnswer(event.request)
  if (answer) event.respondWith(answer)
})
scope.addEventListener('message', (event) => event.data === staffPagesWanted && event.waitUntil(keepStaffShell()))
scope.addEventListener('sync', (event) => event.tag === syncTag && event.waitUntil(sendWaiting()))
scope.addEventListener('push', (event) => event.waitUntil(showPush(event.data)))
scope.addEventListener('notificationclick', (event) => event.waitUntil(openNote(event.notification)))
