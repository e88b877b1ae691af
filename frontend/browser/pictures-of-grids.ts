import { expect, test, type Page } from '@playwright/test'
import { DemoServer } from './support/demo-server'
import { Person } from './support/people'
import { take, windowOf } from './support/pictures'
import { desk, phone } from './support/windows'

/** What stands around requests: grids in the console, the board's other shapes, a worker's map and diary. */

const mobile = { ...phone, scale: 2 }
/** Away from whatever the demonstration made known. */
const place = { lng: 105.5, lat: 24.2 }

let server: DemoServer
test.beforeAll(async () => {
  test.setTimeout(300_000)
  server = await DemoServer.start(['--scale', 'county', '--traffic'])
})
test.afterAll(() => server.dispose())

test('pictures of the console’s grids and figures', async ({ browser }) => {
  const admin = await Person.staff(server, 'admin')
  const { id: countyId } = await admin.get<{ id: string }>('/grids/tree?depth=1')
  const console = await windowOf(browser, desk, admin)
  await console.goto(`${server.base}/console/grids/${countyId}?tab=grid`)
  await expect(console.getByRole('heading', { name: '网格资料' })).toBeVisible()
  await take(console, 'grids')
  const township = await townshipOf(console, admin)
  await console.goto(`${server.base}/console/grids/${township}/area`)
  await expect(console.getByText(/平方公里/).first()).toBeVisible()
  await take(console, 'grid-area')
  await console.goto(`${server.base}/console/ticket-statistics`)
  await expect(console.getByRole('row').nth(5)).toBeVisible()
  await take(console, 'ticket-statistics')
  await console.goto(`${server.base}/console/services`)
  await expect(console.getByRole('row').nth(1)).toBeVisible()
  await take(console, 'services')
  await console.evaluate(() => localStorage.setItem('lianxin.theme', 'dark'))
  await console.goto(`${server.base}/console`)
  await expect(console.getByRole('button', { name: '详情' }).nth(8)).toBeVisible()
  await take(console, 'console-dark')
})

test('pictures of the board’s shapes', async ({ browser }) => {
  const county = await Person.staff(server, 'leader_l1')
  const { id: countyId } = await county.topGrid()
  for (const [name, width, height] of [['board-wide', 2880, 810], ['board-upright', 1080, 1920], ['board-replay', 1920, 1080]] as const) {
    const board = await windowOf(browser, { width, height }, county)
    await board.goto(`${server.base}/screen/board/${countyId}`)
    await expect(board.locator('.feed li').first()).toBeVisible()
    await expect(board.getByText('连接中断')).toBeHidden()
    if (name === 'board-replay') await replay(board)
    await take(board, name)
    await board.context().close()
  }
})

test('pictures of a worker’s map and diary, and of what is nearby', async ({ browser }) => {
  const staff = await Person.staff(server, 'worker')
  const worker = await windowOf(browser, mobile, staff)
  await worker.goto(`${server.base}/m/map`)
  await expect(worker.getByRole('navigation', { name: '当前位置' })).toBeVisible()
  await expect(worker.getByRole('listitem').first()).toBeVisible()
  await take(worker, 'map-phone')
  await worker.goto(`${server.base}/m/diary`)
  await expect(worker.getByRole('heading').first()).toBeVisible()
  await take(worker, 'diary-phone')

  const code = server.account('worker').grid_code
  const first = await Person.resident(server, '19900003331', '覃大姐')
  const ticket = await first.submit(code, '路灯坏了，我家在路口第二栋', { location: place })
  await staff.act(ticket, 'known', { text: '三组路口的路灯不亮，已报修' })
  const resident = await windowOf(browser, mobile, await Person.resident(server, '19900003332', '黄大叔'))
  await resident.context().grantPermissions(['geolocation'])
  await resident.context().setGeolocation({ longitude: place.lng, latitude: place.lat, accuracy: 8 })
  await resident.goto(`${server.base}/g/${code}`)
  await resident.getByRole('link', { name: /意见建议/ }).click()
  await resident.getByRole('button', { name: '附上我的位置' }).click()
  await expect(resident.getByRole('region', { name: '附近正在办理' })).toBeVisible()
  await take(resident, 'nearby-phone')
  await resident.goto(`${server.base}/g/${code}`)
  await resident.getByRole('button', { name: '长辈版' }).click()
  await take(resident, 'resident-elder')
})

async function townshipOf(page: Page, admin: Person): Promise<string> {
  const tree = await admin.get<{ children: { id: string }[] }>('/grids/tree?depth=2')
  const [first] = tree.children
  if (!first) throw new Error(`no township at ${page.url()}`)
  return first.id
}

async function replay(board: Page): Promise<void> {
  await board.mouse.move(400, 400)
  await board.getByRole('button', { name: '回放' }).click()
  await expect(board.getByText(/回放\s*11 月/).first()).toBeVisible()
  await board.getByRole('button', { name: '昨天' }).click()
  await board.getByRole('button', { name: '暂停' }).click()
  await expect(board.getByText(/已读取/)).toBeHidden({ timeout: 60_000 })
  const line = board.getByRole('slider', { name: '时刻' })
  await line.focus()
  // Every ten minutes until the middle of the afternoon.
  for (let step = 0; step < 93; step += 1) await line.press('ArrowRight')
  await expect(board.getByText(/11 月 \d+ 日 1[56]:\d0/).first()).toBeVisible()
}
