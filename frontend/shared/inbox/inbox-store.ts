import { readonly, ref, shallowRef, watch, type ShallowRef } from 'vue'
import { fetchUnread, markAllRead, markRead, type Notification, type Unread } from '@/shared/api/inbox'
import { useLiveTopic } from '@/shared/live/use-live'
import { useSession } from '@/shared/session/session'
import { nothingUnread, parseArrival, parseRead, parseUnread, withArrival, type ReadMark } from './inbox-state'

/** The inbox of whoever uses this page: one per page, kept current by the live topic. */
const unread = shallowRef<Unread>(nothingUnread)
const arrivals = new Set<(notification: Notification) => void>()
const readings = new Set<(mark: ReadMark) => void>()
const plainTitle = ref('')

export interface InboxStore {
  unread: Readonly<ShallowRef<Unread>>
  read: (ids: string[]) => Promise<void>
  readAll: () => Promise<void>
  /** Told of every notification that comes while the page is open; answers how to stop. */
  onArrival: (listener: (notification: Notification) => void) => () => void
  onRead: (listener: (mark: ReadMark) => void) => () => void
}

export function useInbox(): InboxStore {
  return { unread: readonly(unread) as Readonly<ShallowRef<Unread>>, read: markRead, readAll, onArrival: listen(arrivals), onRead: listen(readings) }
}

/** Called by the component that frames all pages. */
export function useInboxLive(): void {
  const session = useSession()
  const signedIn = (): boolean => session.phase.value === 'signed-in' && session.me.value?.must_change_password !== true
  useLiveTopic(() => (signedIn() ? 'inbox' : null), {
    onSnapshot: (state) => {
      unread.value = parseUnread(state) ?? unread.value
    },
    onEvent: (event) => {
      const arrival = parseArrival(event, session.me.value?.id ?? '')
      if (arrival) {
        unread.value = withArrival(unread.value, arrival)
        for (const listener of arrivals) listener(arrival)
      }
      const mark = parseRead(event)
      if (mark) {
        // Which of them were unread only the server knows.
        void fetchUnread().then((counted) => (unread.value = counted), () => undefined)
        for (const listener of readings) listener(mark)
      }
    },
  })
  watch(session.phase, (phase) => {
    if (phase === 'guest') unread.value = nothingUnread
  })
  watch(() => unread.value.total, showInTitle, { immediate: true })
}

/** The server takes its own present for a time that is yet to come. */
const theEnd = '2999-12-31T00:00:00.000Z'

async function readAll(): Promise<void> {
  await markAllRead(theEnd)
}

/** （3）连心: visible in the tab of a page that lies in the background. */
function showInTitle(total: number): void {
  if (plainTitle.value === '') plainTitle.value = document.title.replace(/^（\d+\+?）/, '')
  document.title = total > 0 ? `（${total > 99 ? '99+' : total}）${plainTitle.value}` : plainTitle.value
}

function listen<T>(listeners: Set<(value: T) => void>): (listener: (value: T) => void) => () => void {
  return (listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
}
