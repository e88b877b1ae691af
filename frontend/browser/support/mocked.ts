import { readFileSync } from 'node:fs'
import { extname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BrowserContext, Page, Route, WebSocketRoute } from '@playwright/test'
import { pagePolicy } from './page-policy'

/**
 * The built pages without a server: what they ask over HTTP and hear over the live channel is played by the test. For
 * answers that a real server gives seldom or not on demand, such as every single refusal.
 */

const built = resolve(fileURLToPath(new URL('../../../static/build', import.meta.url)))
/** Never reached; a name that browsers take for secure, so that camera and position work. */
export const origin = 'http://localhost:1'
export const epoch = 'e1'

const mediaTypes: Record<string, string> = { '.js': 'text/javascript', '.css': 'text/css', '.html': 'text/html; charset=utf-8', '.svg': 'image/svg+xml' }

export interface Asked {
  method: string
  path: string
  query: URLSearchParams
  body: Record<string, unknown>
  key: string | null
}
export interface Answer {
  status?: number
  body?: unknown
  /** a PNG instead of JSON */
  picture?: Buffer
  headers?: Record<string, string>
}
/** undefined: this one does not know the address. */
export type Handler = (asked: Asked) => Answer | undefined | Promise<Answer | undefined>

export function problem(status: number, code: string, detail: string, extra: object = {}): Answer {
  return { status, body: { type: 'about:blank', status, code, detail, ...extra } }
}

export class Mocked {
  /** Everything that was asked, in order. */
  readonly asked: Asked[] = []
  private readonly handlers: Handler[] = []
  private readonly states = new Map<string, unknown>()
  private socket: WebSocketRoute | null = null
  private subscribed = new Set<string>()
  private seq = 100
  /** Where addresses of the server's own lead: `/s/…`. */
  readonly redirects = new Map<string, string>()
  now: () => number

  constructor(now: () => number = Date.now) {
    this.now = now
  }

  async attach(context: BrowserContext): Promise<void> {
    await context.route(`${origin}/**`, (route) => this.answer(route))
    await context.routeWebSocket(/\/api\/v1\/live$/, (socket) => this.connect(socket))
  }

  /** The newest handler is asked first. */
  on(handler: Handler): void {
    this.handlers.unshift(handler)
  }

  at(method: string, path: string, answer: Answer | ((asked: Asked) => Answer)): void {
    this.on((asked) => (asked.method === method && asked.path === path ? (typeof answer === 'function' ? answer(asked) : answer) : undefined))
  }

  calls(method: string, path: string): Asked[] {
    return this.asked.filter((asked) => asked.method === method && asked.path === path)
  }

  /** What a topic tells to whoever subscribes; who has subscribed already hears nothing of it. */
  state(topic: string, state: unknown): void {
    this.states.set(topic, state)
  }

  event(topic: string, kind: string, data: object): void {
    this.send(this.frame(topic, kind, data))
  }

  /** Many in one frame. */
  events(topic: string, all: readonly (readonly [kind: string, data: object])[]): void {
    this.send({ op: 'events', topic, events: all.map(([kind, data]) => this.frame(topic, kind, data)) })
  }

  /** Drops the connection; the page comes back by itself. */
  cut(): void {
    void this.socket?.close()
  }

  figures(topic: string, data: unknown): void {
    this.send({ op: 'state', topic, seq: this.seq, data })
  }

  /** Tells what changed of a topic's state. */
  changes(topic: string, data: unknown): void {
    this.send({ op: 'changes', topic, seq: this.seq, data })
  }

  follows(topic: string): boolean {
    return this.subscribed.has(topic)
  }

  private frame(topic: string, kind: string, data: object): object {
    this.seq += 1
    return { op: 'event', topic, seq: this.seq, kind, at: new Date(this.now()).toISOString(), data }
  }

  private send(frame: object): void {
    this.socket?.send(JSON.stringify(frame))
  }

