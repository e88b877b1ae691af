import { inject, type App, type InjectionKey } from 'vue'
import { setBearer } from '@/shared/api/client'
import { fetchOwnScreen, openScreen } from '@/shared/api/screens'
import { serverNow, setServerTime } from '@/shared/format/clock'
import { createLiveClient } from '@/shared/live/client'
import { openSocket, provideLive } from '@/shared/live/use-live'
import { keep, pathOf, readKept } from './kept-screen'
import { createPairing, type Pairing } from './pairing'

const key: InjectionKey<Pairing> = Symbol('pairing')
const tickMs = 1_000
/** A refused handshake looks like a lost network; every third time the server is asked which it was. */
const attemptsUntilAsked = 3

/** Wires a screen of its own: its token, its live connection, its address. */
export function installOwnScreen(app: App): void {
  let token = ''
  const client = createLiveClient({
    open: () => openSocket(token),
    onServerTime: setServerTime,
    // Its target changed, or it was released: the connection of before is over either way.
    onStopped: () => void pairing.ask().then(client.start),
    onAttemptFailed: (attempt) => {
      if (attempt % attemptsUntilAsked === 0) void pairing.ask()
    },
  })
  const pairing = createPairing({
    open: openScreen,
    fetchOwn: fetchOwnScreen,
    read: () => readKept(localStorage),
    keep: (screen) => keep(localStorage, screen),
    useToken: (next) => {
      token = next ?? ''
      setBearer(next)
    },
    connect: client.start,
    disconnect: client.stop,
    now: serverNow,
    onTarget: (target) => {
      const path = pathOf(target)
      if (location.pathname !== path) history.replaceState(null, '', path)
    },
  })
  client.subscribe('screen', { onSnapshot: pairing.onSnapshot, onEvent: pairing.onEvent })
  setInterval(pairing.tick, tickMs)
  provideLive(app, client)
  app.provide(key, pairing)
  pairing.start()
}

export function usePairing(): Pairing {
  const pairing = inject(key)
  if (!pairing) throw new Error('installOwnScreen was not called for this app')
  return pairing
}
