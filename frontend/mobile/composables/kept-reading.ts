import { serverNow, setServerTime } from '@/shared/format/clock'
import { temporaryStatuses } from '@/shared/api/client'
import { ApiProblem } from '@/shared/api/problem'
import type { Me, Ticket } from '@/shared/api/types'
import type { ServiceRecord } from '@/shared/api/services'
import { keptDatabase, keptOwner } from '@/shared/session/kept-owner'
import { cameBack, goneAway } from './away'
import { keptStore, type KeptStore } from './kept-database'

/**
 * What a worker's phone read from the server, kept to be read without a network: few things, little of each, for one account
 * and at most three days (docs/adr/0029-reading-without-a-network.md).
 */

export const longestMs = 72 * 3600_000
export const mostTickets = 200
const mostOthers = 150
/** Of one answer, as JSON. */
const mostCharacters = 1_500_000
/** A dying network answers never; what is kept is better than a page that stays empty. */
const patienceMs = 6000

export interface KeptAnswer {
  key: string
  owner: string
  /** by this device's clock, which may be wrong: only differences count */
  keptAt: number
  /** by the server's clock */
  asOf: number
  /** what was answered; of a list of tickets only the ids */
  body: unknown
}

interface Found {
  body: unknown
  asOf: number
  keptAt: number
  partial: boolean
}

export interface KeptReading {
  keep: (address: string, body: unknown) => Promise<boolean>
  find: (address: string) => Promise<Found | null>
  forget: (address: string) => Promise<void>
  /** Throws away what is too old or too much. */
  prune: () => Promise<void>
}

export interface KeptParts {
  store: KeptStore
  owner: () => string | null
  /** this device's clock */
  now: () => number
  serverNow: () => number
}

type Shape = 'me' | 'tickets' | 'ticket' | 'records' | 'record' | 'plain'
const base = '/api/v1'
const rules: readonly (readonly [RegExp, Shape])[] = [
  [/^\/auth\/me$/, 'me'],
  // Whoever looks for something needs the server; and further pages are not kept.
  [/^\/tickets\?(?!.*\b(q|person|kind|from|until|cursor|overdue)=)/, 'tickets'],
  [/^\/tickets\/[\w-]+$/, 'ticket'],
  [/^\/tickets\/[\w-]+\/(timeline|due)$/, 'plain'],
  [/^\/service-records\?box=mine&limit=\d+$/, 'records'],
  [/^\/service-records\/[\w-]+$/, 'record'],
  [/^\/grids\/tree(\?|$)/, 'plain'],
  [/^\/grids\/[\w-]+$/, 'plain'],
]

/** undefined: it is never kept. */
export function shapeOf(address: string): Shape | undefined {
  const path = address.startsWith(base) ? address.slice(base.length) : ''
  return rules.find(([pattern]) => pattern.test(path))?.[1]
}

const ticketKey = (id: string): string => `${base}/tickets/${id}`

