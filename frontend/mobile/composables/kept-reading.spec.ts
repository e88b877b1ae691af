import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiProblem, unreachableProblem } from '@/shared/api/problem'
import type { Ticket } from '@/shared/api/types'
import { ticketFixture } from '@/shared/ticket/ticket-fixture'
import { away, cameBack } from './away'
import { keptReading, longestMs, mostTickets, shapeOf, through, type KeptAnswer, type KeptParts } from './kept-reading'
import { memoryKept } from './memory-store-fixture'

const hour = 3600_000
const start = Date.parse('2026-11-22T06:00:00Z')
const list = '/api/v1/tickets?box=grid&grid_id=g&state=submitted%2Caccepted&limit=200'

function phone(changes: Partial<KeptParts> = {}) {
  const clock = { now: start, skew: 0 }
  const account: { id: string | null } = { id: 'worker' }
  const store = memoryKept()
  const parts: KeptParts = { store, owner: () => account.id, now: () => clock.now, serverNow: () => clock.now + clock.skew, ...changes }
  return { clock, account, store, reading: keptReading(parts) }
}
const page = (...items: Ticket[]): object => ({ items, next_cursor: null })
const ids = (found: { body: unknown } | null): string[] | undefined => (found?.body as { items: Ticket[] } | undefined)?.items.map(({ id }) => id)
const ticketAt = (id: string): string => `/api/v1/tickets/${id}`

beforeEach(cameBack)

describe('what a phone keeps', () => {
  it('are lists and details, never searches, further pages or anything else', () => {
    expect([list, ticketAt('a'), `${ticketAt('a')}/timeline`, `${ticketAt('a')}/due`, '/api/v1/grids/g', '/api/v1/grids/tree?root=g', '/api/v1/service-records?box=mine&limit=20', '/api/v1/service-records/r1', '/api/v1/auth/me'].map(shapeOf)).toEqual(['tickets', 'ticket', 'plain', 'plain', 'plain', 'plain', 'records', 'record', 'me'])
    for (const other of ['/api/v1/tickets?box=grid&q=灯', '/api/v1/tickets?box=grid&cursor=x', `${ticketAt('a')}/contact`, '/api/v1/service-records?box=mine&q=x&limit=20', '/api/v1/service-records?box=subtree&limit=20', '/api/v1/members', '/api/v1/meetings/m', '/api/v1/grids/search?q=x']) expect(shapeOf(other)).toBeUndefined()
  })

  it('is without pictures, exact places, tokens, telephone numbers and the names in the diary', async () => {
    const { reading, store } = phone()
    const photo = { id: 'p', kind: 'image', url: '/x', size: 1 } as unknown as Ticket['attachments'][number]
    const secret = ticketFixture({ id: 'a', attachments: [photo], location: { lng: 106.987, lat: 23.456 } as unknown as Ticket['location'], completion: { note: '修好了', attachments: [photo] } as Ticket['completion'] })
    await reading.keep(list, page(secret))
    await reading.keep('/api/v1/auth/me', { id: 'worker', kind: 'staff', csrf_token: 'T0KEN', phone: '199****0001', address: '三组 12 号', grids: [] })
    await reading.keep('/api/v1/service-records?box=mine&limit=20', { items: [{ id: 'r1', text: '送药', whom: '覃秀莲', attachments: [photo] }], next_cursor: 'more' })
    const kept = JSON.stringify(await store.all())
    expect(kept).toContain('修好了')
    expect(kept).toContain('送药')
    for (const gone of ['106.987', 'T0KEN', '199****', '12 号', '覃秀莲', '"url"', 'more']) expect(kept).not.toContain(gone)
    expect((await reading.find('/api/v1/service-records/r1'))?.body).toMatchObject({ text: '送药' })
    expect(await reading.find('/api/v1/service-records/r2')).toBeNull()
  })

  it('shows a list with its tickets as they were read last, and says when some are missing', async () => {
    const { reading, clock } = phone()
    await reading.keep(list, page(ticketFixture({ id: 'a' }), ticketFixture({ id: 'b' })))
    clock.now += hour
    await reading.keep(ticketAt('b'), ticketFixture({ id: 'b', state: 'accepted' }))
    const found = await reading.find(list)
    expect((found?.body as { items: Ticket[] }).items.map(({ id, state }) => [id, state])).toEqual([['a', 'submitted'], ['b', 'accepted']])
    expect([found?.asOf, found?.partial]).toEqual([start, false])
    await reading.forget(ticketAt('a'))
    expect([ids(await reading.find(list)), (await reading.find(list))?.partial]).toEqual([['b'], true])
  })

  it('belongs to one account', async () => {
    const { reading, account, store } = phone()
    await reading.keep(list, page(ticketFixture({ id: 'a' })))
    account.id = 'other'
    expect(await reading.find(list)).toBeNull()
    expect(await reading.find(ticketAt('a'))).toBeNull()
    account.id = null
    expect(await reading.find(list)).toBeNull()
    expect(await reading.keep(ticketAt('b'), ticketFixture({ id: 'b' }))).toBe(false)
    account.id = 'other'
    expect(await reading.keep('/api/v1/auth/me', { id: 'worker' })).toBe(false)
    await reading.prune()
    expect(await store.all()).toEqual([])
  })

  it('takes back what it kept when somebody signs out meanwhile', async () => {
    let whose: string | null = 'worker'
    const store = memoryKept()
    const put = store.putAll
    store.putAll = async (values) => {
      const done = await put(values)
      whose = null
      return done
    }
    const { reading } = phone({ store, owner: () => whose })
    await reading.keep(list, page(ticketFixture({ id: 'a' })))
    expect(await store.all()).toEqual([])
  })

  it('is gone after three days, also by a clock that went back', async () => {
    const { reading, clock, store } = phone()
    await reading.keep(list, page(ticketFixture({ id: 'a' })))
    for (const wrong of [-24 * hour, 24 * hour, longestMs]) {
      clock.now = start + wrong
      expect(ids(await reading.find(list))).toEqual(['a'])
    }
    for (const far of [longestMs + 1, -longestMs - 1]) {
      clock.now = start + far
      expect(await reading.find(list)).toBeNull()
    }
    await reading.prune()
    expect(await store.all()).toEqual([])
  })

  it('tells the server’s time, however wrong the phone’s own is', async () => {
    const { reading, clock } = phone()
    clock.skew = -24 * hour
    await reading.keep(list, page())
    expect((await reading.find(list))?.asOf).toBe(start - 24 * hour)
  })

  it('is bounded: the own open tickets stay, then the newest', async () => {
    const { reading, clock, store } = phone()
    await reading.keep(ticketAt('own'), ticketFixture({ id: 'own', state: 'accepted', handler: { id: 'worker', name: '韦师傅' } }))
    for (let number = 0; number < mostTickets + 10; number += 1) {
      clock.now += 1000
      await reading.keep(ticketAt(`t${number}`), ticketFixture({ id: `t${number}` }))
    }
    await reading.prune()
    expect(await store.all()).toHaveLength(mostTickets)
    expect(await reading.find(ticketAt('own'))).not.toBeNull()
    expect(await reading.find(ticketAt('t10'))).toBeNull()
    expect(await reading.find(ticketAt(`t${mostTickets + 9}`))).not.toBeNull()
  })

  it('ignores what an older build or somebody else wrote', async () => {
    const { reading, store } = phone()
    await store.put(list, 'nonsense')
    await store.put(ticketAt('a'), { key: ticketAt('a') } satisfies Partial<KeptAnswer>)
    expect(await reading.find(list)).toBeNull()
    expect(await reading.find(ticketAt('a'))).toBeNull()
    await reading.prune()
  })
})