  private connect(socket: WebSocketRoute): void {
    this.socket = socket
    this.subscribed = new Set()
    socket.onMessage((text) => {
      const message = JSON.parse(String(text)) as { op: string; topics?: string[] }
      if (message.op === 'ping') this.send({ op: 'pong' })
      for (const topic of message.topics ?? []) {
        if (message.op === 'subscribe') {
          this.subscribed.add(topic)
          this.send({ op: 'subscribed', topic, seq: this.seq, state: this.states.get(topic) ?? {} })
        } else this.subscribed.delete(topic)
      }
    })
    this.send({ op: 'welcome', epoch, head: this.seq, now: new Date(this.now()).toISOString(), heartbeat_s: 25 })
  }

  private async answer(route: Route): Promise<void> {
    const request = route.request()
    const address = new URL(request.url())
    const to = this.redirects.get(address.pathname)
    // A redirect would leave the routes; a page that goes there at once is the same to whoever looks.
    if (to !== undefined) return route.fulfill({ contentType: 'text/html', body: `<script>location.replace(${JSON.stringify(to)})</script>` })
    if (address.pathname.startsWith('/api/v1/')) return this.answerCall(route, address)
    const file = address.pathname.startsWith('/build/') ? join(built, address.pathname.slice('/build/'.length)) : join(built, entryOf(address.pathname))
    await route.fulfill({ contentType: mediaTypes[extname(file)] ?? 'application/octet-stream', body: readFileSync(file), headers: { 'content-security-policy': pagePolicy } })
  }

  private async answerCall(route: Route, address: URL): Promise<void> {
    const request = route.request()
    const asked: Asked = {
      method: request.method(),
      path: address.pathname.slice('/api/v1'.length),
      query: address.searchParams,
      // A form with a file is told by its address alone.
      body: request.headers()['content-type']?.includes('json') ? ((request.postDataJSON() as Record<string, unknown> | null) ?? {}) : {},
      key: request.headers()['idempotency-key'] ?? null,
    }
    this.asked.push(asked)
    for (const handler of this.handlers) {
      const answer = await handler(asked)
      if (!answer) continue
      const status = answer.status ?? 200
      if (answer.picture) return route.fulfill({ status, contentType: 'image/png', body: answer.picture })
      return route.fulfill({ status, contentType: status < 400 ? 'application/json' : 'application/problem+json', headers: answer.headers ?? {}, body: answer.body === undefined ? '' : JSON.stringify(answer.body) })
    }
    await route.fulfill({ status: 404, contentType: 'application/problem+json', body: JSON.stringify({ code: 'test.unknown', detail: `${asked.method} ${asked.path}` }) })
  }
}

function entryOf(path: string): string {
  if (/^\/screen(\/|$)/.test(path)) return 'screen/index.html'
  return /^\/(console|login)(\/|$)/.test(path) ? 'console/index.html' : 'mobile/index.html'
}

/** Signed in as somebody, or as nobody until a phone code is given. */
export interface Login {
  me: Record<string, unknown>
  signedIn: boolean
}

export function aMember(name = '黄志强', changes: object = {}): Record<string, unknown> {
  return { id: 'acc-1', account: '138****2233', name, kind: 'resident', phone: '138****2233', address: null, profile_complete: false, must_change_password: false, csrf_token: 'csrf', grids: [], organisations: [], roles: [], ...changes }
}

export function withLogin(server: Mocked, login: Login): void {
  server.at('GET', '/auth/me', () => (login.signedIn ? { body: login.me } : problem(401, 'auth.required', '请先登录')))
  server.at('POST', '/auth/sms-code', { body: { expires_in_s: 600, retry_after_s: 60 } })
  server.at('POST', '/auth/sms-login', (asked) => {
    if (asked.body['code'] !== '246810') return problem(422, 'auth.wrong_code', '验证码不正确或已失效')
    login.signedIn = true
    return { body: { csrf_token: 'csrf', kind: 'resident' } }
  })
  server.state('inbox', { total: 0, by_type: [] })
}

/** Every moment of the browser's clock is the test's. */
export async function atTime(page: Page, iso: string): Promise<void> {
  await page.clock.install({ time: new Date(iso) })
}
