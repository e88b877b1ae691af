import { test as base, expect, type BrowserContext, type Page } from '@playwright/test'
import { aMeeting, anAttendee, aVote, meetingId, someFigures, voteId } from '@/shared/meeting/fixture'
import type { Attendee, Figures, Meeting } from '@/shared/meeting/types'
import type { Vote } from '@/shared/meeting/votes'
import { workerBlocked } from '../support/chromium'
import { aMember, Mocked, origin, withLogin, type Login } from '../support/mocked'

export { aMeeting, anAttendee, aVote, expect, meetingId, origin, someFigures, voteId }
export const topic = `meeting:${meetingId}`
export const path = `/meetings/${meetingId}`
export const page = (rest = ''): string => `${origin}/m${path}${rest}`

/** Half an hour before the meeting of the fixture; the browser's clock runs from here. */
export const before = '2026-11-21T06:10:00.000Z'
export const during = '2026-11-21T06:41:20.000Z'

export interface World {
  page: Page
  context: BrowserContext
  server: Mocked
  login: Login
  tolerate: (complaint: RegExp) => void
}
export interface Wishes {
  at?: string
  signedIn?: boolean
  name?: string
  me?: object
  width?: number
  height?: number
  elder?: boolean
  /** device pixels for each of the page's */
  scale?: number
}
export type OpenWorld = (wishes?: Wishes) => Promise<World>

/** Browsers log every refusal as an error; which answers came is the test's own matter. */
const refusals = /status of 4\d\d .*\/api\/v1\//

/** A phone, its clock, and a server that the test plays. An error in the console fails the test. */
export const test = base.extend<{ world: OpenWorld }>({
  world: async ({ browser }, use) => {
    const opened: { context: BrowserContext; complaints: string[]; tolerated: RegExp[] }[] = []
    await use(async ({ at = before, signedIn = true, name = '黄志强', me = {}, width = 390, height = 844, elder = false, scale = 2 } = {}) => {
      const context = await browser.newContext({ viewport: { width, height }, deviceScaleFactor: scale, hasTouch: true })
      const complaints: string[] = []
      const tolerated = [refusals, workerBlocked]
      opened.push({ context, complaints, tolerated })
      context.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(`${message.text()} ${message.location().url}`)
      })
      context.on('weberror', (error) => complaints.push(String(error.error().stack)))
      await context.addInitScript(() => {
        document.addEventListener('securitypolicyviolation', (event) => console.error(`content policy: ${event.violatedDirective} ${event.blockedURI}`))
      })
      if (elder) await context.addInitScript(() => location.protocol.startsWith('http') && localStorage.setItem('lianxin.elder', '1'))
      const began = Date.now()
      const server = new Mocked(() => Date.parse(at) + Date.now() - began)
      await server.attach(context)
      const login: Login = { me: aMember(name, me), signedIn }
      withLogin(server, login)
      const opening = await context.newPage()
      await opening.clock.install({ time: new Date(at) })
      return { page: opening, context, server, login, tolerate: (complaint) => void tolerated.push(complaint) }
    })
    for (const { context, complaints, tolerated } of opened) {
      await context.close()
      expect.soft(complaints.filter((complaint) => !tolerated.some((known) => known.test(complaint)))).toEqual([])
    }
  },
})

/** The meeting as the server tells it by both ways, to somebody on the list. */
export function listed(server: Mocked, meeting: Meeting, own: Attendee | null, figures: Partial<Figures> = {}, votes: object = { votes: [] }): void {
  server.at('GET', path, { body: meeting })
  server.state(topic, { meeting: liveMeeting(meeting), figures: someFigures({ state: meeting.state, agenda: meeting.agenda_position, ...figures }), own, ...votes })
}

/** To those who run it. */
export function desk(server: Mocked, meeting: Meeting, attendees: readonly Attendee[], figures: Partial<Figures> = {}, votes: object = { votes: [] }): void {
  server.at('GET', path, { body: { ...meeting, manages: true } })
  server.state(topic, { meeting: liveMeeting(meeting), figures: someFigures({ state: meeting.state, agenda: meeting.agenda_position, ...figures }), attendees, ...votes })
}

function liveMeeting(meeting: Meeting): object {
  return { id: meeting.id, topic: meeting.topic, started_at: meeting.started_at, ended_at: meeting.ended_at, cancel_reason: meeting.cancel_reason, items: meeting.agenda }
}

export const running = (changes: Partial<Meeting> = {}): Meeting =>
  aMeeting({
    state: 'running',
    state_title: '进行中',
    started_at: '2026-11-21T06:30:12.000Z',
    agenda_position: { index: 0, since: '2026-11-21T06:31:00.000Z', ends_at: '2026-11-21T07:01:00.000Z' },
    ...changes,
  })

/** Where pictures of the pages go, when somebody wants to look at them. */
export async function picture(of: Page, name: string): Promise<void> {
  const folder = process.env['LIANXIN_MOCKED_PICTURES']
  if (folder) await of.screenshot({ path: `${folder}/${name}.png`, animations: 'disabled' })
}

/** What an event says of a vote's question. */
export function questionOf(vote: Vote): object {
  const { title, method, secrecy, options, min, max, seats, quorum, majority, show } = vote
  return { title, method, secrecy, options, min, max, seats, quorum, majority, show }
}

/** Figures that say how many have voted. */
export function turnout(vote: Vote, cast: number, changes: object = {}): object {
  return { ...someFigures({ state: 'running', present: 104, agenda: running().agenda_position }), vote: { id: vote.id, round: vote.round, state: 'open', entitled: vote.entitled, cast, count: null, ...changes } }
}
