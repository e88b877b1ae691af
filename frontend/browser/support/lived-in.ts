import type { Browser } from '@playwright/test'
import type { Ticket } from '@/shared/api/types'
import type { DemoServer } from './demo-server'
import { Person } from './people'
import { lampPhoto } from './photo'
import { portrait } from './portrait'

/** A demonstration in which somebody has done something on every page, and what is found there. */

export interface Lived {
  admin: Person
  county: Person
  leader: Person
  worker: Person
  resident: Person
  host: Person
  member: Person
  supervisor: Person
  /** of the worker's grid */
  code: string
  /** Holds a vote in the meeting `counted`: a wall shows its result for a minute. */
  count: () => Promise<void>
  ids: Readonly<Record<'county' | 'village' | 'ticket' | 'accepted' | 'waiting' | 'running' | 'voting' | 'counted' | 'over' | 'planned' | 'cancelled' | 'ended' | 'life' | 'appraisal', string>>
}

interface Listed {
  items: { id: string; name?: string }[]
}

export async function livedIn(server: DemoServer, browser: Browser): Promise<Lived> {
  const [admin, county, leader, worker, host, member, supervisor] = await Promise.all([Person.staff(server, 'admin'), Person.staff(server, 'leader_l1'), Person.staff(server, 'leader_l2'), Person.staff(server, 'worker'), Person.staff(server, 'host'), Person.staff(server, 'member'), Person.staff(server, 'supervisor')])
  const resident = await Person.resident(server, '19900001111')
  const code = server.account('worker').grid_code
  const requests = await someRequests(browser, server, { resident, worker, code })
  const { count, ...meetings } = await someMeetings(server, host)
  const [{ id: countyId }, { id: village }] = await Promise.all([county.topGrid(), Person.staff(server, 'leader_l3').then((chief) => chief.topGrid())])
  const ids = {
    county: countyId,
    village,
    ...requests,
    ...meetings,
    ended: await first(host, '/meetings?state=ended&type=general_meeting'),
    life: await first(host, '/organisational-life?phase=before'),
    appraisal: await first(host, '/appraisals?state=rating'),
  }
  return { admin, county, leader, worker, resident, host, member, supervisor, code, ids, count }
}

async function first(person: Person, path: string): Promise<string> {
  const { items } = await person.get<Listed>(path)
  const id = items[0]?.id
  if (id === undefined) throw new Error(`${path} is empty`)
  return id
}

async function branchOf(host: Person): Promise<string> {
  const { membership } = await host.me()
  if (!membership) throw new Error('the host is a member')
  return membership.organisation.id
}

async function someRequests(browser: Browser, server: DemoServer, { resident, worker, code }: { resident: Person; worker: Person; code: string }): Promise<Record<'ticket' | 'accepted' | 'waiting', string>> {
  const chief = await Person.staff(server, 'leader_l3')
  const [dark, lit] = [await lampPhoto(browser, false), await lampPhoto(browser, true)]
  const rated = await resident.submit(code, '健身器材松动，老人使用不安全')
  await worker.act(rated, 'accept')
  await worker.act(rated, 'complete', { note: '已紧固并更换配件。', attachments: [] })
  await resident.act(rated, 'rate', { stars: 5, comment: '来得快，办得好' })
  const ticket = await resident.submit(code, '三组路口的路灯坏了，晚上看不见路', { attachments: [await resident.upload(dark)] })
  await chief.act(ticket, 'nudge', { note: '请尽快联系住户' })
  await worker.act(ticket, 'accept')
  await worker.act(ticket, 'complete', { note: '已更换灯泡，当晚恢复照明。', attachments: [await worker.upload(lit)] })
  const accepted: Ticket = await resident.submit(code, '下雨后通往学校的小路积水，孩子不好走', { attachments: [await resident.upload(dark)] })
  await worker.act(accepted, 'accept')
  const waiting = await resident.submit(code, '村口的路灯三天没亮了，走夜路不放心')
  await chief.act(waiting, 'nudge', { note: '请尽快联系住户' })
  return { ticket: ticket.id, accepted: accepted.id, waiting: waiting.id }
}

