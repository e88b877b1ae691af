import type { Page, WebSocketRoute } from '@playwright/test'
import { portrait } from './portrait'

/** A server's part in a meeting, played for one page: the session, the rotating code and the live channel. */

const rotationMs = 5_000
const surnames = Array.from('韦梁何黄李陈罗张唐蒙覃莫卢吴周欧')
const given = ['秀兰', '志强', '晓燕', '建华', '玉珍', '文', '德明', '春梅', '国庆', '丽', '永福', '海涛', '桂英', '振宇', '雪', '天佑']

/** The same name for the same number, now and then a rare one. */
export function nameOf(number: number): string {
  if (number % 41 === 0) return '欧阳文静'
  if (number % 67 === 0) return '阿依古丽·买买提'
  return `${surnames[(number * 7) % surnames.length] ?? ''}${given[(number * 5 + Math.floor(number / 16)) % given.length] ?? ''}`
}

export interface Plan {
  topic?: string
  expected: number
  /** against now */
  startsInMs: number
  opensInMs: number
  required?: boolean
  /** so many of a hundred have a picture */
  pictured?: number
  agenda?: readonly { title: string; minutes: number | null; presenter?: string }[]
}

export const usualAgenda = [
  { title: '签到与确认到会人数', minutes: 10, presenter: '韦秀兰' },
  { title: '学习《关于加强基层治理的意见》', minutes: 25, presenter: '梁志强' },
  { title: '讨论村集体经济年度计划', minutes: 30, presenter: '何晓燕' },
  { title: '表决接收预备党员', minutes: 15, presenter: '韦秀兰' },
  { title: '支部书记小结', minutes: 5, presenter: '韦秀兰' },
] as const

type Figures = Record<string, unknown> & { state: string; agenda: { index: number; since: string; ends_at: string | null } | null }

export class MeetingHall {
  readonly id = '01930000-0000-7000-8000-000000000001'
  /** the server's clock against this machine's */
  skewMs = 0
  codeRequests: number[] = []
  codeFails = false
  arrived = 0
  late = 0
  leave = 0
  state = 'launched'
  agendaPosition: Figures['agenda'] = null
  startedAt: string | null = null
  endedAt: string | null = null
  cancelReason: string | null = null
  hands = 0
  /** asked for, by the numbers of those on them */
  readonly photoRequests: number[] = []
  photosFail = false
  private readonly plan: Plan
  private readonly born = Date.now()
  private seq = 100
  private sockets = new Set<WebSocketRoute>()
  private reachable = true
  private signedIn: Record<string, unknown>[] = []

  constructor(plan: Plan) {
    this.plan = plan
  }

  async serve(page: Page): Promise<void> {
    await page.route('**/api/v1/auth/me', (route) => (this.reachable ? route.fulfill({ json: { account: { id: 'a', name: '韦秀兰' }, csrf_token: 't', must_change_password: false, grants: [] } }) : route.abort('connectionrefused')))
    await page.route('**/sign-in/code', (route) => {
      if (!this.reachable || this.codeFails) return route.abort('connectionrefused')
      this.codeRequests.push(this.now())
      const slot = Math.floor(this.now() / rotationMs)
      const code = slot.toString(32).toUpperCase().padStart(12, '0').slice(-12)
      return route.fulfill({
        json: { code, url: `https://lianxin.qinglan.gov.cn/s/AGJQAAAAAB2AB4AAAAAAAAAAAAE.${code}`, slot_ends_at: this.iso((slot + 1) * rotationMs), rotates_every_ms: rotationMs, now: this.iso(this.now()) },
      })
    })
    await page.route('**/photos/*', (route) => {
      const number = Number(/photos\/m(\d+)/.exec(route.request().url())?.[1] ?? 0)
      this.photoRequests.push(number)
      return this.photosFail ? route.fulfill({ status: 404, json: { code: 'photo.not_found', detail: '没有照片' } }) : route.fulfill({ contentType: 'image/png', body: portrait(number) })
    })
    await page.routeWebSocket(/\/api\/v1\/live$/, (socket) => {
      if (!this.reachable) {
        void socket.close({ code: 1012 })
        return
      }
      this.sockets.add(socket)
      socket.onClose(() => this.sockets.delete(socket))
      socket.onMessage((text) => {
        const message = JSON.parse(String(text)) as { op: string; topics?: string[]; since?: number }
        if (message.op === 'ping') socket.send(JSON.stringify({ op: 'pong' }))
        // A resume is answered with a reset here: the page must take a whole state at any moment.
        if (message.op === 'subscribe') socket.send(JSON.stringify({ op: message.since === undefined ? 'subscribed' : 'reset', reason: 'expired', topic: this.topic, seq: this.seq, state: this.snapshot() }))
      })
      socket.send(JSON.stringify({ op: 'welcome', epoch: 'e1', head: this.seq, now: this.iso(this.now()), heartbeat_s: 25 }))
    })
  }

