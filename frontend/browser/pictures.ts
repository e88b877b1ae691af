import { expect, test, type Browser, type Page } from '@playwright/test'
import type { Ticket } from '@/shared/api/types'
import { DemoServer } from './support/demo-server'
import { Person } from './support/people'
import { lampPhoto } from './support/photo'
import { take, windowOf } from './support/pictures'
import { desk, phone, screen } from './support/windows'

/** A board that has lived for a while. */
const arrivals = 40

let server: DemoServer
test.beforeAll(async () => {
  test.setTimeout(300_000)
  server = await DemoServer.start(['--scale', 'county', '--traffic'])
})
test.afterAll(() => server.dispose())

test('pictures of every page', async ({ browser }) => {
  const county = await Person.staff(server, 'leader_l1')
  const { id: countyId } = await county.topGrid()
  const board = await windowOf(browser, screen, county)
  await board.goto(`${server.base}/screen/board/${countyId}`)
  await expect(board.locator('.feed li').first()).toBeVisible()
  await countArrivals(board)
  const { resident, detail } = await tellStories(browser)

  const code = server.account('worker').grid_code
  const mobile = { ...phone, scale: 2 }
  const own = await windowOf(browser, mobile, resident)
  await own.goto(`${server.base}/g/${code}`)
  await expect(own.getByRole('tab', { name: /待评价/ })).toBeVisible()
  await take(own, 'resident')
  await own.getByRole('link', { name: /意见建议/ }).click()
  await own.getByLabel('写下来').fill('学校旁边的路灯坏了三天，孩子晚上放学看不见路，请尽快修理。')
  await own.getByLabel('拍照片').setInputFiles(await lampPhoto(browser, false))
  await expect(own.getByAltText('已选照片')).toBeVisible()
  await own.getByLabel('写下来').blur()
  await take(own, 'resident-form')
  await own.goto(`${server.base}/m/tickets`)
  await expect(own.getByText('办结，请您评价')).toHaveCount(2)
  await take(own, 'tickets')
  await own.goto(`${server.base}/m/tickets/${detail.id}`)
  await expect(own.getByRole('heading', { name: '办理过程' })).toBeVisible()
  await take(own, 'ticket')

  const worker = await windowOf(browser, mobile, await Person.staff(server, 'worker'))
  await worker.goto(`${server.base}/m/work`)
  await expect(worker.getByRole('alert')).toBeVisible()
  await take(worker, 'worker')
  const leader = await windowOf(browser, mobile, await Person.staff(server, 'leader_l2'))
  await leader.goto(`${server.base}/m/below`)
  await expect(leader.getByRole('article').first()).toBeVisible()
  await take(leader, 'below')

  const login = await windowOf(browser, desk)
  await login.goto(`${server.base}/login`)
  await expect(login.getByLabel('账号')).toBeVisible()
  await take(login, 'login')
  const console = await windowOf(browser, desk, county)
  await console.goto(`${server.base}/console`)
  await expect(console.getByRole('button', { name: '详情' }).nth(8)).toBeVisible()
  await take(console, 'console')

  await board.waitForFunction((wanted) => (window as unknown as { arrived: number }).arrived >= wanted, arrivals, { timeout: 120_000 })
  await take(board, 'board')
  const small = await windowOf(browser, desk, county)
  await small.goto(`${server.base}/screen/board/${countyId}`)
  await expect(small.locator('.feed li').first()).toBeVisible()
  await take(small, 'board-1366')
})

async function countArrivals(board: Page): Promise<void> {
  await board.evaluate(() => {
    const counter = window as unknown as { arrived: number }
    counter.arrived = 0
    const list = document.querySelector('.feed ol')
    if (!list) throw new Error('no feed')
    new MutationObserver((changes) => {
      for (const change of changes) counter.arrived += change.addedNodes.length
    }).observe(list, { childList: true })
  })
}

/** A resident with a request in every state, and a worker with something to do. */
async function tellStories(browser: Browser): Promise<{ resident: Person; detail: Ticket }> {
  const code = server.account('worker').grid_code
  const worker = await Person.staff(server, 'worker')
  const leader = await Person.staff(server, 'leader_l3')
  const resident = await Person.resident(server, '19900001111')
  const [dark, lit] = [await lampPhoto(browser, false), await lampPhoto(browser, true)]

  const rated = await resident.submit(code, '健身器材松动，老人使用不安全')
  await worker.act(rated, 'accept')
  await worker.act(rated, 'complete', { note: '已紧固并更换配件。', attachments: [] })
  await resident.act(rated, 'rate', { stars: 5, comment: '来得快，办得好' })
  const detail = await resident.submit(code, '三组路口的路灯坏了，晚上看不见路', { attachments: [await resident.upload(dark)] })
  await leader.act(detail, 'nudge', { note: '请尽快联系住户' })
  await worker.act(detail, 'accept')
  await worker.act(detail, 'complete', { note: '已更换灯泡，当晚恢复照明。', attachments: [await worker.upload(lit)] })
  const second = await resident.submit(code, '灌渠堵塞，水漫到路面')
  await worker.act(second, 'accept')
  await worker.act(second, 'complete', { note: '已清理完成，后续每周巡查。', attachments: [] })
  const underWay = await resident.submit(code, '下雨后通往学校的小路积水，孩子不好走')
  await worker.act(underWay, 'accept')
  const waiting = await resident.submit(code, '村口的路灯三天没亮了，走夜路不放心', { attachments: [await resident.upload(dark)] })
  const neighbour = await Person.resident(server, '19900002222', '罗春梅')
  await neighbour.submit(code, '与邻居因排水沟改道发生争执，请来调解', { kind: 'dispute' })
  await leader.act(waiting, 'nudge', { note: '请尽快联系住户' })
  return { resident, detail: await resident.get(`/tickets/${detail.id}`) }
}
