import { test, type Browser, type Page } from '@playwright/test'
import { settled, shoot, writeSheet } from './support/contact-sheet'
import { DemoServer } from './support/demo-server'
import { livedIn, type Lived } from './support/lived-in'
import type { Person } from './support/people'
import { lampPhoto } from './support/photo'
import { windowOf } from './support/pictures'
import { desk, phone, screen } from './support/windows'

/**
 * Every page, as somebody finds it who works with it: a demonstration that has lived for a while. It asserts nothing but that
 * pages come; the pictures are for eyes.
 */

let server: DemoServer
let lived: Lived
test.beforeAll(async ({ browser }) => {
  test.setTimeout(600_000)
  server = await DemoServer.start(['--scale', 'small', '--meetings', '--traffic'])
  lived = await livedIn(server, browser)
})
test.afterAll(async () => {
  writeSheet()
  await server.dispose()
})

type Then = (page: Page) => Promise<unknown>
/** name, address, and what is done there before the picture is taken */
type Visit = readonly [name: string, address: string, then?: Then]

const press = (name: string | RegExp, role: 'button' | 'tab' | 'link' = 'button'): Then => (page) => page.getByRole(role, { name }).first().click()
/** LIANXIN_PAGES names the pages that are wanted, as a part of their names; all without it. */
const wanted = new RegExp(process.env['LIANXIN_PAGES'] ?? '')

/** One window after the other over the same addresses; a page that cannot be reached is told and the next one taken. */
async function visit(page: Page, visits: readonly Visit[], take: (name: string) => Promise<void>): Promise<void> {
  for (const [name, address, then] of visits) {
    if (!wanted.test(name)) continue
    try {
      await page.goto(server.base + address)
      await settled(page)
      if (then) {
        await then(page)
        await settled(page)
      }
      await take(name)
    } catch (problem) {
      test.info().annotations.push({ type: 'missed', description: name })
      console.log(`missed ${name}: ${String(problem).split('\n')[0]}`)
    }
  }
}

function consoles(): readonly (readonly [Person, readonly Visit[]])[] {
  const { admin, county, host, supervisor, ids } = lived
  const meetings: Visit[] = [
    ['meetings', '/console/meetings'],
    ['meetings-new', '/console/meetings', press('发起会议')],
    ['meeting-running', `/console/meetings/${ids.running}`],
    ['meeting-vote-form', `/console/meetings/${ids.running}`, press('新建表决')],
    ['meeting-ended', `/console/meetings/${ids.ended}`],
    ['meeting-minutes', `/console/meetings/${ids.ended}/minutes`],
    ['life-list', '/console/organisational-life'],
    ['life', `/console/organisational-life/${ids.life}`],
    ['appraisals', '/console/appraisals'],
    ['appraisals-new', '/console/appraisals', press(/新建|发起/)],
    ['appraisal', `/console/appraisals/${ids.appraisal}`],
    ['attendance-host', '/console/attendance'],
    ['duties-host', '/console/duties'],
    ['duties-calendar', '/console/duties/calendar'],
    ['duties-orders', '/console/duties/orders'],
    ['meeting-types', '/console/meeting-types'],
    ['members-host', '/console/members'],
    ['member', '/console/members', press('编辑')],
    ['inbox-host', '/console/inbox'],
  ]
  const above: Visit[] = [
    ['supervision', '/console/supervision'],
    ['supervised', `/console/supervision/${ids.running}`],
    ['attendance', '/console/attendance'],
    ['overview', '/console/overview'],
    ['duties', '/console/duties'],
    ['duties-calendar-above', '/console/duties/calendar'],
    ['duties-orders-above', '/console/duties/orders'],
    ['duties-rules', '/console/duties/rules'],
    ['organisations', '/console/organisations'],
    ['members', '/console/members'],
  ]
  const grids: Visit[] = [
    ['tickets', '/console'],
    ['tickets-detail', '/console', press('详情')],
    ['ticket-statistics', '/console/ticket-statistics'],
    ['overview-county', '/console/overview'],
    ['inbox', '/console/inbox'],
    ['services-leader', '/console/services'],
    ['screens', '/console/screens'],
  ]
  const office: Visit[] = [
    ['admin-home', '/console'],
    ['grids', `/console/grids/${ids.village}?tab=grid`],
    ['grid-area', `/console/grids/${ids.village}/area`],
    ['grid-print', '/console/grids/print'],
    ['services', '/console/services'],
    ['services-new', '/console/services', press(/新增|新建|发布/)],
    ['service-levels', '/console/service-levels'],
    ['calendar', '/console/calendar'],
    ['channels', '/console/channels'],
    ['organisations-admin', '/console/organisations'],
    ['organisations-new', '/console/organisations', press(/新增|新建/)],
    ['screens-admin', '/console/screens'],
  ]
  return [[county, grids], [admin, office], [host, meetings], [supervisor, above]]
}

