import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { get, newKey, onReading, onSessionLost, post, request, setCsrfToken } from './client'
import { ApiProblem } from './problem'

const calls: { address: string; init: RequestInit }[] = []
let answers: (Response | Error)[]

beforeEach(() => {
  vi.useFakeTimers()
  calls.length = 0
  answers = []
  setCsrfToken(null)
  vi.stubGlobal('fetch', (address: string, init: RequestInit) => {
    calls.push({ address, init })
    const answer = answers.shift()
    return answer instanceof Response ? Promise.resolve(answer) : Promise.reject(answer ?? new TypeError('no network'))
  })
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response => new Response(JSON.stringify(body), { status, headers })
const header = (index: number, name: string): string | undefined => (calls[index]?.init.headers as Record<string, string>)[name]
async function settled<T>(promise: Promise<T>): Promise<T> {
  const guarded = promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  await vi.runAllTimersAsync()
  const result = await guarded
  if ('error' in result) throw result.error
  return result.value
}

describe('requests', () => {
  it('builds addresses without empty parameters', async () => {
    answers = [json({})]
    await settled(get('/tickets', { box: 'mine', state: '', q: undefined, limit: 20, kind: null }))
    expect(calls[0]?.address).toBe('/api/v1/tickets?box=mine&limit=20')
    expect(header(0, 'Idempotency-Key')).toBeUndefined()
  })

  it('sends the CSRF token with every change and an idempotency key with every POST', async () => {
    setCsrfToken('secret')
    answers = [json({}), json({})]
    await settled(post('/tickets', { kind: 'dispute' }, 'key-1'))
    await settled(request('PATCH', '/me/profile', { body: { name: '罗' } }))
    expect(header(0, 'X-CSRF-Token')).toBe('secret')
    expect(header(0, 'Idempotency-Key')).toBe('key-1')
    expect(header(1, 'X-CSRF-Token')).toBe('secret')
  })

  it('repeats a lost POST with the same key', async () => {
    answers = [new TypeError('reset'), json({}, 408), json({ id: 't' })]
    expect(await settled(post('/tickets', {}))).toEqual({ id: 't' })
    expect(calls).toHaveLength(3)
    expect(new Set([0, 1, 2].map((index) => header(index, 'Idempotency-Key'))).size).toBe(1)
  })

  it('comes back when the server cannot take it now', async () => {
    answers = [json({}, 503), json({ id: 't' })]
    expect(await settled(post('/tickets', {}))).toEqual({ id: 't' })
  })

  it('says that the network is away when it stays away', async () => {
    await expect(settled(post('/tickets', {}))).rejects.toMatchObject({ code: 'network.unreachable', isUnreachable: true })
    expect(calls).toHaveLength(3)
  })

  it('does not repeat what the server refused', async () => {
    answers = [json({ code: 'ticket.already_accepted', detail: '已被接单。', status: 409 }, 409)]
    await expect(settled(post('/tickets/t/accept'))).rejects.toMatchObject({ status: 409, code: 'ticket.already_accepted', message: '已被接单。' })
    expect(calls).toHaveLength(1)
  })

  it('turns a problem with fields into words and tells the session when it is lost', async () => {
    const lost = vi.fn()
    onSessionLost(lost)
    answers = [json({ code: 'auth.required', detail: '请先登录。' }, 401), json({ code: 'invalid', detail: '请检查。', fields: [{ field: 'content', code: 'too_long', message: '内容太长' }, 'junk'] }, 422, { 'Retry-After': '7' })]
    await expect(settled(get('/auth/me'))).rejects.toBeInstanceOf(ApiProblem)
    expect(lost).toHaveBeenCalledTimes(1)
    const problem = await settled(get('/x')).catch((error: unknown) => error)
    expect(problem).toMatchObject({ fields: [{ field: 'content', code: 'too_long', message: '内容太长' }], retryAfterSeconds: 7 })
  })

  it('fetches a new CSRF token when another tab signed in again, and repeats once', async () => {
    setCsrfToken('old')
    answers = [json({ code: 'auth.csrf', detail: '页面已过期' }, 403), json({ csrf_token: 'new' }), json({ ok: true })]
    expect(await settled(post('/tickets/t/accept', {}, 'key-2'))).toEqual({ ok: true })
    expect(header(2, 'X-CSRF-Token')).toBe('new')
    expect(header(2, 'Idempotency-Key')).toBe('key-2')
  })

  it('survives an empty answer and an error page that is not JSON', async () => {
    answers = [new Response(null, { status: 204 }), new Response('<html>', { status: 502 })]
    expect(await settled(post('/auth/logout'))).toBeUndefined()
    await expect(settled(get('/x'))).rejects.toMatchObject({ status: 502, code: 'http.502' })
  })
})

describe('newKey', () => {
  it('is a UUID also without a secure context', () => {
    const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
    expect(newKey()).toMatch(pattern)
    const original = globalThis.crypto
    vi.stubGlobal('crypto', { getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => original.getRandomValues(bytes) })
    expect(newKey()).toMatch(pattern)
    expect(newKey()).not.toBe(newKey())
  })
})

describe('readings that a device keeps', () => {
  afterEach(() => onReading((_address, answer) => answer))

  it('pass through it with their whole address, changes and readings that may be broken off do not', async () => {
    const seen: string[] = []
    onReading((address, answer) => {
      seen.push(address)
      return answer.catch(() => 'kept')
    })
    answers = [json({ live: true }), json({}), json({})]
    expect(await settled(get('/tickets', { box: 'grid', q: undefined }))).toEqual({ live: true })
    await settled(post('/tickets/1/accept'))
    await settled(get('/auth/me', {}, new AbortController().signal))
    expect(await settled(get('/tickets/1'))).toBe('kept')
    expect(seen).toEqual(['/api/v1/tickets?box=grid', '/api/v1/tickets/1'])
  })

  it('a phone that knows that it has no network is not asked again', async () => {
    vi.stubGlobal('navigator', { onLine: false })
    await expect(settled(get('/tickets/1'))).rejects.toMatchObject({ isUnreachable: true })
    expect(calls).toHaveLength(1)
  })
})
