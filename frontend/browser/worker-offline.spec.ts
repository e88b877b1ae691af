import type { BrowserContext, Page } from '@playwright/test'
import type { Ticket } from '@/shared/api/types'
import { accessible } from './support/accessible'
import { serverOfThisFile } from './support/demo-server'
import { Person } from './support/people'
import { lampPhoto } from './support/photo'
import { expect, phone, test, type OpenWindow, type Window } from './support/windows'

/** A worker's phone with its service worker, and a network that comes and goes. */
test.use({ serviceWorkers: 'allow' })

const server = serverOfThisFile()
const withoutNetwork = /ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_FAILED|Failed to fetch|WebSocket|status of (50\d|40[0139]|41[03]|422)/
const offline = (page: Page) => page.getByText(/^离线 · 数据截至/)

interface KeptRow {
  key: string
  owner: string
}

/** What lies on the phone to be read without a network. */
const kept = (page: Page): Promise<KeptRow[]> =>
  page.evaluate(
    () =>
      new Promise<KeptRow[]>((resolve) => {
        const request = indexedDB.open('lianxin-kept')
        request.onsuccess = () => {
          const database = request.result
          // Looking must not stand in the way of a deletion.
          const end = (rows: KeptRow[]): void => {
            database.close()
            resolve(rows)
          }
          if (!database.objectStoreNames.contains('answers')) return end([])
          const all = database.transaction('answers').objectStore('answers').getAll()
          all.onsuccess = () => end(all.result as KeptRow[])
        }
        // Made by looking: it must not be there.
        request.onupgradeneeded = () => request.transaction?.abort()
        request.onerror = () => resolve([])
      }),
  )

/** After the first visit: the worker stands with all its files, and what the phone needs on the way is on it. */
async function synced(open: OpenWindow, person: Person): Promise<Window> {
  const window = await open(phone, person)
  window.tolerate(withoutNetwork)
  const { page } = window
  await page.goto(`${server().base}/m/work`)
  await expect(page.getByRole('heading', { name: '我的服务' })).toBeVisible()
  await expect.poll(async () => (await kept(page)).some(({ key }) => key.includes('/grids/tree'))).toBe(true)
  await hasStaffPages(page)
  return window
}

async function hasStaffPages(page: Page): Promise<void> {
  await page.evaluate(() => navigator.serviceWorker.ready)
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true)
  await expect.poll(() => page.evaluate(async () => (await Promise.all((await caches.keys()).map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => url)))).flat().some((url) => url.includes('DiaryPage')))).toBe(true)
}

/** The browser knows of no network, and there is none. */
async function lose(context: BrowserContext, page: Page): Promise<void> {
  await context.setOffline(true)
  await expect(offline(page)).toBeVisible()
}

async function aTicketOf(worker: Person, words: string, phoneNumber: string): Promise<Ticket> {
  const resident = await Person.resident(server(), phoneNumber)
  const ticket = await resident.submit(server().account('worker').grid_code, words)
  return worker.act(ticket, 'accept')
}

const records = async (person: Person, words: string): Promise<{ id: string; attachments: unknown[] }[]> => (await person.get<{ items: { id: string; text: string; attachments: unknown[] }[] }>('/service-records?box=mine&limit=20')).items.filter(({ text }) => text === words)

test('the lists, the own open request and its story, the diary and the people of the grid are there without a network', async ({ open }) => {
  const worker = await Person.staff(server(), 'worker')
  const ticket = await aTicketOf(worker, '三组路口的路灯不亮', '13800005101')
  const { page, context } = await synced(open, worker)
  await lose(context, page)
  await page.reload()
  await expect(page.getByRole('heading', { name: '我的服务' })).toBeVisible()
  await expect(offline(page)).toBeVisible()
  await page.getByRole('tab', { name: /办理中/ }).click()
  const card = page.getByRole('article').filter({ hasText: '三组路口的路灯不亮' })
  await expect(card).toBeVisible()
  await expect(card.getByRole('button', { name: '打电话' })).toBeDisabled()
  await expect(card.getByRole('button', { name: '办结' })).toBeEnabled()
  await accessible(page, { serious: true })
  await card.getByRole('link').first().click()
  await expect(page.getByRole('heading', { name: '三组路口的路灯不亮' })).toBeVisible()
  await expect(page.getByRole('heading', { name: '办理过程' })).toBeVisible()
  await expect(page.getByText(ticket.number, { exact: true })).toBeVisible()
  await page.goto(`${server().base}/m/diary`)
  await expect(page.getByRole('main').getByRole('listitem').or(page.getByText('还没有服务记录')).first()).toBeVisible()
  await accessible(page, { serious: true })
  await page.goto(`${server().base}/m/map`)
  await expect(page.getByRole('button', { name: /打电话|拨打/ }).first()).toBeVisible()
  await expect(offline(page)).toBeVisible()

  // Back: what changed meanwhile comes by itself.
  await page.goto(`${server().base}/m/tickets/${ticket.id}`)
  await expect(page.getByRole('heading', { name: '三组路口的路灯不亮' })).toBeVisible()
  await worker.act(ticket, 'complete', { note: '换了灯泡' })
  await context.setOffline(false)
  await expect(offline(page)).toBeHidden()
  await expect(page.getByText('换了灯泡').first()).toBeVisible()
})