export function keptReading({ store, owner, now, serverNow: server }: KeptParts): KeptReading {
  return { keep, find, forget: (address) => store.remove(address), prune }

  async function keep(address: string, body: unknown): Promise<boolean> {
    const whose = owner()
    const shape = shapeOf(address)
    // A single record stands in the list; nothing of others is kept.
    if (whose === null || shape === undefined || shape === 'record') return false
    if (shape === 'me' && (body as Me).id !== whose) return false
    const as = (key: string, value: unknown): [string, KeptAnswer] => [key, { key, owner: whose, keptAt: now(), asOf: server(), body: value }]
    const values = shape === 'tickets' ? [as(address, (body as { items: Ticket[] }).items.map(({ id }) => id)), ...(body as { items: Ticket[] }).items.map((ticket) => as(ticketKey(ticket.id), leanTicket(ticket)))] : [as(address, lean(shape, body))]
    if (shape === 'plain' && JSON.stringify(body).length > mostCharacters) return false
    const done = await store.putAll(JSON.parse(JSON.stringify(values)) as [string, unknown][])
    // Signed out meanwhile, in this tab or another one.
    if (done && owner() !== whose) await Promise.all(values.map(([key]) => store.remove(key)))
    return done
  }

  async function find(address: string): Promise<Found | null> {
    const shape = shapeOf(address)
    if (shape === 'record') return findRecord(address.slice(address.lastIndexOf('/') + 1))
    const found = await read(address)
    if (!found) return null
    if (shape !== 'tickets') return { body: found.body, asOf: found.asOf, keptAt: found.keptAt, partial: false }
    const ids = found.body as string[]
    const tickets = (await Promise.all(ids.map((id) => read(ticketKey(id))))).flatMap((ticket) => (ticket ? [ticket.body] : []))
    return { body: { items: tickets, next_cursor: null }, asOf: found.asOf, keptAt: found.keptAt, partial: tickets.length < ids.length }
  }

  async function findRecord(id: string): Promise<Found | null> {
    const lists = (await all()).filter(({ key }) => shapeOf(key) === 'records')
    for (const { body, asOf, keptAt } of lists) {
      const record = (body as { items: ServiceRecord[] }).items.find((one) => one.id === id)
      if (record) return { body: record, asOf, keptAt, partial: false }
    }
    return null
  }

  async function read(key: string): Promise<KeptAnswer | null> {
    const value = answerOf(await store.get(key))
    return value && isGood(value) ? value : null
  }

  /** A clock that is set to another day, either way, takes nothing away; one that is far off does. */
  function isGood(value: KeptAnswer): boolean {
    return value.owner === owner() && Math.abs(now() - value.keptAt) <= longestMs
  }

  async function all(): Promise<KeptAnswer[]> {
    return (await store.all()).flatMap((value) => answerOf(value) ?? []).filter(isGood)
  }

  async function prune(): Promise<void> {
    const every = (await store.all()).flatMap((value) => answerOf(value) ?? [])
    const good = every.filter(isGood)
    const tickets = good.filter(({ key }) => shapeOf(key) === 'ticket').sort(worthMore)
    const others = good.filter(({ key }) => shapeOf(key) !== 'ticket').sort((a, b) => b.keptAt - a.keptAt)
    const stays = new Set([...tickets.slice(0, mostTickets), ...others.slice(0, mostOthers)].map(({ key }) => key))
    for (const { key } of every) if (!stays.has(key)) await store.remove(key)
  }

  /** What somebody works on first, then what was read last. */
  function worthMore(a: KeptAnswer, b: KeptAnswer): number {
    const own = (answer: KeptAnswer): number => Number((answer.body as Ticket).state === 'accepted' && (answer.body as Ticket).handler?.id === owner())
    return own(b) - own(a) || b.keptAt - a.keptAt
  }
}

/** What is not needed to do the work on the way stays with the server. */
function lean(shape: Shape, body: unknown): unknown {
  if (shape === 'me') return { ...(body as Me), csrf_token: '', phone: null, address: null }
  if (shape === 'ticket') return leanTicket(body as Ticket)
  if (shape !== 'records') return body
  return { items: (body as { items: ServiceRecord[] }).items.map((record) => ({ ...record, whom: null, attachments: [], changeable_until: null })), next_cursor: null }
}

/** Without pictures, voices and the exact place. */
function leanTicket(ticket: Ticket): Ticket {
  return { ...ticket, location: null, attachments: [], completion: ticket.completion && { ...ticket.completion, attachments: [] } }
}

/** Written by this code, but perhaps by an older build of it. */
function answerOf(value: unknown): KeptAnswer | null {
  const answer = value as Partial<KeptAnswer> | null
  return answer !== null && typeof answer === 'object' && typeof answer.key === 'string' && typeof answer.owner === 'string' && typeof answer.keptAt === 'number' && typeof answer.asOf === 'number' ? (answer as KeptAnswer) : null
}

export const kept = keptReading({ store: keptStore(keptDatabase, 'answers'), owner: keptOwner, now: () => Date.now(), serverNow })

const awayStatuses: readonly number[] = [...temporaryStatuses, 502, 504]
const isAway = (problem: unknown): boolean => problem instanceof ApiProblem && (problem.isUnreachable || awayStatuses.includes(problem.status))
const isGone = (problem: unknown): boolean => problem instanceof ApiProblem && (problem.status === 403 || problem.status === 404)

/** The answer of the server, or, without one, what is kept of it. */
export async function through(reading: KeptReading, address: string, answer: Promise<unknown>): Promise<unknown> {
  if (shapeOf(address) === undefined) return answer
  let timer: ReturnType<typeof setTimeout> | undefined
  const known = answer.then((body) => {
    cameBack()
    void reading.keep(address, body)
    return body
  })
  const tooLate = new Promise<unknown>((resolve, reject) => {
    timer = setTimeout(() => void reading.find(address).then((found) => (found ? resolve(show(found)) : known.then(resolve, reject))), patienceMs)
  })
  try {
    return await Promise.race([known, tooLate])
  } catch (problem) {
    if (isGone(problem)) void reading.forget(address)
    if (!isAway(problem)) throw problem
    const found = await reading.find(address)
    if (!found) throw problem
    return show(found)
  } finally {
    clearTimeout(timer)
  }
}

const sameMs = 50

function show({ body, asOf, keptAt, partial }: Found): unknown {
  // Deadlines are counted by the server's clock. Where it was not heard of yet, this phone's is as wrong as it was then.
  if (Math.abs(serverNow() - Date.now()) < sameMs) setServerTime(new Date(Date.now() + asOf - keptAt).toISOString())
  goneAway(asOf, partial)
  return body
}