for (const theme of ['light', 'dark'] as const) {
  test(`the console, ${theme}`, async ({ browser }) => {
    for (const [person, visits] of consoles()) {
      const page = await windowOf(browser, desk, person)
      await page.addInitScript((worn) => localStorage.setItem('lianxin.theme', worn), theme)
      await visit(page, visits, async (name) => {
        for (const size of [desk, screen]) {
          await page.setViewportSize(size)
          await shoot(page, `console-${size.width}-${theme}`, name)
        }
        await page.setViewportSize(desk)
      })
      await page.context().close()
    }
    const page = await windowOf(browser, desk)
    await page.addInitScript((worn) => localStorage.setItem('lianxin.theme', worn), theme)
    await visit(page, [['login', '/login']], (name) => shoot(page, `console-1366-${theme}`, name))
    await page.context().close()
  })
}

async function phones(browser: Browser, edition: string, person: Person | undefined, visits: readonly Visit[]): Promise<void> {
  const page = await windowOf(browser, { ...phone, scale: 1 }, person)
  if (edition.includes('elder')) await page.addInitScript(() => localStorage.setItem('lianxin.elder', '1'))
  await visit(page, visits, (name) => shoot(page, edition, name, true))
  await page.context().close()
}

const residents = (): Visit[] => [
  ['entry', `/g/${lived.code}`],
  ['new-suggestion', `/m/new/suggestion?grid=${lived.code}`],
  ['new-employment', `/m/new/employment?grid=${lived.code}`],
  ['tickets', '/m/tickets'],
  ['ticket', `/m/tickets/${lived.ids.ticket}`],
  ['receipt', `/m/receipt/${lived.ids.waiting}`],
  ['policies', `/g/${lived.code}/policies`],
  ['policy', `/g/${lived.code}/policies`, (page) => page.locator('main a').first().click()],
  ['me', '/m/me'],
  ['inbox', '/m/inbox'],
  ['notifications', '/m/notifications'],
  ['grids', '/m/grids'],
  ['pending-none', '/m/pending'],
]

test('phones of residents', async ({ browser }) => {
  await phones(browser, 'phone-resident', lived.resident, residents())
  await phones(browser, 'phone-elder', lived.resident, residents())
  await phones(browser, 'phone-guest', undefined, [
    ['entry-guest', `/g/${lived.code}`],
    ['entry-wrong', '/g/NICHTS'],
    ['tickets-guest', '/m/tickets'],
    ['me-guest', '/m/me'],
    ['meetings-guest', '/m/meetings'],
    ['inbox-guest', '/m/inbox'],
    ['staff-login', '/m/login'],
    ['privacy', '/m/privacy'],
    ['lost', '/m/nowhere'],
    ['scan-refused', '/m/sign-in#meeting.code_expired'],
  ])
})

