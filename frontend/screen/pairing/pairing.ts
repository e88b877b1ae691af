import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { ApiProblem } from '@/shared/api/problem'
import { parseTarget, type OpenedScreen, type OwnScreen, type ScreenTarget } from '@/shared/api/screens'
import { isRecord, type LiveEvent } from '@/shared/live/frames'
import type { KeptScreen } from './kept-screen'

/** A screen's life: it asks for a code, waits, shows its target, and asks again when it was released. */

export type PairingState =
  | { kind: 'starting' }
  | { kind: 'waiting'; code: string; expiresAt: number }
  | { kind: 'paired'; target: ScreenTarget }

export interface PairingOptions {
  open: () => Promise<OpenedScreen>
  fetchOwn: () => Promise<OwnScreen>
  read: () => KeptScreen | null
  keep: (screen: KeptScreen | null) => void
  /** Everything that is asked from now on is asked with this token. */
  useToken: (token: string | null) => void
  connect: () => void
  disconnect: () => void
  /** The server's time, milliseconds. */
  now: () => number
  onTarget?: (target: ScreenTarget | null) => void
}

export interface Pairing {
  state: ShallowRef<PairingState>
  /** Why there is no code right now; empty: all is well. */
  trouble: Ref<string>
  start: () => void
  /** Asks the server what has become of this screen: after its connection was ended, and now and then while none comes about. */
  ask: () => Promise<void>
  onSnapshot: (state: unknown) => void
  onEvent: (event: LiveEvent) => void
  /** Called every second. */
  tick: () => void
}

/** A code may be typed in its last second; its screen hears of it a moment later. */
export const graceMs = 2_000
const retryMs = 5_000

export function createPairing(options: PairingOptions): Pairing {
  const state = shallowRef<PairingState>({ kind: 'starting' })
  const trouble = ref('')
  let own: KeptScreen | null = null
  let opening: Promise<void> | null = null
  let retryAt: number | null = null

  return { state, trouble, start, ask, onSnapshot, onEvent, tick }

  function start(): void {
    own = options.read()
    if (own === null) {
      void open()
      return
    }
    options.useToken(own.token)
    // At once what was shown before the lights went out; the server is asked meanwhile.
    if (own.target !== null) show(own.target)
    void ask().then(options.connect)
  }

  async function ask(): Promise<void> {
    if (opening !== null) return opening
    if (own === null) return
    const asked = own.token
    try {
      const answer = await options.fetchOwn()
      if (own?.token === asked) apply(answer)
    } catch (error) {
      if (own?.token !== asked) return
      if (error instanceof ApiProblem && error.isSignedOut) await open()
      else if (state.value.kind === 'starting') {
        trouble.value = '服务器暂时连不上，正在重试…'
        retryAt = options.now() + retryMs
      }
    }
  }

  /** Begins anew: as a screen that nobody knows. */
  function open(): Promise<void> {
    opening ??= openAnew().finally(() => (opening = null))
    return opening
  }

  async function openAnew(): Promise<void> {
    retryAt = null
    options.useToken(null)
    try {
      const opened = await options.open()
      options.disconnect()
      own = { id: opened.screen_id, token: opened.token, target: null }
      options.keep(own)
      options.useToken(own.token)
      options.onTarget?.(null)
      state.value = { kind: 'waiting', code: opened.code, expiresAt: Date.parse(opened.expires_at) }
      trouble.value = ''
      options.connect()
    } catch (error) {
      // What was released shows nothing any more, also while there is no new code.
      if (state.value.kind === 'paired') state.value = { kind: 'starting' }
      if (own !== null) options.useToken(own.token)
      const wait = error instanceof ApiProblem && error.retryAfterSeconds !== null ? error.retryAfterSeconds * 1_000 : retryMs
      retryAt = options.now() + wait
      trouble.value = error instanceof ApiProblem && error.status === 429 ? '配对码暂时领取不到，稍后自动重试' : '服务器暂时连不上，正在重试…'
    }
  }

  function apply(answer: OwnScreen): void {
    trouble.value = ''
    const target = parseTarget(answer.target)
    if (target !== null) show(target)
    else if (answer.code !== null && answer.expires_at !== null) state.value = { kind: 'waiting', code: answer.code, expiresAt: Date.parse(answer.expires_at) }
  }

  function show(target: ScreenTarget): void {
    if (own !== null && own.target !== target) {
      own = { ...own, target }
      options.keep(own)
    }
    if (state.value.kind !== 'paired' || state.value.target !== target) state.value = { kind: 'paired', target }
    options.onTarget?.(target)
  }

  function onSnapshot(value: unknown): void {
    if (!isRecord(value) || value['screen_id'] !== own?.id) return
    const { name, code, expires_at, target } = value
    apply({
      screen_id: String(value['screen_id']),
      name: typeof name === 'string' ? name : '',
      code: typeof code === 'string' ? code : null,
      expires_at: typeof expires_at === 'string' ? expires_at : null,
      target: parseTarget(target),
    })
  }

  function onEvent(event: LiveEvent): void {
    if (event.kind === 'screen.released') void open()
    const target = parseTarget(event.data['target'])
    if ((event.kind === 'screen.paired' || event.kind === 'screen.retargeted') && target !== null) {
      // The server ends this connection: what it may read was decided when it began.
      options.disconnect()
      show(target)
      options.connect()
    }
  }

  function tick(): void {
    const now = options.now()
    if (retryAt !== null && now >= retryAt) {
      retryAt = null
      void (own !== null && state.value.kind === 'starting' ? ask() : open())
      return
    }
    if (state.value.kind === 'waiting' && retryAt === null && now > state.value.expiresAt + graceMs) void open()
  }
}
