import type { BrowserContext, Page } from '@playwright/test'
import type { Ticket } from '@/shared/api/types'
import { serverOfThisFile } from './support/demo-server'
import { Person } from './support/people'
import { lampPhoto } from './support/photo'
import { expect, phone, test, type Window } from './support/windows'

/** The resident's pages with their service worker, and a network that comes and goes. */
test.use({ serviceWorkers: 'allow' })

const server = serverOfThisFile()
const code = (): string => server().account('worker').grid_code
const home = (): string => `${server().base}/g/${code()}`
const withoutNetwork = /ERR_INTERNET_DISCONNECTED|Failed to fetch|WebSocket|status of 50\d/

const mine = async (person: Person): Promise<Ticket[]> => (await person.get<{ items: Ticket[] }>('/tickets?box=mine')).items

/** After the first visit: the worker stands, and has all that it keeps. */
async function visited(open: (size: typeof phone, person?: Person) => Promise<Window>, person: Person): Promise<Window> {
  const window = await open(phone, person)
  window.tolerate(withoutNetwork)
  await window.page.goto(home())
  await expect(window.page.getByRole('link', { name: /意见建议/ })).toBeVisible()
  await window.page.evaluate(() => navigator.serviceWorker.ready)
  await expect.poll(() => window.page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true)
  return window
}

async function write(page: Page, words: string): Promise<void> {
  await page.getByRole('link', { name: /意见建议/ }).click()
  await page.getByLabel('写下来').fill(words)
}

const submit = (page: Page): Promise<void> => page.getByRole('button', { name: '提交', exact: true }).click()

test('after one visit the page opens without a network, keeps what is sent, and sends it once by itself', async ({ open, browser }) => {
  const resident = await Person.resident(server(), '13800004101')
  const { page, context } = await visited(open, resident)
  await write(page, '占位')
  await page.getByLabel('写下来').fill('')
  await page.goBack()

  await context.setOffline(true)
  await page.reload()
  await expect(page.getByText('网络不通，这是上次打开时的内容')).toBeVisible()
  await expect(page.getByRole('heading', { level: 1 })).toContainText('柳河村')
  await expect(page.locator('.kind')).toHaveCount(4)

  await write(page, '村口的路灯坏了，晚上看不见')
  await expect(page.getByText('现在没有网络。可以照常填写')).toBeVisible()
  await page.getByLabel('拍照片').setInputFiles(await lampPhoto(browser, false))
  await expect(page.getByAltText('已选照片')).toBeVisible()
  await submit(page)
  await expect(page.getByText(/^临时编号 待-[0-9A-F]{6}$/)).toBeVisible()
  await expect(page.getByText('有网络时自动发出，不用再操作')).toBeVisible()

  // A second request of the same kind does not touch the first.
  await page.getByRole('link', { name: '返回首页' }).click()
  await write(page, '文化活动室周末也开放就好了')
  await submit(page)
  await expect(page.getByText('文化活动室周末也开放就好了')).toBeVisible()
  await page.reload()
  await expect(page.getByText('文化活动室周末也开放就好了')).toBeVisible()
  expect(await mine(resident)).toHaveLength(0)

  await context.setOffline(false)
  await expect(page.getByRole('heading', { name: '诉求已收到' })).toBeVisible()
  await expect(page.getByText(/^编号 /)).toBeVisible()
  await expect.poll(async () => (await mine(resident)).map(({ content }) => content).sort()).toEqual(['文化活动室周末也开放就好了', '村口的路灯坏了，晚上看不见'])
  const lamp = (await mine(resident)).find(({ content }) => content.includes('路灯'))
  expect(lamp?.attachments).toHaveLength(1)
  await page.goto(`${server().base}/m/tickets`)
  await expect(page.getByText('存在手机里')).toBeHidden()
})

/** What the browser does when the network is back and no page is open. */
async function wakeWorker(context: BrowserContext, page: Page): Promise<void> {
  const devtools = await context.newCDPSession(page)
  const found = new Promise<string>((resolve) => {
    devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => registrations[0] && resolve(registrations[0].registrationId))
  })
  await devtools.send('ServiceWorker.enable')
  await devtools.send('ServiceWorker.dispatchSyncEvent', { origin: server().base, registrationId: await found, tag: 'lianxin-sent', lastChance: false })
}

test('a page that was closed without a network is sent by the worker, once, and the next visit knows', async ({ open, browser }) => {
  const resident = await Person.resident(server(), '13800004102')
  const { page, context } = await visited(open, resident)
  await write(page, '桥头的护栏松了，请来看看')
  await page.getByLabel('拍照片').setInputFiles(await lampPhoto(browser, false))
  await expect(page.getByAltText('已选照片')).toBeVisible()
  await context.setOffline(true)
  await submit(page)
  await expect(page.getByText(/^临时编号/)).toBeVisible()
  const pending = page.url()
  await page.goto('about:blank')
  await context.setOffline(false)

  const other = await context.newPage()
  await other.goto(`${server().base}/`)
  await page.close()
  await wakeWorker(context, other)
  await expect.poll(async () => (await mine(resident)).map(({ content, attachments }) => [content, attachments.length])).toEqual([['桥头的护栏松了，请来看看', 1]])
  // A browser may wake it twice.
  await wakeWorker(context, other)

  await other.goto(pending)
  await expect(other.getByRole('heading', { name: '诉求已收到' })).toBeVisible()
  const [ticket] = await mine(resident)
  await expect(other.getByText(ticket?.number ?? '', { exact: true })).toBeVisible()
  expect(await mine(resident)).toHaveLength(1)
})

test('what one person sent without a network does not go out in another’s name', async ({ open }) => {
  const resident = await Person.resident(server(), '13800004103')
  const { page, context } = await visited(open, resident)
  await write(page, '排水沟堵了')
  await context.setOffline(true)
  await submit(page)
  await expect(page.getByText(/^临时编号/)).toBeVisible()
  const other = await Person.resident(server(), '13800004104', '王小红')
  await context.addCookies([other.cookie()])
  await context.setOffline(false)
  await page.reload()
  await expect(page.getByText('这条诉求是用另一个手机号填的')).toBeVisible()
  await page.getByRole('button', { name: '现在再试一次' }).click()
  await expect(page.getByRole('button', { name: '现在再试一次' })).toBeEnabled()
  expect(await mine(other)).toEqual([])
  await context.addCookies([resident.cookie()])
  await page.reload()
  await expect(page.getByRole('heading', { name: '诉求已收到' })).toBeVisible()
  expect(await mine(resident)).toHaveLength(1)
})

test('the page may be installed, and the worker is one plain script at both of its addresses', async ({ open, request }) => {
  const { page } = await open(phone)
  await page.goto(home())
  const address = await page.locator('link[rel=manifest]').getAttribute('href')
  const manifest = (await (await request.get(server().base + (address ?? ''))).json()) as { start_url: string; display: string; icons: { src: string; sizes: string }[] }
  expect([manifest.start_url, manifest.display, manifest.icons.map(({ sizes }) => sizes)]).toEqual(['/m', 'standalone', ['192x192', '512x512', '512x512']])
  for (const { src } of manifest.icons) expect((await request.get(server().base + src)).headers()['content-type']).toBe('image/png')
  for (const path of ['/worker.js', '/push-worker.js']) {
    const answer = await request.get(server().base + path)
    expect(answer.headers()['content-type']).toContain('text/javascript')
    expect(answer.headers()['cache-control']).toBe('no-cache')
    expect(await answer.text()).not.toMatch(/\b(import|export)\s*[{*"']/)
  }
})