test('phones of those who serve a grid', async ({ browser }) => {
  const { ids } = lived
  await phones(browser, 'phone-worker', lived.worker, [
    ['work', '/m/work'],
    ['work-accepted', '/m/work', press(/办理中/, 'tab')],
    ['work-completed', '/m/work', press(/待评价|已办结/, 'tab')],
    ['worker-ticket', `/m/tickets/${ids.accepted}`],
    ['worker-complete', `/m/tickets/${ids.accepted}`, press('办结')],
    ['diary', '/m/diary'],
    ['diary-new', '/m/diary/new'],
    ['map', '/m/map'],
    ['worker-me', '/m/me'],
    ['worker-inbox', '/m/inbox'],
    ['worker-notifications', '/m/notifications'],
    ['worker-pending', '/m/pending'],
  ])
  await phones(browser, 'phone-leader', lived.leader, [
    ['below', '/m/below'],
    ['leader-work', '/m/work'],
    ['leader-map', '/m/map'],
    ['leader-ticket', `/m/tickets/${ids.accepted}`],
    ['leader-me', '/m/me'],
  ])
})

test('phones of members and hosts', async ({ browser }) => {
  const { ids } = lived
  await phones(browser, 'phone-member', lived.member, [
    ['meetings', '/m/meetings'],
    ['meeting', `/m/meetings/${ids.running}`],
    ['sign-in', `/m/meetings/${ids.running}/sign-in`],
    ['notes', `/m/meetings/${ids.running}/notes`],
    ['meeting-ended', `/m/meetings/${ids.ended}`],
    ['minutes', `/m/meetings/${ids.ended}/minutes`],
    ['media', `/m/meetings/${ids.ended}/media`],
    ['life-list', '/m/organisational-life'],
    ['life', `/m/organisational-life/${ids.life}`],
    ['appraisals', '/m/appraisals'],
    ['appraisal', `/m/appraisals/${ids.appraisal}`],
    ['attendance', '/m/attendance'],
    ['member-me', '/m/me'],
    ['member-inbox', '/m/inbox'],
  ])
  await phones(browser, 'phone-host', lived.host, [
    ['host', `/m/meetings/${ids.running}/host`],
    ['writing', `/m/meetings/${ids.ended}/writing`],
    ['host-media', `/m/meetings/${ids.ended}/media`],
    ['duties', '/m/duties'],
    ['branches', '/m/branches'],
    ['host-me', '/m/me'],
  ])
  await phones(browser, 'phone-host', lived.supervisor, [
    ['leader', '/m/leader'],
    ['branches-above', '/m/branches'],
    ['duties-above', '/m/duties'],
  ])
})

const shapes = [[1920, 1080], [1366, 768], [2880, 810], [1080, 1920]] as const

test('boards and walls', async ({ browser }) => {
  const { county, host, ids } = lived
  for (const [width, height] of shapes) {
    const edition = `screen-${width}x${height}`
    const at = async (name: string, address: string, person?: Person): Promise<void> => {
      const page = await windowOf(browser, { width, height }, person)
      // A wall counts what it shows up to its figure, and lets who arrives settle.
      await visit(page, [[name, address, (shown) => shown.waitForTimeout(4_000)]], (taken) => shoot(page, edition, taken))
      await page.context().close()
    }
    await at('board', `/screen/board/${ids.county}`, county)
    await at('board-village', `/screen/board/${ids.village}`, county)
    await at('board-login', `/screen/board/${ids.county}`)
    await at('pair', '/screen')
    for (const theme of ['', '?theme=dark']) {
      const suffix = theme === '' ? '' : '-dark'
      await at(`wall-login${suffix}`, `/screen/meeting/${ids.running}${theme}`)
      await at(`wall-planned${suffix}`, `/screen/meeting/${ids.planned}${theme}`, host)
      await at(`wall-running${suffix}`, `/screen/meeting/${ids.running}${theme}`, host)
      await at(`wall-vote${suffix}`, `/screen/meeting/${ids.voting}${theme}`, host)
      await lived.count()
      await at(`wall-result${suffix}`, `/screen/meeting/${ids.counted}${theme}`, host)
      await at(`wall-ended${suffix}`, `/screen/meeting/${ids.over}${theme}`, host)
      await at(`wall-cancelled${suffix}`, `/screen/meeting/${ids.cancelled}${theme}`, host)
    }
  }
})

