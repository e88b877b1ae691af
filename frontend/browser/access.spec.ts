import type { Page } from '@playwright/test'
import type { Ticket } from '@/shared/api/types'
import { serverOfThisFile } from './support/demo-server'
import { Person } from './support/people'
import { desk, expect, phone, screen, test, type OpenWindow } from './support/windows'
import { accessible } from './support/accessible'

const server = serverOfThisFile()

/** Presses Tab until the element has the focus; fails when the keyboard cannot reach it. */
async function tabTo(page: Page, name: string): Promise<void> {
  const most = 60
  for (let step = 0; step < most; step += 1) {
    await page.keyboard.press('Tab')
    const focused = await page.evaluate(() => {
      const element = document.activeElement
      const label = element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement ? element.labels?.[0]?.textContent : undefined
      return `${element?.getAttribute('aria-label') ?? ''} ${label ?? ''} ${element?.textContent ?? ''}`
    })
    if (focused.includes(name)) return
  }
  throw new Error(`the keyboard does not reach “${name}”`)
}

/** The focus must be seen. */
async function expectVisibleFocus(page: Page): Promise<void> {
  const outline = await page.evaluate(() => {
    const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement ?? document.body)
    return outlineStyle === 'none' ? 0 : parseFloat(outlineWidth)
  })
  expect(outline).toBeGreaterThanOrEqual(2)
}

test('the console is entered with the keyboard alone', async ({ open }) => {
  const { account, password } = server().account('leader_l1')
  const { page } = await open(desk)
  await page.goto(`${server().base}/login`)
  await expect(page.getByLabel('账号')).toBeVisible()
  await tabTo(page, '账号')
  await page.keyboard.type(account)
  await tabTo(page, '密码')
  await page.keyboard.type(password)
  await expectVisibleFocus(page)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('treeitem').first()).toBeVisible()
  await tabTo(page, '云溪镇')
  await expectVisibleFocus(page)
  await page.keyboard.press('ArrowRight')
  await expect(page.getByRole('treeitem', { name: /柳河村/ })).toBeVisible()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/console\/grids\//)
})

test('a resident sends a request with the keyboard alone', async ({ open }) => {
  const { page } = await open(phone, await Person.resident(server(), '13800007777'))
  await page.goto(`${server().base}/g/${server().account('worker').grid_code}`)
  await expect(page.getByRole('link', { name: /意见建议/ })).toBeVisible()
  await tabTo(page, '意见建议')
  await expectVisibleFocus(page)
  await page.keyboard.press('Enter')
  await expect(page.getByLabel('写下来')).toBeVisible()
  await tabTo(page, '写下来')
  await page.keyboard.type('建议文化活动室周末也开放')
  await tabTo(page, '同时发给村委会')
  await page.keyboard.press('Space')
  await expect(page.getByRole('switch', { name: '同时发给村委会' })).toBeChecked()
  await tabTo(page, '提交')
  await expectVisibleFocus(page)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { name: '诉求已收到' })).toBeVisible()
})

interface Stop {
  name: string
  size: { width: number; height: number }
  who?: () => Promise<Person>
  address: () => Promise<string> | string
  ready: (page: Page) => Promise<void>
}