  now(): number {
    return Date.now() + this.skewMs
  }

  /** People come; `told`: whoever is connected hears of it. */
  come(count: number, status: 'on_time' | 'late' = 'on_time', told = true): void {
    const events: object[] = []
    for (let index = 0; index < count; index += 1) {
      this.arrived += 1
      if (status === 'late') this.late += 1
      const photo = this.arrived % 100 < (this.plan.pictured ?? 0) ? `t${this.arrived}` : null
      const data = { member_id: `m${this.arrived}`, name: nameOf(this.arrived), number: this.arrived, status, photo }
      this.signedIn.push(data)
      events.push(this.event('meeting.signed_in', { ...data, again: false, version: this.seq }))
    }
    if (!told) return
    if (events.length === 1) this.send(events[0] ?? {})
    else this.send({ op: 'events', topic: this.topic, events })
    this.tellFigures()
  }

  /** What was told before, once more. */
  repeat(number: number): void {
    this.send(this.event('meeting.signed_in', { member_id: `m${number}`, name: nameOf(number), number, status: 'on_time', again: true, version: 1 }))
  }

  signOut(number: number): void {
    this.send(this.event('meeting.signed_out', { member_id: `m${number}`, name: nameOf(number) }))
  }

  start(): void {
    this.state = 'running'
    this.startedAt = this.iso(this.now())
    this.send(this.event('meeting.started', {}))
    this.tellFigures()
  }

  moveAgenda(index: number, endsInMs: number): void {
    this.agendaPosition = { index, since: this.iso(this.now()), ends_at: this.iso(this.now() + endsInMs) }
    this.send(this.event('meeting.agenda_moved', { index, title: this.agenda[index]?.title ?? '' }))
    this.tellFigures()
  }

  end(): void {
    this.state = 'ended'
    this.endedAt = this.iso(this.now())
    this.agendaPosition = null
    this.send(this.event('meeting.ended', { tally: {} }))
    this.tellFigures()
  }

  cancel(reason: string): void {
    this.state = 'cancelled'
    this.cancelReason = reason
    this.send(this.event('meeting.cancelled', { reason }))
    this.tellFigures()
  }

  tellFigures(): void {
    this.send({ op: 'state', topic: this.topic, seq: this.seq, data: this.figures() })
  }

  async goAway(): Promise<void> {
    this.reachable = false
    for (const socket of this.sockets) await socket.close({ code: 1012 })
    this.sockets.clear()
  }

  comeBack(): void {
    this.reachable = true
  }

  private get topic(): string {
    return `meeting:${this.id}`
  }

  private get agenda(): NonNullable<Plan['agenda']> {
    return this.plan.agenda ?? usualAgenda
  }

  private event(kind: string, data: object): object {
    this.seq += 1
    return { op: 'event', seq: this.seq, topic: this.topic, kind, at: this.iso(this.now()), data }
  }

  private send(frame: object): void {
    for (const socket of this.sockets) socket.send(JSON.stringify(frame))
  }

  private snapshot(): object {
    const at = (ms: number): string => this.iso(this.born + this.skewMs + ms)
    return {
      meeting: {
        id: this.id,
        organisation_id: 'o1',
        organisation_name: '云溪镇柳河村党支部',
        topic: this.plan.topic ?? '2026 年第四季度党员大会',
        type: 'branch_meeting',
        host: '韦秀兰',
        place: '村部二楼会议室',
        mode: 'on_site',
        starts_at: at(this.plan.startsInMs),
        ends_at: at(this.plan.startsInMs + 5_400_000),
        started_at: this.startedAt,
        ended_at: this.endedAt,
        cancel_reason: this.cancelReason,
        sign_in_opens_at: at(this.plan.opensInMs),
        sign_in_required: this.plan.required ?? true,
        late_at: at(this.plan.startsInMs + 600_000),
        fence_radius_m: 300,
        items: this.agenda,
      },
      figures: this.figures(),
      arrivals: this.signedIn,
    }
  }

  private figures(): Figures {
    const { expected } = this.plan
    const present = Math.min(this.arrived, expected)
    return {
      expected,
      present,
      on_time: present - this.late,
      late: this.late,
      left_early: 0,
      online: 0,
      substituted: 0,
      leave: this.leave,
      leave_pending: 0,
      missing: Math.max(0, expected - present - this.leave),
      guests: this.arrived - present,
      hands: this.hands,
      voters: expected,
      voters_present: present,
      state: this.state,
      agenda: this.agendaPosition,
    }
  }

  private iso(ms: number): string {
    return new Date(ms).toISOString()
  }
}
