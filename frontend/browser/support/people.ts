import { expect } from '@playwright/test'
import type { Counters, GridDetail, Me, Ticket } from '@/shared/api/types'
import type { DemoServer } from './demo-server'
import type { Photo } from './photo'

/** Somebody who uses the API directly: for what a test needs besides the pages it looks at. */
export class Person {
  private readonly server: DemoServer
  private readonly token: string | null

  private constructor(server: DemoServer, token: string | null) {
    this.server = server
    this.token = token
  }

  static async staff(server: DemoServer, role: string, index = 0): Promise<Person> {
    const { account, password } = server.account(role, index)
    const { token } = await new Person(server, null).post<{ token: string }>('/auth/login', { account, password })
    return new Person(server, token)
  }

  /** A resident with a name and an address. */
  static async resident(server: DemoServer, phone: string, name = '李小明'): Promise<Person> {
    const nobody = new Person(server, null)
    const { token } = await nobody.post<{ token: string }>('/auth/sms-login', { phone, code: await nextCode(server, phone, () => nobody.post('/auth/sms-code', { phone })) })
    const person = new Person(server, token)
    await person.send('PATCH', '/me/profile', { name, address: '三组 12 号' })
    return person
  }

  get<T>(path: string): Promise<T> {
    return this.send('GET', path)
  }

  post<T>(path: string, body: object = {}): Promise<T> {
    return this.send('POST', path, body)
  }

  patch(path: string, body: object): Promise<void> {
    return this.send('PATCH', path, body)
  }

  remove(path: string): Promise<void> {
    return this.send('DELETE', path)
  }

  put<T>(path: string, body: object): Promise<T> {
    return this.send('PUT', path, body)
  }

  me(): Promise<Me> {
    return this.get('/auth/me')
  }

  counters(gridId: string): Promise<Counters> {
    return this.get(`/grids/${gridId}/board`)
  }

  /** The grid of the person's highest duty. */
  async topGrid(): Promise<GridDetail> {
    const [top] = (await this.me()).grids.sort((a, b) => a.level - b.level)
    if (!top) throw new Error('this person serves no grid')
    return this.get(`/grids/${top.id}`)
  }

  submit(gridCode: string, content: string, more: object = {}): Promise<Ticket> {
    return this.post('/tickets', { grid_code: gridCode, kind: 'suggestion', content, ...more })
  }

  act(ticket: Ticket, action: string, body: object = {}): Promise<Ticket> {
    return this.post(`/tickets/${ticket.id}/${action}`, body)
  }

  /** Uploads a picture; answers the attachment's id. */
  async upload(photo: Photo): Promise<string> {
    const form = new FormData()
    form.append('file', new Blob([new Uint8Array(photo.buffer)], { type: photo.mimeType }), photo.name)
    return (await this.send<{ id: string }>('POST', '/attachments', form)).id
  }

  /** Sets a member's picture. */
  async setPhoto(memberId: string, photo: Photo): Promise<void> {
    const form = new FormData()
    form.append('file', new Blob([new Uint8Array(photo.buffer)], { type: photo.mimeType }), photo.name)
    await this.send('PUT', `/members/${memberId}/photo`, form)
  }

  /** What a browser needs to be this person. */
  cookie(): { name: string; value: string; url: string; httpOnly: boolean; sameSite: 'Lax' } {
    return { name: 'lianxin_session', value: this.token ?? '', url: this.server.base, httpOnly: true, sameSite: 'Lax' }
  }

  private async send<T>(method: string, path: string, body?: object): Promise<T> {
    const headers: Record<string, string> = body instanceof FormData ? {} : { 'Content-Type': 'application/json' }
    if (this.token) headers['Authorization'] = `Bearer ${this.token}`
    const sent = body instanceof FormData || body === undefined ? body : JSON.stringify(body)
    const response = await fetch(`${this.server.base}/api/v1${path}`, { method, headers, body: sent })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return (text === '' ? undefined : JSON.parse(text)) as T
  }
}

/** The code that arrives after `ask`. */
export async function nextCode(server: DemoServer, phone: string, ask: () => Promise<unknown>): Promise<string> {
  const before = server.smsCodes(phone).length
  await ask()
  await expect.poll(() => server.smsCodes(phone).length, { message: `a phone code for ${phone}` }).toBeGreaterThan(before)
  return server.smsCodes(phone)[before] ?? ''
}