const resident = (): Promise<Person> => Person.resident(server(), '13800008888')
const stops: readonly Stop[] = [
  { name: '居民首页', size: phone, address: () => `/g/${server().account('worker').grid_code}`, ready: (page) => expect(page.getByRole('link', { name: /务工就业/ })).toBeVisible() },
  { name: '居民首页（已登录）', size: phone, who: withTicket, address: () => `/g/${server().account('worker').grid_code}`, ready: (page) => expect(page.getByText('村口公交站牌被撞歪了').first()).toBeVisible() },
  { name: '填报', size: phone, who: resident, address: () => `/m/new/suggestion?grid=${server().account('worker').grid_code}`, ready: (page) => expect(page.getByRole('heading', { name: '意见建议' })).toBeVisible() },
  { name: '填报务工就业', size: phone, who: resident, address: () => `/m/new/employment?grid=${server().account('worker').grid_code}`, ready: (page) => expect(page.getByText('代人信息填报')).toBeVisible() },
  { name: '填报乡村振兴', size: phone, who: resident, address: () => `/m/new/revitalization?grid=${server().account('worker').grid_code}`, ready: (page) => expect(page.getByText('饮水安全风险预警')).toBeVisible() },
  { name: '待发送', size: phone, who: resident, address: () => `/m/new/suggestion?grid=${server().account('worker').grid_code}`, ready: showPending },
  { name: '切换网格', size: phone, who: resident, address: () => '/m/grids', ready: showGrids },
  { name: '我的诉求', size: phone, who: withTicket, address: () => '/m/tickets', ready: (page) => expect(page.getByText('村口公交站牌被撞歪了').first()).toBeVisible() },
  { name: '我的诉求（未登录）', size: phone, address: () => '/m/tickets', ready: (page) => expect(page.getByLabel('手机号')).toBeVisible() },
  { name: '我的', size: phone, who: resident, address: () => '/m/me', ready: (page) => expect(page.getByText('退出登录')).toBeVisible() },
  { name: '网格员工作台', size: phone, who: nudgedWorker, address: () => '/m/work', ready: (page) => expect(page.getByRole('alert')).toBeVisible() },
  { name: '下级网格', size: phone, who: () => Person.staff(server(), 'leader_l2'), address: () => '/m/below', ready: (page) => expect(page.getByRole('article').first()).toBeVisible() },
  { name: '网格员登录', size: phone, address: () => '/m/login', ready: (page) => expect(page.getByLabel('密码')).toBeVisible() },
  { name: '修改密码', size: phone, who: () => Person.staff(server(), 'worker'), address: () => '/m/password', ready: (page) => expect(page.getByLabel('原密码')).toBeVisible() },
  { name: '收到诉求', size: phone, who: resident, address: async () => `/m/receipt/${(await newTicket()).id}`, ready: (page) => expect(page.getByText('已送到网格员手机，等待接单')).toBeVisible() },
  { name: '诉求详情', size: phone, who: resident, address: async () => `/m/tickets/${(await newTicket()).id}`, ready: (page) => expect(page.getByRole('heading', { name: '办理过程' })).toBeVisible() },
  { name: '没有的页面', size: phone, address: () => '/m/zhaobudao', ready: (page) => expect(page.getByText('没有这个页面')).toBeVisible() },
  { name: '大屏登录', size: screen, address: () => '/screen/board/me', ready: (page) => expect(page.getByLabel('密码')).toBeVisible() },
  { name: '大屏配对', size: screen, address: () => '/screen', ready: (page) => expect(page.getByRole('img', { name: /^配对码/ })).toBeVisible() },
  { name: '大屏巡览', size: desk, who: () => Person.staff(server(), 'leader_l3'), address: () => '/screen/board/me?tour=1', ready: (page) => expect(page.getByText(/自动巡览 \d+ 秒后继续/)).toBeVisible() },
  { name: '大屏', size: screen, who: () => Person.staff(server(), 'leader_l1'), address: () => '/screen/board/me', ready: (page) => expect(page.locator('.feed li').first()).toBeVisible() },
  { name: '管理端', size: desk, who: () => Person.staff(server(), 'leader_l1'), address: () => '/console', ready: (page) => expect(page.getByRole('button', { name: '详情' }).first()).toBeVisible() },
  { name: '大屏管理', size: desk, who: () => Person.staff(server(), 'leader_l1'), address: () => '/console/screens', ready: (page) => expect(page.getByText('还没有配对的大屏')).toBeVisible() },
  { name: '管理端二维码', size: desk, who: () => Person.staff(server(), 'admin'), address: () => '/console', ready: showCode },
  { name: '管理端诉求详情', size: desk, who: () => Person.staff(server(), 'leader_l1'), address: () => '/console', ready: showDrawer },
  { name: '办结', size: phone, who: nudgedWorker, address: () => '/m/work', ready: showCompletion },
  { name: '管理端登录', size: desk, address: () => '/login', ready: (page) => expect(page.getByLabel('密码')).toBeVisible() },
  { name: '首页', size: desk, address: () => '/', ready: (page) => expect(page.getByRole('heading', { name: /连心/ })).toBeVisible() },
]

async function showCode(page: Page): Promise<void> {
  await page.getByRole('tab', { name: '网格资料与二维码' }).click()
  await expect(page.getByAltText(/的二维码$/)).toBeVisible()
}

async function showDrawer(page: Page): Promise<void> {
  await page.getByRole('button', { name: '详情' }).first().click()
  await expect(page.getByRole('dialog').getByText('办理过程')).toBeVisible()
}

async function showCompletion(page: Page): Promise<void> {
  await page.getByRole('button', { name: '接单' }).first().click()
  await page.getByRole('tab', { name: /办理中/ }).click()
  await page.getByRole('button', { name: '办结' }).first().click()
  await expect(page.getByLabel('办理结果')).toBeVisible()
}

/** A network that swallows the request. */
async function showPending(page: Page): Promise<void> {
  await page.route('**/api/v1/tickets', (route) => (route.request().method() === 'POST' ? route.fulfill({ status: 503, body: '' }) : route.fallback()))
  await page.getByLabel('写下来').fill('村口公交站牌被撞歪了')
  await page.getByRole('button', { name: '提交', exact: true }).click()
  await expect(page.getByText(/^临时编号/)).toBeVisible()
}

async function showGrids(page: Page): Promise<void> {
  await page.getByLabel('村、社区或网格的名称').fill('柳河村 三组')
  await page.getByRole('button', { name: '查找' }).click()
  await expect(page.getByRole('heading', { name: '找到的网格' })).toBeVisible()
  await expect(page.getByText(/位服务人员/).first()).toBeVisible()
}

