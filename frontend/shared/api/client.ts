import { ApiProblem, parseProblem, unreachableProblem } from './problem'

/**
 * The only place that talks HTTP. People's sessions are cookies, so every change carries the CSRF token; a big screen has
 * a token of its own. Every POST, and whatever else would make something new, carries an idempotency key that stays the
 * same over retries, so a repeated send changes nothing twice.
 */

export const apiBase = '/api/v1'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
type QueryValue = string | number | boolean | null | undefined

export interface RequestOptions {
  query?: Record<string, QueryValue>
  body?: object
  idempotencyKey?: string
  signal?: AbortSignal
}

let csrfToken: string | null = null
let bearer: string | null = null
const staleToken = 'auth.csrf'
let onSignedOut: () => void = () => {}
let throughKept: (address: string, answer: Promise<unknown>) => Promise<unknown> = (_address, answer) => answer

export function setCsrfToken(token: string | null): void {
  csrfToken = token
}

/** The page speaks with this token from now on, whoever is signed in beside it; null: with the cookie. */
export function setBearer(token: string | null): void {
  bearer = token
}

export function currentCsrfToken(): string | null {
  return csrfToken
}

/** Called once by the session, so that a lost session is noticed wherever it shows first. */
export function onSessionLost(listener: () => void): void {
  onSignedOut = listener
}

/** Called once by an entry whose device keeps what it read: every reading passes through `listener`, which may answer without a network. */
export function onReading(listener: typeof throughKept): void {
  throughKept = listener
}

export function get<T>(path: string, query?: Record<string, QueryValue>, signal?: AbortSignal): Promise<T> {
  return request<T>('GET', path, { query, signal })
}

export function post<T>(path: string, body?: object, idempotencyKey?: string): Promise<T> {
  return request<T>('POST', path, { body: body ?? {}, idempotencyKey })
}

export async function request<T>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (bearer !== null) headers['Authorization'] = `Bearer ${bearer}`
  if (options.body) headers['Content-Type'] = 'application/json'
  if (method !== 'GET' && csrfToken !== null) headers['X-CSRF-Token'] = csrfToken
  const key = options.idempotencyKey ?? (method === 'POST' ? newKey() : undefined)
  if (key !== undefined) headers['Idempotency-Key'] = key

  const address = addressOf(path, options.query)
  const send = async (): Promise<T> => {
    const response = await sendWithRetries(address, {
      method,
      headers,
      body: options.body ? JSON.stringify(options.body) : undefined,
      credentials: 'same-origin',
      signal: options.signal,
    })
    return readAnswer<T>(response.status, await bodyOf(response), response.headers.get('Retry-After'))
  }
  try {
    return (await (method === 'GET' && !options.signal ? throughKept(address, send()) : send())) as T
  } catch (problem) {
    if (method === 'GET' || !(problem instanceof ApiProblem) || problem.code !== staleToken) throw problem
    // Somebody signed in again in another tab: the cookie is newer than this page's token.
    csrfToken = (await get<{ csrf_token: string }>('/auth/me')).csrf_token
    headers['X-CSRF-Token'] = csrfToken
    return send()
  }
}

/** Shared with uploads, which need XMLHttpRequest for their progress. */
export function readAnswer<T>(status: number, body: unknown, retryAfter: string | null): T {
  if (status >= 200 && status < 300) return body as T
  const problem = parseProblem(status, body, retryAfter)
  // A wrong password is also answered with 401, but ends nobody's session.
  if (problem.isSignedOut && problem.code !== 'auth.wrong_password') onSignedOut()
  throw problem
}

/** randomUUID exists only in secure contexts; a village office may still open the page by plain http. */
export function newKey(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID()
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** Nothing was done: the request did not reach the server in time (408), or the server cannot take it now (503). */
export const temporaryStatuses: readonly number[] = [408, 503]
const retryDelays = [400, 1500] as const
/** Waiting longer than this inside one call would feel like a hang; the caller shows the problem instead. */
const longestPatienceSeconds = 2

async function sendWithRetries(address: string, init: RequestInit): Promise<Response> {
  const repeatable = init.method === 'GET' || 'Idempotency-Key' in (init.headers ?? {})
  for (let attempt = 0; ; attempt += 1) {
    const delay = repeatable ? retryDelays[attempt] : undefined
    try {
      const response = await fetch(address, init)
      const retryAfter = Number(response.headers.get('Retry-After') ?? 0)
      const isTemporary = temporaryStatuses.includes(response.status)
      if (!isTemporary || delay === undefined || retryAfter > longestPatienceSeconds) return response
    } catch (error) {
      if (init.signal?.aborted) throw error
      // A phone that knows that it has no network need not be asked again.
      if (delay === undefined || globalThis.navigator?.onLine === false) throw unreachableProblem()
    }
    await new Promise((resolve) => setTimeout(resolve, delay))
  }
}

/** What is no JSON, such as a picture; with the same session or token as everything else. */
export async function getFile(path: string, query: Record<string, QueryValue>, signal: AbortSignal): Promise<Blob> {
  const headers: Record<string, string> = bearer === null ? {} : { Authorization: `Bearer ${bearer}` }
  const response = await sendWithRetries(addressOf(path, query), { method: 'GET', headers, credentials: 'same-origin', signal })
  return response.ok ? response.blob() : readAnswer<Blob>(response.status, await bodyOf(response), response.headers.get('Retry-After'))
}

async function bodyOf(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined
  const text = await response.text()
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    if (response.ok) throw new ApiProblem(response.status, 'answer.unreadable', '服务器的回答无法识别，请稍后再试。')
    return undefined
  }
}

/** Also for links to what the browser itself fetches, such as a workbook. */
export function addressOf(path: string, query: Record<string, QueryValue> = {}): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') parameters.set(name, String(value))
  }
  const text = parameters.toString()
  return text === '' ? apiBase + path : `${apiBase}${path}?${text}`
}
