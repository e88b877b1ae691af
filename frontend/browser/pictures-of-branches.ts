import { expect, test, type Browser } from '@playwright/test'
import { DemoServer } from './support/demo-server'
import { Person } from './support/people'
import { take, windowOf } from './support/pictures'
import { desk, phone } from './support/windows'

/** What branches do in a year, as the demonstration tells it: minutes, what is due, 组织生活会, appraisals. */

const handy = { ...phone, scale: 2 }

let server: DemoServer
test.beforeAll(async () => {
  test.setTimeout(300_000)
  server = await DemoServer.start(['--scale', 'county', '--meetings'])
})
test.afterAll(() => server.dispose())

interface Listed {
  items: { id: string }[]
}

async function first(person: Person, path: string): Promise<string> {
  const { items } = await person.get<Listed>(path)
  const id = items[0]?.id
  if (id === undefined) throw new Error(`${path} is empty`)
  return id
}

async function shoot(browser: Browser, size: Parameters<typeof windowOf>[1], person: Person, address: string, name: string): Promise<void> {
  const page = await windowOf(browser, size, person)
  // All that the page asks for at first is there.
  await page.goto(server.base + address, { waitUntil: 'networkidle' })
  await expect(page.getByRole('main')).toBeVisible()
  await expect(page.locator('.skeleton')).toHaveCount(0)
  await take(page, name)
  await page.context().close()
}

test("pictures of a branch's year", async ({ browser }) => {
  const [host, above, member] = [await Person.staff(server, 'host'), await Person.staff(server, 'supervisor'), await Person.staff(server, 'member')]
  const held = await first(host, '/meetings?state=ended&type=general_meeting')
  await shoot(browser, desk, host, `/console/meetings/${held}/minutes`, 'minutes-desk')
  await shoot(browser, handy, member, `/m/meetings/${held}/minutes`, 'minutes-phone')
  await shoot(browser, desk, above, '/console/duties', 'duties-desk')
  await shoot(browser, desk, host, '/console/duties/calendar', 'duties-calendar')
  await shoot(browser, handy, host, '/m/duties', 'duties-phone')
  await shoot(browser, desk, above, '/console/overview', 'overview-desk')
  await shoot(browser, handy, above, '/m/leader', 'leader-phone')
  const life = await first(host, '/organisational-life?phase=before')
  await shoot(browser, desk, host, `/console/organisational-life/${life}`, 'life-desk')
  await shoot(browser, handy, member, `/m/organisational-life/${life}`, 'life-phone')
  const appraisal = await first(host, '/appraisals?state=rating')
  await shoot(browser, desk, host, `/console/appraisals/${appraisal}`, 'appraisal-desk')
  await shoot(browser, handy, member, `/m/appraisals/${appraisal}`, 'appraisal-phone')
})
