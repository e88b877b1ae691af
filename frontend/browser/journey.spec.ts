import type { Locator, Page } from '@playwright/test'
import type { Counters } from '@/shared/api/types'
import { serverOfThisFile } from './support/demo-server'
import { nextCode, Person } from './support/people'
import { lampPhoto } from './support/photo'
import { expect, phone, screen, test } from './support/windows'

const server = serverOfThisFile()
const words = '三组路口的路灯坏了，晚上看不见路，请尽快修理'
const number = '13800001111'

const tiles = ['未接服务', '办理中', '待评价', '已评价'] as const

async function shownCounters(board: Page): Promise<number[]> {
  const numbers = tiles.map((word) => board.locator('.tile').filter({ hasText: word }).locator('b').innerText())
  return (await Promise.all(numbers)).map((text) => Number(text.replace(/,/g, '')))
}

const asRow = (counters: Counters): number[] => [counters.submitted, counters.accepted, counters.completed, counters.rated]

const cardOf = (page: Page, text: string): Locator => page.getByRole('article').filter({ hasText: text })

test('a request goes from the resident to the worker, the leader and the board, and back', async ({ open, browser }) => {
  const county = await Person.staff(server(), 'leader_l1')
  const { id: countyId } = await county.topGrid()
  const { page: board } = await open(screen, county)
  const { page: worker } = await open(phone, await Person.staff(server(), 'worker', 0))
  const { page: leader } = await open(phone, await Person.staff(server(), 'leader_l3'))
  const { page: resident } = await open(phone)

  /** The board shows what a recount says, and that differs from before by exactly this. */
  let before = await county.counters(countyId)
  const expectStep = async (change: Partial<Counters>): Promise<void> => {
    const wanted = { ...before }
    for (const [name, difference] of Object.entries(change)) wanted[name as keyof Counters] += difference
    await expect.poll(() => shownCounters(board)).toEqual(asRow(wanted))
    const recount = await county.counters(countyId)
    expect(asRow(recount)).toEqual(asRow(wanted))
    before = recount
  }
  const feed = board.getByRole('listitem').filter({ hasText: '柳河村' })

  await board.goto(`${server().base}/screen/board/${countyId}`)
  await worker.goto(`${server().base}/m/work`)
  await leader.goto(`${server().base}/m/below`)
  await expect(board.getByRole('heading', { name: /网格服务指挥大屏/ })).toBeVisible()
  await expectStep({})
  const points = (count: number) => board.getByRole('img', { name: `地图上 ${count.toLocaleString('en-US')} 件` })
  const pointsBefore = Number(((await board.getByRole('img', { name: /^地图上 / }).getAttribute('aria-label')) ?? '').replace(/\D/g, ''))
  await expect(worker.getByRole('heading', { name: '我的服务' })).toBeVisible()
  await expect(worker.getByText('实时')).toBeVisible()
  await expect(leader.getByText('实时')).toBeVisible()

  await test.step('the resident scans, writes, photographs, signs in and sends', async () => {
    await resident.goto(`${server().base}/g/${server().account('worker').grid_code}`)
    await resident.getByRole('link', { name: /意见建议/ }).click()
    await resident.getByLabel('写下来').fill(words)
    await resident.getByLabel('拍照片').setInputFiles(await lampPhoto(browser, false))
    await expect(resident.getByAltText('已选照片')).toBeVisible()
    await resident.getByRole('button', { name: '提交' }).click()
    await resident.getByLabel('手机号').fill(number)
    const code = await nextCode(server(), number, () => resident.getByRole('button', { name: '获取验证码' }).click())
    await resident.getByLabel('验证码').fill(code)
    await resident.getByRole('button', { name: '登录' }).click()
    await resident.getByLabel('姓名').fill('李小明')
    await resident.getByLabel('住址').fill('三组 12 号')
    await resident.getByRole('button', { name: '保存' }).click()
    await expect(resident.getByRole('heading', { name: '诉求已收到' })).toBeVisible()
    await expect(resident.getByText('已送到网格员手机，等待接单')).toBeVisible()
  })

  await test.step('it appears everywhere without a reload', async () => {
    await expect(cardOf(worker, words).getByAltText('照片 1')).toBeVisible()
    await expect(cardOf(leader, words)).toBeVisible()
    await expectStep({ submitted: 1 })
    await expect(points(pointsBefore + 1)).toBeVisible()
    await expect(feed.first()).toContainText('未接')
  })

  await test.step('the leader nudges, the worker confirms', async () => {
    await cardOf(leader, words).getByRole('button', { name: '督促' }).click()
    await leader.getByRole('button', { name: '请尽快接单' }).click()
    await leader.getByRole('dialog').getByRole('button', { name: '督促', exact: true }).click()
    await expect(leader.getByText('督促已送到网格员手机。')).toBeVisible()
    const banner = worker.getByRole('alert').filter({ hasText: '请尽快接单' })
    await expect(banner).toContainText(`${server().account('leader_l3').name} 督促`)
    await expect(feed.first()).toContainText('督促')
    await banner.getByRole('button', { name: '收到' }).click()
    await expect(worker.getByText('已回复收到。')).toBeVisible()
    await expect(banner).toBeHidden()
    await expectStep({})
  })

  await test.step('the worker accepts', async () => {
    await cardOf(worker, words).getByRole('button', { name: '接单' }).click()
    await expect(worker.getByText('已接单，请尽快联系住户。')).toBeVisible()
    await expect(resident.getByText(`${server().account('worker').name} 已接单，会尽快联系您`)).toBeVisible()
    await expect(cardOf(leader, words)).toBeHidden()
    await expectStep({ submitted: -1, accepted: 1 })
  })

  await test.step('the worker completes with a note and a photo', async () => {
    await worker.getByRole('tab', { name: /办理中/ }).click()
    const card = cardOf(worker, words)
    await expect(card.getByRole('button', { name: '打电话' })).toBeVisible()
    await card.getByRole('button', { name: '办结' }).click()
    const sheet = worker.getByRole('dialog', { name: '办结诉求' })
    await sheet.getByLabel('办理结果').fill('已换灯泡，当晚恢复照明')
    await sheet.getByLabel('拍办结照片').setInputFiles(await lampPhoto(browser, true))
    await expect(sheet.getByAltText('已选照片')).toBeVisible()
    await sheet.getByRole('button', { name: '办结' }).click()
    await expect(worker.getByText('已办结，等待群众评价。')).toBeVisible()
    await expectStep({ accepted: -1, completed: 1 })
    await expect(points(pointsBefore)).toBeVisible()
  })

  await test.step('the resident sees the proof and rates; everybody sees it', async () => {
    await resident.getByRole('link', { name: '查看详情' }).click()
    await expect(resident.getByRole('heading', { name: '办理结果' })).toBeVisible()
    await expect(resident.locator('.result').getByAltText('照片 1')).toBeVisible()
    await resident.getByText('5 星，非常满意').check({ force: true })
    await resident.getByRole('button', { name: '提交评价' }).click()
    await expect(resident.getByText('谢谢您的评价。')).toBeVisible()
    await expect(resident.getByText('已评价 ★5')).toBeVisible()
    await expectStep({ completed: -1, rated: 1 })
    await expect(feed.first()).toContainText('已评价')
    await worker.getByRole('tab', { name: '已完成' }).click()
    await expect(cardOf(worker, words)).toContainText('★ 5')
    await leader.getByRole('tab', { name: '已完成' }).click()
    await expect(cardOf(leader, words)).toContainText('★ 5')
  })
})

test('the second worker to accept is told who was faster', async ({ open }) => {
  const ticket = await (await Person.resident(server(), '13800002222')).submit(server().account('worker').grid_code, '小区门口的路面塌了一块')
  const { page: first } = await open(phone, await Person.staff(server(), 'worker', 0))
  const { page: second, tolerate } = await open(phone, await Person.staff(server(), 'worker', 1))
  tolerate(/status of 409 .*\/accept$/)

  // The second one presses first, but a slow network holds the request back until the first one has the ticket.
  let release = (): void => undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  await second.route('**/accept', async (route) => {
    await held
    await route.continue()
  })
  await first.goto(`${server().base}/m/work`)
  await second.goto(`${server().base}/m/work`)
  await cardOf(second, ticket.content).getByRole('button', { name: '接单' }).click()
  await cardOf(first, ticket.content).getByRole('button', { name: '接单' }).click()
  await expect(first.getByText('已接单，请尽快联系住户。')).toBeVisible()
  release()
  await expect(second.getByText(`慢了一步，这条诉求已由 ${server().account('worker').name} 接单。`)).toBeVisible()
})
