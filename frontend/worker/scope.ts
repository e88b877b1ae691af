/** What a service worker's global has and a page's has not; the types of both cannot be had together. */

export interface WorkerClient {
  readonly url: string
  focus: () => Promise<unknown>
  postMessage: (message: unknown) => void
}
interface Lasting {
  waitUntil: (work: Promise<unknown>) => void
}
export interface FetchEvent extends Lasting {
  readonly request: Request
  respondWith: (answer: Promise<Response>) => void
}
export interface PushEvent extends Lasting {
  readonly data: { json: () => unknown } | null
}
export interface NotificationEvent extends Lasting {
  readonly notification: Notification
}
export interface SyncEvent extends Lasting {
  readonly tag: string
}
export interface MessageFromPage extends Lasting {
  readonly data: unknown
}
interface Events {
  install: Lasting
  activate: Lasting
  fetch: FetchEvent
  push: PushEvent
  notificationclick: NotificationEvent
  sync: SyncEvent
  message: MessageFromPage
}
export interface WorkerScope {
  readonly location: Location
  readonly registration: ServiceWorkerRegistration
  readonly clients: {
    matchAll: (wanted: { type: 'window'; includeUncontrolled: true }) => Promise<WorkerClient[]>
    claim: () => Promise<void>
    openWindow: (url: string) => Promise<unknown>
  }
  skipWaiting: () => Promise<void>
  addEventListener: <K extends keyof Events>(kind: K, listener: (event: Events[K]) => void) => void
}

export const scope = self as unknown as WorkerScope