describe('reading through it', () => {
  it('keeps what the server answers, and answers itself without one, saying so', async () => {
    const { reading } = phone()
    const answer = page(ticketFixture({ id: 'a' }))
    expect(await through(reading, list, Promise.resolve(answer))).toBe(answer)
    expect(away.value).toBeNull()
    expect(ids({ body: await through(reading, list, Promise.reject(unreachableProblem())) })).toEqual(['a'])
    expect(away.value).toEqual({ asOf: start, partial: false })
    await through(reading, list, Promise.resolve(answer))
    expect(away.value).toBeNull()
  })

  it('a full phone breaks nothing', async () => {
    const { reading } = phone({ store: { ...memoryKept(), putAll: () => Promise.resolve(false) } })
    const answer = page(ticketFixture({ id: 'a' }))
    expect(await through(reading, list, Promise.resolve(answer))).toBe(answer)
    await expect(through(reading, list, Promise.reject(unreachableProblem()))).rejects.toMatchObject({ isUnreachable: true })
    expect(away.value).toBeNull()
  })

  it('a server that refuses is believed: nothing kept is shown, and what is not the reader’s any more goes', async () => {
    const { reading } = phone()
    await reading.keep(ticketAt('a'), ticketFixture({ id: 'a' }))
    for (const status of [401, 429, 500]) await expect(through(reading, ticketAt('a'), Promise.reject(new ApiProblem(status, 'x', 'x')))).rejects.toMatchObject({ status })
    expect(await reading.find(ticketAt('a'))).not.toBeNull()
    await expect(through(reading, ticketAt('a'), Promise.reject(new ApiProblem(404, 'x', 'x')))).rejects.toMatchObject({ status: 404 })
    expect(await reading.find(ticketAt('a'))).toBeNull()
  })

  it('a gate without a server behind it is no network', async () => {
    const { reading } = phone()
    await reading.keep(ticketAt('a'), ticketFixture({ id: 'a' }))
    for (const status of [502, 503, 504]) expect(await through(reading, ticketAt('a'), Promise.reject(new ApiProblem(status, 'x', 'x')))).toMatchObject({ id: 'a' })
  })

  it('a network that answers never is not waited for, and its late answer ends it', async () => {
    vi.useFakeTimers()
    try {
      const { reading } = phone()
      await reading.keep(ticketAt('a'), ticketFixture({ id: 'a', content: '旧' }))
      let arrive: (body: unknown) => void = () => {}
      const shown = through(reading, ticketAt('a'), new Promise((resolve) => (arrive = resolve)))
      await vi.advanceTimersByTimeAsync(6000)
      expect(await shown).toMatchObject({ content: '旧' })
      expect(away.value).not.toBeNull()
      arrive(ticketFixture({ id: 'a', content: '新' }))
      await vi.advanceTimersByTimeAsync(0)
      expect(away.value).toBeNull()
      expect((await reading.find(ticketAt('a')))?.body).toMatchObject({ content: '新' })
    } finally {
      vi.useRealTimers()
    }
  })
})