const minute = 60_000

/** A meeting that runs, and who of it can act by themselves. */
interface Begun {
  id: string
  present: readonly Person[]
}

async function someMeetings(server: DemoServer, host: Person): Promise<Record<'running' | 'voting' | 'counted' | 'over' | 'planned' | 'cancelled', string> & { count: Lived['count'] }> {
  const branch = await branchOf(host)
  const roster = await host.get<Listed>(`/members?organisation_id=${branch}&size=200`)
  for (const [index, member] of roster.items.entries()) {
    if (index % 5 !== 4) await host.setPhoto(member.id, { name: '头像.png', mimeType: 'image/png', buffer: portrait(index) })
  }
  const at = (minutes: number): string => new Date(Date.now() + minutes * minute).toISOString()
  const launched = async (topic: string, startsIn: number): Promise<string> => {
    const { id } = await host.post<{ id: string }>('/meetings', {
      topic,
      type: 'general_meeting',
      org_id: branch,
      starts_at: at(startsIn),
      ends_at: at(startsIn + 90),
      mode: 'hybrid',
      place: '村部会议室',
      attendees: { whole_branch: true },
      agenda: [{ title: '支部工作报告', minutes: 20, presenter: '周立新' }, { title: '讨论冬季防火分工', minutes: 30 }, { title: '民主议事', minutes: 30 }],
    })
    await host.post(`/meetings/${id}/launch`)
    return id
  }
  const voters = await Promise.all([0, 1, 2, 3, 4, 5].map((index) => Person.staff(server, 'member', index)))
  const begun = async (topic: string): Promise<Begun> => {
    const id = await launched(topic, 5)
    await host.post(`/meetings/${id}/start`)
    await host.post(`/meetings/${id}/agenda`, { index: 1 })
    const { items } = await host.get<{ items: { member_id: string }[] }>(`/meetings/${id}/roster`)
    const own = new Map<string, Person>()
    for (const voter of voters) own.set((await voter.me()).membership?.member_id ?? '', voter)
    const present: Person[] = []
    for (const { member_id } of items.slice(0, -3)) {
      const person = own.get(member_id)
      if (person) {
        await person.post(`/meetings/${id}/sign-in/online`)
        present.push(person)
      } else await host.post(`/meetings/${id}/sign-in/manual`, { member_id, reason: '手机没电' })
    }
    return { id, present }
  }
  const vote = async ({ id, present }: Begun, closed: boolean): Promise<void> => {
    const { id: voteId } = await host.post<{ id: string }>(`/meetings/${id}/votes`, { title: '同意接收林晓梅同志为中共预备党员', method: 'yes_no_abstain', secrecy: 'open', show: 'live', majority: { numerator: 1, denominator: 2, more_than: true, base: 'expected' } })
    await host.post(`/meetings/${id}/votes/${voteId}/open`)
    for (const [place, voter] of present.entries()) {
      await voter.post(`/meetings/${id}/votes/${voteId}/ballots`, { round: 1, choices: [place === 0 ? 'abstain' : 'yes'] })
    }
    if (closed) await host.post(`/meetings/${id}/votes/${voteId}/close`, { publish: true })
  }
  const running = await begun('第四季度党员大会')
  await running.present[1]?.post(`/meetings/${running.id}/hand`, { raised: true })
  const voting = await begun('表决接收预备党员')
  await vote(voting, false)
  const counted = await begun('表决接收预备党员（二）')
  const over = await begun('十一月主题党日')
  await host.post(`/meetings/${over.id}/end`)
  const cancelled = await launched('因故取消的支委会', 30)
  await host.post(`/meetings/${cancelled}/cancel`, { reason: '与县里的会议冲突，改期另行通知' })
  return { count: () => vote(counted, true), running: running.id, voting: voting.id, counted: counted.id, over: over.id, cancelled, planned: await launched('学习全会精神专题党课', 40) }
}
