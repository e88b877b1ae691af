import { expect, test } from '@playwright/test'
import { DemoServer } from './support/demo-server'
import { Person } from './support/people'
import { take, windowOf } from './support/pictures'
import { portrait } from './support/portrait'
import { desk, phone, screen } from './support/windows'

const minute = 60_000

let server: DemoServer
test.beforeAll(async () => {
  test.setTimeout(300_000)
  server = await DemoServer.start(['--meetings'])
})
test.afterAll(() => server.dispose())

interface Attendee {
  member_id: string
  name: string
}

test('pictures of a meeting', async ({ browser }) => {
  const host = await Person.staff(server, 'host')
  const { membership } = await host.me()
  if (!membership) throw new Error('the host is a member')
  const roster = await host.get<{ items: { id: string; name: string }[] }>(`/members?organisation_id=${membership.organisation.id}&size=200`)
  for (const [index, member] of roster.items.entries()) {
    if (index % 5 !== 4) await host.setPhoto(member.id, { name: '头像.png', mimeType: 'image/png', buffer: portrait(index) })
  }
  const id = await meeting(host, membership.organisation.id)
  const { items: listed } = await host.get<{ items: Attendee[] }>(`/meetings/${id}/roster`)
  const own = new Map<string, Person>()
  for (let index = 0; index < 6; index += 1) {
    const person = await Person.staff(server, 'member', index)
    own.set((await person.me()).name, person)
  }
  const wall = await windowOf(browser, screen, host)
  await wall.goto(`${server.base}/screen/meeting/${id}`)
  await expect(wall.getByRole('img', { name: '签到二维码' })).toBeVisible()
  await host.post(`/meetings/${id}/start`)
  await host.post(`/meetings/${id}/agenda`, { index: 0 })
  const hands: Person[] = []
  for (const attendee of listed.slice(0, -3)) {
    const person = own.get(attendee.name)
    if (person) {
      await person.post(`/meetings/${id}/sign-in/online`)
      hands.push(person)
    } else await host.post(`/meetings/${id}/sign-in/manual`, { member_id: attendee.member_id, reason: '手机没电' })
  }
  const [first, second, third] = hands
  if (!first || !second || !third) throw new Error('three of them have accounts')
  await first.post(`/meetings/${id}/hand`, { raised: true })
  await second.post(`/meetings/${id}/hand`, { raised: true })
  await expect(wall.getByRole('img', { name: `已签到 ${listed.length - 3} 人` })).toBeVisible()

  const handy = { ...phone, scale: 2 }
  const hosting = await windowOf(browser, handy, host)
  await hosting.goto(`${server.base}/m/meetings/${id}/host`)
  await expect(hosting.getByText('支部工作报告').first()).toBeVisible()
  await hosting.waitForLoadState('networkidle')
  await take(hosting, 'meeting-host')
  const attending = await windowOf(browser, handy, third)
  await attending.goto(`${server.base}/m/meetings/${id}`)
  await expect(attending.getByRole('button', { name: /举手/ })).toBeVisible()
  await take(attending, 'meeting-member')
  const atDesk = await windowOf(browser, desk, host)
  await atDesk.goto(`${server.base}/console/meetings/${id}`)
  await expect(atDesk.getByText('支部工作报告').first()).toBeVisible()
  await atDesk.waitForLoadState('networkidle')
  await take(atDesk, 'meeting-desk')
  await take(wall, 'meeting-wall')

  const above = await windowOf(browser, desk, await Person.staff(server, 'supervisor'))
  await above.goto(`${server.base}/console/supervision`)
  await expect(above.getByText('第四季度党员大会').first()).toBeVisible()
  await take(above, 'supervision')
  await above.goto(`${server.base}/console/attendance`)
  await expect(above.locator('table tbody tr').first()).toBeVisible()
  await take(above, 'attendance')
})

/** A meeting in the room and by video that begins about now; launched. */
async function meeting(host: Person, organisation: string): Promise<string> {
  const at = (minutes: number): string => new Date(Date.now() + minutes * minute).toISOString()
  const { id } = await host.post<{ id: string }>('/meetings', {
    topic: '第四季度党员大会',
    type: 'general_meeting',
    org_id: organisation,
    starts_at: at(2),
    ends_at: at(92),
    mode: 'hybrid',
    place: '村部会议室',
    attendees: { whole_branch: true },
    agenda: [{ title: '支部工作报告', minutes: 20 }, { title: '讨论冬季防火分工', minutes: 30 }, { title: '民主议事', minutes: 30 }],
  })
  await host.post(`/meetings/${id}/launch`)
  return id
}
