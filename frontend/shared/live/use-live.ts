import { computed, inject, onScopeDispose, ref, watch, type App, type ComputedRef, type InjectionKey, type Ref } from 'vue'
import { setServerTime } from '@/shared/format/clock'
import { useSession } from '@/shared/session/session'
import { createLiveClient, type LiveClient, type LiveSocket, type LiveStatus, type TopicHandlers } from './client'

const key: InjectionKey<LiveClient> = Symbol('live')

/** Called by each entry's main.ts: the connection lives as long as the session does. */
export function installLive(app: App): LiveClient {
  const session = useSession()
  const client = createLiveClient({
    open: () => openSocket(),
    onServerTime: setServerTime,
    onStopped: () => void session.refresh().then((phase) => phase === 'signed-in' && client.start()),
    onAttemptFailed: (attempt) => {
      // A refused handshake looks like a lost network; the session knows better.
      if (attempt % 3 === 2) void session.refresh()
    },
  })
  watch(
    session.phase,
    (phase) => {
      if (phase === 'signed-in') client.start()
      else if (phase === 'guest') client.stop()
    },
    { immediate: true },
  )
  provideLive(app, client)
  return client
}

/** Gives the components of an app a client that somebody else starts and stops. */
export function provideLive(app: App, client: LiveClient): void {
  window.addEventListener('online', () => client.retryNow())
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') client.retryNow()
  })
  app.provide(key, client)
}

export function useLive(): LiveClient {
  const client = inject(key)
  if (!client) throw new Error('installLive was not called for this app')
  return client
}

/** Listens to one topic while the calling component lives; the topic may change or be absent. */
export function useLiveTopic(topic: () => string | null, handlers: TopicHandlers): void {
  const client = useLive()
  let leave: (() => void) | undefined
  watch(
    topic,
    (name) => {
      leave?.()
      leave = name === null ? undefined : client.subscribe(name, handlers)
    },
    { immediate: true },
  )
  onScopeDispose(() => leave?.())
}

export interface Liveness {
  status: Readonly<Ref<LiveStatus>>
  online: ComputedRef<boolean>
  /** seconds since the last frame, null before the first one */
  secondsSince: Ref<number | null>
}

export function useLiveness(): Liveness {
  const { status } = useLive()
  const secondsSince = ref<number | null>(null)
  const update = (): void => {
    const last = status.value.lastFrameAt
    secondsSince.value = last === null ? null : Math.max(0, (Date.now() - last) / 1000)
  }
  const timer = setInterval(update, 200)
  onScopeDispose(() => clearInterval(timer))
  update()
  return { status, online: computed(() => status.value.phase === 'online'), secondsSince }
}

/** Without a token the cookie says who is here; headers cannot be set, so a token goes as a sub-protocol. */
export function openSocket(token?: string): LiveSocket {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
  const address = `${scheme}://${location.host}/api/v1/live`
  return (token === undefined ? new WebSocket(address) : new WebSocket(address, ['lianxin.v1', `bearer.${token}`])) as LiveSocket
}