async function newTicket(): Promise<Ticket> {
  return (await resident()).submit(server().account('worker').grid_code, '村口公交站牌被撞歪了，请扶正')
}

async function withTicket(): Promise<Person> {
  await newTicket()
  return resident()
}

async function nudgedWorker(): Promise<Person> {
  const ticket = await (await resident()).submit(server().account('worker').grid_code, '灌渠堵塞，水漫到路面')
  await (await Person.staff(server(), 'leader_l3')).act(ticket, 'nudge', { note: '请尽快接单' })
  return Person.staff(server(), 'worker')
}

async function visit(open: OpenWindow, stop: Stop, elder = false): Promise<Page> {
  const { page, tolerate } = await open(stop.size, await stop.who?.())
  if (stop.name === '待发送') tolerate(/status of 503/)
  if (elder) await page.addInitScript(() => localStorage.setItem('lianxin.elder', '1'))
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await page.goto(server().base + (await stop.address()))
  await stop.ready(page)
  return page
}

for (const stop of stops) {
  test(`axe finds nothing serious: ${stop.name}`, async ({ open }) => {
    const page = await visit(open, stop)
    await accessible(page, { serious: true })
    // Nothing sticks out sideways.
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0)
  })
}

/** The resident's own pages, in the elders' edition: words of 18 px and more, targets of 60 px, one column, also on a narrow phone. */
const elderStops = ['居民首页', '居民首页（已登录）', '填报', '填报务工就业', '填报乡村振兴', '待发送', '切换网格', '我的诉求', '我的诉求（未登录）', '收到诉求', '诉求详情']
for (const stop of stops.filter(({ name }) => elderStops.includes(name))) {
  test(`the elders’ edition: ${stop.name}`, async ({ open }) => {
    const page = await visit(open, { ...stop, size: { width: 360, height: 740 } }, true)
    await accessible(page, { serious: true })
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0)
    const { low, small } = await page.evaluate(() => {
      const shown = (element: Element): boolean => element.getClientRects().length > 0 && getComputedStyle(element).visibility === 'visible' && !element.closest('.visually-hidden')
      const all = [...document.querySelectorAll('button, a[href], input:not([type=checkbox], [type=radio]), textarea, [role=tab]')].filter((element) => shown(element) && !element.matches('.visually-hidden'))
      const words = [...document.querySelectorAll('p, span, b, small, label, button, a, dt, dd, h1, h2, h3, legend, li')].filter((element) => shown(element) && [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim()))
      return {
        low: all.filter((element) => element.getBoundingClientRect().height < 59.5).map((element) => `${element.outerHTML.slice(0, 90)} ${Math.round(element.getBoundingClientRect().height)}`),
        small: words.filter((element) => parseFloat(getComputedStyle(element).fontSize) < 17.95).map((element) => `${element.outerHTML.slice(0, 90)} ${getComputedStyle(element).fontSize}`),
      }
    })
    expect(low, 'targets below 60 px').toEqual([])
    expect(small, 'words below 18 px').toEqual([])
  })
}

test('at 200 % the resident’s page is one column without a sideways scroll', async ({ open }) => {
  // A phone of 390 px at 200 % lays out as one of 195 px.
  const { page } = await open({ width: 195, height: 422 }, await resident())
  for (const address of [`/g/${server().account('worker').grid_code}`, `/m/new/employment?grid=${server().account('worker').grid_code}`, '/m/tickets', '/m/grids']) {
    await page.goto(server().base + address)
    await page.waitForLoadState('networkidle')
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), address).toBeLessThanOrEqual(0)
  }
})

test('the elders’ edition enlarges the page and keeps it in one column', async ({ open }) => {
  const { page } = await open(phone)
  await page.goto(`${server().base}/g/${server().account('worker').grid_code}`)
  await page.getByRole('button', { name: '长辈版' }).click()
  await expect(page.getByRole('button', { name: '标准版' })).toBeVisible()
  const call = page.getByRole('button', { name: /打电话/ }).first()
  expect((await call.boundingBox())?.height).toBeGreaterThanOrEqual(60)
  expect(await page.evaluate(() => parseFloat(getComputedStyle(document.body).fontSize))).toBeGreaterThanOrEqual(18)
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0)
  await page.reload()
  await expect(page.getByRole('button', { name: '标准版' })).toBeVisible()
})

test('the content policy refuses an inline style, and these tests notice', async ({ open }) => {
  const { page, complaints, tolerate } = await open(desk)
  tolerate(/style/)
  await page.goto(`${server().base}/login`)
  await expect(page.getByLabel('密码')).toBeVisible()
  await page.evaluate(() => document.body.setAttribute('style', 'color: red'))
  await expect.poll(() => complaints.some((complaint) => complaint.startsWith('content policy: style-src'))).toBe(true)
})