/** What is written on a phone and not with the server yet: on its way, without a network, refused, on a full phone, and too old. */
test('phones with something to send', async ({ browser }) => {
  const edition = 'phone-waiting'
  const full = (): void => {
    Storage.prototype.setItem = () => {
      throw new DOMException('full', 'QuotaExceededError')
    }
    IDBObjectStore.prototype.put = () => {
      throw new DOMException('full', 'QuotaExceededError')
    }
  }
  const form = `${server.base}/m/new/suggestion?grid=${lived.code}`
  const fill = async (page: Page): Promise<void> => {
    await page.goto(form)
    await page.getByLabel('写下来').fill('村口的路灯三天没亮了，走夜路不放心')
    await page.getByLabel('拍照片').setInputFiles(await lampPhoto(browser, false))
    await page.getByAltText('已选照片').waitFor()
  }
  const submit = (page: Page): Promise<void> => page.getByRole('button', { name: '提交', exact: true }).click()

  const own = await windowOf(browser, { ...phone, scale: 1 }, lived.resident)
  await fill(own)
  await own.route('**/api/v1/attachments', () => undefined)
  await submit(own)
  await own.waitForTimeout(1_000)
  await shoot(own, edition, 'resident-sending', true)
  await own.unroute('**/api/v1/attachments')
  await own.context().close()

  for (const [name, before] of [['resident-queued', undefined], ['resident-full', full]] as const) {
    const page = await windowOf(browser, { ...phone, scale: 1 }, lived.resident)
    await page.goto(form)
    if (before) await page.addInitScript(before)
    await fill(page)
    if (before) await shoot(page, edition, `${name}-form`, true)
    await page.route('**/api/v1/tickets', (route) => (route.request().method() === 'POST' ? route.abort() : route.fallback()))
    await submit(page)
    await page.getByText('等待发送').waitFor()
    await settled(page)
    await shoot(page, edition, name, true)
    if (!before) {
      await page.goto(`${server.base}/m/tickets`)
      await settled(page)
      await shoot(page, edition, 'resident-list', true)
      // Seen six weeks ago, as it is.
      await page.evaluate(() => {
        const ids = Object.keys(localStorage).flatMap((name) => (name.startsWith('lianxin.sent.') ? [name.replace('lianxin.', '')] : []))
        localStorage.setItem('lianxin.drafts-seen', JSON.stringify(Object.fromEntries(ids.map((id) => [id, { at: Date.now() - 42 * 86_400_000, is: 'queued' }]))))
      })
      await page.goto(`${server.base}/m/tickets`)
      await page.getByRole('dialog', { name: '没有发出的内容已删除' }).waitFor()
      await shoot(page, edition, 'resident-gone')
    }
    await page.context().close()
  }

  for (const [name, before] of [['worker', undefined], ['worker-full', full]] as const) {
    const page = await windowOf(browser, { ...phone, scale: 1 }, lived.worker)
    await page.goto(`${server.base}/m/diary/new`)
    if (before) await page.addInitScript(before)
    await page.goto(`${server.base}/m/diary/new`)
    await page.getByLabel('做了什么').fill('上门看望独居老人，量了血压，检查了用电和煤气。')
    await page.route('**/api/v1/service-records', (route) => (route.request().method() === 'POST' ? route.abort() : route.fallback()))
    await page.getByRole('button', { name: '提交', exact: true }).click()
    await page.getByText('等待提交').waitFor()
    await settled(page)
    await shoot(page, edition, `${name}-queued`, true)
    if (!before) {
      await page.goto(`${server.base}/m/pending`)
      await settled(page)
      await shoot(page, edition, 'worker-list', true)
      await page.goto(`${server.base}/m/work`)
      await settled(page)
      await shoot(page, edition, 'worker-line', true)
    }
    await page.context().close()
  }
})