test('a server that is gone is told the same way, and its return ends it', async ({ open }) => {
  const leader = await Person.staff(server(), 'leader_l3')
  const { page } = await synced(open, leader)
  await server().stop()
  await page.goto(`${server().base}/m/below`)
  await expect(offline(page)).toBeVisible()
  await expect(page.getByText('（合计）')).toBeVisible()
  await server().restart()
  await expect(offline(page)).toBeHidden()
})

test('a record with a photo that was submitted without a network goes out once, by itself', async ({ open, browser }) => {
  const words = '走访覃奶奶，信号不好'
  const worker = await Person.staff(server(), 'worker')
  const { page, context } = await synced(open, worker)
  await lose(context, page)
  await page.goto(`${server().base}/m/diary/new`)
  await page.getByLabel('做了什么').fill(words)
  await page.getByLabel('拍照片').setInputFiles(await lampPhoto(browser, false))
  await expect(page.getByAltText('已选照片')).toBeVisible()
  await page.getByRole('button', { name: '提交' }).click()
  await expect(page.getByRole('heading', { name: '已存在手机里，等待提交' })).toBeVisible()
  await accessible(page, { serious: true })
  // The next one begins on an empty page, and a reload loses nothing.
  await page.goto(`${server().base}/m/diary/new`)
  await expect(page.getByLabel('做了什么')).toHaveValue('')
  await page.goto(`${server().base}/m/diary`)
  await expect(page.getByRole('list', { name: '待发送' })).toContainText(words)
  await page.goto(`${server().base}/m/pending`)
  await page.getByRole('link', { name: new RegExp(words) }).click()
  expect(await records(worker, words)).toEqual([])

  // A second tab sends too; the server makes one of it.
  const second = await context.newPage()
  await second.goto(`${server().base}/m/pending`)
  await context.setOffline(false)
  await expect(page.getByText('前可以修改或删除')).toBeVisible()
  await expect.poll(async () => (await records(worker, words)).map(({ attachments }) => attachments.length)).toEqual([1])
  await expect(second.getByText('没有待发送的内容')).toBeVisible()
  expect(await records(worker, words)).toHaveLength(1)
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

test('with the page closed the worker sends it, once, and the next visit knows', async ({ open }) => {
  const words = '调解二组的地界'
  const worker = await Person.staff(server(), 'worker')
  const { page, context } = await synced(open, worker)
  await page.goto(`${server().base}/m/diary/new`)
  await page.getByLabel('做了什么').fill(words)
  await context.setOffline(true)
  await page.getByRole('button', { name: '提交' }).click()
  await expect(page.getByRole('heading', { name: '已存在手机里，等待提交' })).toBeVisible()
  await page.goto('about:blank')
  await context.setOffline(false)
  const other = await context.newPage()
  await other.goto(`${server().base}/`)
  await page.close()
  await wakeWorker(context, other)
  await expect.poll(async () => (await records(worker, words)).length).toBe(1)
  await wakeWorker(context, other)
  await other.goto(`${server().base}/m/pending`)
  await expect(other.getByText('没有待发送的内容')).toBeVisible()
  expect(await records(worker, words)).toHaveLength(1)
})

test('a record of a phone whose clock was set a day ahead is refused with a reason, mended and sent', async ({ open }) => {
  const words = '时钟不对的手机'
  const hour = 3600_000
  const worker = await Person.staff(server(), 'worker')
  const { page, context } = await synced(open, worker)
  const beijing = (moment: number): string => new Date(moment + 8 * hour).toISOString().slice(0, 16)
  const real = Date.now()
  await lose(context, page)
  await page.clock.setSystemTime(real + 24 * hour)
  await page.goto(`${server().base}/m/diary/new`)
  await page.getByLabel('做了什么').fill(words)
  await page.getByLabel('服务时间').fill(beijing(real + 23 * hour))
  await page.getByRole('button', { name: '提交' }).click()
  // Only the server knows better.
  await expect(page.getByRole('heading', { name: '已存在手机里，等待提交' })).toBeVisible()
  await context.setOffline(false)
  await expect(page.getByRole('heading', { name: '没有提交成功' })).toBeVisible()
  await expect(page.getByText('服务时间不能晚于现在')).toBeVisible()
  await accessible(page, { serious: true })
  await page.getByRole('link', { name: '打开修改' }).click()
  await page.getByLabel('服务时间').fill(beijing(real - hour))
  await page.getByRole('button', { name: '提交' }).click()
  await expect(page.getByText('前可以修改或删除')).toBeVisible()
  expect(await records(worker, words)).toHaveLength(1)
})

test('what completes a request is written without a network and sent by a press alone, after a look at how it stands', async ({ open, browser }) => {
  const worker = await Person.staff(server(), 'worker')
  const ticket = await aTicketOf(worker, '水沟盖板松动', '13800005102')
  const gone = await aTicketOf(worker, '村口的树倒了', '13800005103')
  const { page, context } = await synced(open, worker)
  await lose(context, page)
  for (const [words, note] of [['水沟盖板松动', '换了新盖板'], ['村口的树倒了', '已经清走']] as const) {
    await page.getByRole('tab', { name: /办理中/ }).click()
    await page.getByRole('article').filter({ hasText: words }).getByRole('button', { name: '办结' }).click()
    await expect(page.getByText('现在没有网络。先写好存在手机里')).toBeVisible()
    await page.getByLabel('办理结果').fill(note)
    if (note === '换了新盖板') {
      await page.getByLabel('拍办结照片').setInputFiles(await lampPhoto(browser, true))
      await expect(page.getByAltText('已选照片')).toBeVisible()
    }
    await page.getByRole('button', { name: '存在手机里' }).click()
    await expect(page.getByRole('dialog')).toBeHidden()
  }
  await page.reload()
  await page.getByRole('link', { name: '待发送 2' }).click()
  await expect(page.getByRole('link', { name: /去核对/ })).toHaveCount(2)
  await page.getByRole('link', { name: /水沟盖板松动/ }).click()
  await expect(page.getByText('没有网络，看不到最新情况')).toBeVisible()
  await expect(page.getByRole('button', { name: '核对无误，去办结' })).toBeDisabled()
  await accessible(page, { serious: true })

  // Meanwhile the other one moved on.
  await worker.act(gone, 'complete', { note: '电话里办的' })
  await context.setOffline(false)
  await expect(page.getByRole('button', { name: '核对无误，去办结' })).toBeEnabled()
  expect((await worker.get<Ticket>(`/tickets/${ticket.id}`)).state).toBe('accepted')
  await accessible(page, { serious: true })
  await page.getByRole('button', { name: '核对无误，去办结' }).click()
  await expect(page.getByLabel('办理结果')).toHaveValue('换了新盖板')
  await expect(page.getByRole('dialog').getByAltText('已选照片')).toBeVisible()
  await page.getByRole('button', { name: '办结', exact: true }).click()
  await expect.poll(async () => (await worker.get<Ticket>(`/tickets/${ticket.id}`)).completion?.attachments.length).toBe(1)
  await page.goto(`${server().base}/m/pending`)
  await page.getByRole('link', { name: /村口的树倒了/ }).click()
  await expect(page.getByText('这条诉求已经办结。')).toBeVisible()
  await expect(page.getByRole('button', { name: '核对无误，去办结' })).toBeDisabled()
  await page.getByRole('button', { name: '不要了，删除' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '删除', exact: true }).click()
  await expect(page.getByText('没有待发送的内容')).toBeVisible()
  expect((await worker.get<Ticket>(`/tickets/${gone.id}`)).completion?.note).toBe('电话里办的')
})

test('nobody else reads what was kept: another account, a sign-out, a session that ended', async ({ open }) => {
  const worker = await Person.staff(server(), 'worker')
  const other = await Person.staff(server(), 'worker', 1)
  const { page, context } = await synced(open, worker)
  expect(new Set((await kept(page)).map(({ owner }) => owner)).size).toBe(1)

  // Somebody else signs in on this phone, at the console's page.
  await context.addCookies([other.cookie()])
  await page.goto(`${server().base}/console`)
  await expect.poll(() => page.evaluate(() => localStorage.getItem('lianxin.kept_owner'))).toBe(null)
  await expect.poll(() => kept(page)).toEqual([])
  await context.setOffline(true)
  await page.goto(`${server().base}/m/work`)
  await expect(page.getByRole('article')).toHaveCount(0)
  await expect(page.getByText((await worker.me()).grids[0]?.full_name ?? '', { exact: true })).toHaveCount(0)
  await context.setOffline(false)
  await page.reload()
  const otherId = (await other.me()).id
  await expect.poll(async () => [...new Set((await kept(page)).map(({ owner }) => owner))]).toEqual([otherId])

  // Signing out without a network: gone here at once, and at the server as soon as it can be told.
  await page.goto(`${server().base}/m/me`)
  await context.setOffline(true)
  await page.getByRole('button', { name: '退出登录' }).click()
  await expect(page).toHaveURL(/\/m\/login/)
  await expect.poll(() => kept(page)).toEqual([])
  await page.goto(`${server().base}/m/work`)
  await expect(page.getByRole('article')).toHaveCount(0)
  await context.setOffline(false)
  await page.reload()
  await expect(page).toHaveURL(/\/m\/login/)
  await expect.poll(() => other.me().then(() => 'known', () => 'unknown')).toBe('unknown')

  // A session that the server ended elsewhere.
  const again = await Person.staff(server(), 'worker', 1)
  await context.addCookies([again.cookie()])
  await page.goto(`${server().base}/m/work`)
  await expect.poll(async () => (await kept(page)).length).toBeGreaterThan(2)
  await again.post('/auth/logout')
  await page.reload()
  await expect(page).toHaveURL(/\/m\/login/)
  await expect.poll(() => kept(page)).toEqual([])
})

test('signing out with words that only this phone has asks first', async ({ open }) => {
  const words = '只有这部手机有的记录'
  const worker = await Person.staff(server(), 'worker', 1)
  const { page, context } = await synced(open, worker)
  await lose(context, page)
  await page.goto(`${server().base}/m/diary/new`)
  await page.getByLabel('做了什么').fill(words)
  await page.getByRole('button', { name: '提交' }).click()
  await expect(page.getByRole('heading', { name: '已存在手机里，等待提交' })).toBeVisible()
  await page.goto(`${server().base}/m/me`)
  await page.getByRole('button', { name: '退出登录' }).click()
  await expect(page.getByRole('dialog')).toContainText('1 条服务记录')
  await accessible(page, { serious: true })
  await page.getByRole('button', { name: '先不退出' }).click()
  await expect(page.getByRole('dialog')).toBeHidden()
  await page.getByRole('button', { name: '退出登录' }).click()
  await page.getByRole('button', { name: '留在手机里，退出' }).click()
  await expect(page).toHaveURL(/\/m\/login/)

  // Another account neither sees nor sends it.
  const other = await Person.staff(server(), 'worker')
  await context.addCookies([other.cookie()])
  await page.evaluate(() => localStorage.removeItem('lianxin.leaving'))
  await context.setOffline(false)
  await page.goto(`${server().base}/m/pending`)
  await expect(page.getByText('这部手机上还有 1 条是用别的账号写的')).toBeVisible()
  expect(await records(other, words)).toEqual([])
  const again = await Person.staff(server(), 'worker', 1)
  await context.addCookies([again.cookie()])
  await page.reload()
  await expect.poll(async () => (await records(again, words)).length).toBe(1)
})

test('a full phone is told, and keeps working', async ({ open }) => {
  const worker = await Person.staff(server(), 'worker')
  const window = await open(phone, worker)
  window.tolerate(withoutNetwork)
  const { page, context } = window
  await context.addInitScript(() => {
    IDBObjectStore.prototype.put = () => {
      throw new DOMException('full', 'QuotaExceededError')
    }
  })
  await page.goto(`${server().base}/m/work`)
  await expect(page.getByRole('heading', { name: '我的服务' })).toBeVisible()
  await hasStaffPages(page)
  expect(await kept(page)).toEqual([])
  await page.goto(`${server().base}/m/diary/new`)
  await page.getByLabel('做了什么').fill('手机满了')
  await context.setOffline(true)
  await page.getByRole('button', { name: '提交' }).click()
  await expect(page.getByText('手机存储空间不足')).toBeVisible()
  await context.setOffline(false)
  await expect.poll(async () => (await records(worker, '手机满了')).length).toBe(1)
})
