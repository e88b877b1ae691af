import type { Person } from './people'

/** A meeting that never comes to rest: people sign in and out again, guests come, the agenda moves. */

interface Listed {
  member_id: string
}

const minute = 60_000
/** More tiles than a branch has members, so that the wall has something to paint. */
const firstGuests = 60
const guestEveryTurns = 60
const agendaEveryTurns = 100
const agenda = [{ title: '支部工作报告', minutes: 20 }, { title: '讨论冬季防火分工', minutes: 30 }]

export class MeetingChurn {
  /** how many sign-ins and sign-outs the server took */
  turns = 0
  private readonly host: Person
  private readonly id: string
  private readonly people: string[]
  private readonly present = new Set<string>()
  private guests = 0
  private ended = false
  private running: Promise<void> = Promise.resolve()

  private constructor(host: Person, id: string, people: string[]) {
    this.host = host
    this.id = id
    this.people = people
  }

  /** A meeting of the host's branch that runs, with everybody of it and guests on the list, and nobody there yet. */
  static async begin(host: Person, hours: number): Promise<MeetingChurn> {
    const { membership } = await host.me()
    const at = (minutes: number): string => new Date(Date.now() + minutes * minute).toISOString()
    const { id } = await host.post<{ id: string }>('/meetings', {
      topic: '第四季度党员大会：民主议事',
      type: 'general_meeting',
      org_id: membership?.organisation.id,
      starts_at: at(5),
      ends_at: at(5 + 60 * hours),
      place: '村部会议室',
      attendees: { whole_branch: true },
      sign_in: { required: true, opens_minutes_before: 60, late_after_minutes: 5 },
      agenda,
    })
    await host.post(`/meetings/${id}/launch`)
    const churn = new MeetingChurn(host, id, [])
    for (let guest = 0; guest < firstGuests; guest += 1) await churn.invite()
    await host.post(`/meetings/${id}/start`)
    return churn
  }

  get meetingId(): string {
    return this.id
  }

  /** Whom the wall has seen at least once. */
  get seen(): number {
    return Math.min(this.turns, this.people.length)
  }

  run(pauseMs: number): void {
    this.running = this.goOn(pauseMs)
  }

  async end(): Promise<void> {
    this.ended = true
    await this.running
  }

  private async goOn(pauseMs: number): Promise<void> {
    while (!this.ended) {
      const began = Date.now()
      await this.turn()
      await new Promise((done) => setTimeout(done, Math.max(0, began + pauseMs - Date.now())))
    }
  }

  /** Whoever is there leaves, whoever is not comes; round and round the list. */
  private async turn(): Promise<void> {
    const person = this.people[this.turns % this.people.length] ?? ''
    const leaves = this.present.delete(person)
    if (!leaves) this.present.add(person)
    await this.host.post(`/meetings/${this.id}/${leaves ? 'sign-out' : 'sign-in/manual'}`, leaves ? { member_id: person } : { member_id: person, reason: '手机没电' })
    this.turns += 1
    if (this.turns % guestEveryTurns === 0) await this.invite()
    if (this.turns % agendaEveryTurns === 0) await this.host.post(`/meetings/${this.id}/agenda`, { index: (this.turns / agendaEveryTurns) % agenda.length })
  }

  private async invite(): Promise<void> {
    this.guests += 1
    await this.host.post(`/meetings/${this.id}/guests`, { name: `来宾${String(this.guests).padStart(3, '0')}` })
    const { items } = await this.host.get<{ items: Listed[] }>(`/meetings/${this.id}/roster`)
    const known = new Set(this.people)
    this.people.push(...items.map(({ member_id }) => member_id).filter((id) => !known.has(id)))
  }
}
