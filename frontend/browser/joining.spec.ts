import type { Page } from '@playwright/test'
import { accessible } from './support/accessible'
import { serverOfThisFile } from './support/demo-server'
import { nextCode, Person } from './support/people'
import { expect, phone, test } from './support/windows'

const server = serverOfThisFile()
const sentence = '三组路口的路灯不亮，已报修'
const words = '路灯坏了，我家在路口第二栋'
/** Away from whatever the demonstration made known. */
const place = { lng: 105.5, lat: 24.2 }

async function fits(page: Page): Promise<void> {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  expect(wide, 'nothing stands out to the right').toBeLessThanOrEqual(0)
}

test('a neighbour joins what the worker made known, and hears that it is done', async ({ open }) => {
  const code = server().account('worker').grid_code
  const first = await Person.resident(server(), '19900007101', '覃大姐')
  const ticket = await first.submit(code, words, { location: place })
  const { page: worker, tolerate: refused } = await open(phone, await Person.staff(server(), 'worker', 0))
  // A sentence with a name in it.
  refused(/status of 422 .*\/known$/)
  const { page: neighbour, context, tolerate } = await open(phone, await Person.resident(server(), '19900007102', '黄大叔'))
  // What somebody joined stays closed to them; browsers log that.
  tolerate(/status of 404 .*\/tickets\//)
  await context.grantPermissions(['geolocation'])
  await context.setGeolocation({ longitude: place.lng, latitude: place.lat, accuracy: 8 })

  await test.step('the worker says one sentence in public', async () => {
    await worker.goto(`${server().base}/m/tickets/${ticket.id}`)
    const part = worker.getByRole('region', { name: '公开说明' })
    await part.getByRole('button', { name: '公开说明' }).click()
    const sheet = worker.getByRole('dialog', { name: '公开说明' })
    await expect(sheet).toContainText('居民只会看到这句话，不会看到诉求内容和个人信息')
    await sheet.getByLabel('一句话说明').fill('请打 138-1234 5678')
    await sheet.getByRole('button', { name: '公开', exact: true }).click()
    await expect(sheet.getByRole('alert')).toHaveText('含有像手机号的数字，请去掉。')
    await sheet.getByLabel('一句话说明').fill('覃大姐门口的路灯不亮')
    await sheet.getByRole('button', { name: '公开', exact: true }).click()
    await expect(sheet.getByRole('alert')).toContainText('含有诉求人的姓名')
    await accessible(worker)
    await sheet.getByLabel('一句话说明').fill(sentence)
    await sheet.getByRole('button', { name: '公开', exact: true }).click()
    await expect(part).toContainText(sentence)
    await accessible(worker)
    await fits(worker)
  })

  await test.step('the neighbour begins the same report and joins instead', async () => {
    await neighbour.goto(`${server().base}/g/${code}`)
    await neighbour.getByRole('link', { name: /意见建议/ }).click()
    await neighbour.getByRole('button', { name: '附上我的位置' }).click()
    const card = neighbour.getByRole('region', { name: '附近正在办理' })
    await expect(card).toContainText(sentence)
    await expect(card).toContainText('约 50 米内')
    await expect(neighbour.getByText(words)).toHaveCount(0)
    // It never stands in the way of an own request.
    await expect(neighbour.getByRole('button', { name: '提交' })).toBeEnabled()
    await accessible(neighbour)
    await card.getByRole('button', { name: `我也遇到了：${sentence}` }).click()
    await expect(card.getByRole('status')).toContainText('已加入，办结时会通知您')
    await expect(card.getByRole('button', { name: /我也遇到了/ })).toHaveCount(0)
    await accessible(neighbour)
    await card.getByRole('link', { name: '查看我的诉求' }).click()
    const joined = neighbour.getByRole('region', { name: '我加入的' })
    await expect(joined).toContainText(sentence)
    await expect(joined).toContainText('等待接单')
    await accessible(neighbour)
  })

  await test.step('the worker sees that it concerns another, and completes it', async () => {
    await expect(worker.getByText('另有 1 人反映').first()).toBeVisible()
    await worker.getByRole('button', { name: '接单' }).click()
    await worker.getByRole('button', { name: '办结' }).click()
    const sheet = worker.getByRole('dialog', { name: '办结诉求' })
    await sheet.getByLabel('办理结果').fill('给覃大姐门口换了灯泡')
    await sheet.getByRole('button', { name: '办结', exact: true }).click()
    await expect(worker.getByText('已办结，等待群众评价。')).toBeVisible()
  })

  await test.step('the neighbour sees it at once, and nothing of the request itself', async () => {
    const joined = neighbour.getByRole('region', { name: '我加入的' })
    await expect(joined).toContainText('已办结')
    await neighbour.goto(`${server().base}/m/inbox`)
    await neighbour.getByRole('button', { name: /您加入的诉求已办结/ }).click()
    await expect(joined).toContainText(sentence)
    await neighbour.goto(`${server().base}/m/tickets/${ticket.id}`)
    await expect(neighbour.getByRole('alert')).toContainText('没有找到这件诉求')
    await expect(neighbour.getByText('覃大姐')).toHaveCount(0)
    await neighbour.goto(`${server().base}/m/tickets`)
    await joined.getByRole('button', { name: `不再关注：${sentence}` }).click()
    await expect(joined).toHaveCount(0)
  })
})

test('who has no account gives a number first, and the elders read it large', async ({ open }) => {
  const code = server().account('worker').grid_code
  const first = await Person.resident(server(), '19900007103', '覃大姐')
  const ticket = await first.submit(code, words)
  const worker = await Person.staff(server(), 'worker', 0)
  await worker.act(ticket, 'known', { text: sentence })
  const { page: stranger } = await open(phone)
  await stranger.addInitScript(() => localStorage.setItem('lianxin.elder', '1'))
  await stranger.goto(`${server().base}/m/new/suggestion?grid=${code}`)
  const card = stranger.getByRole('region', { name: '附近正在办理' })
  await stranger.getByLabel('写下来').fill('我先写了几个字')
  await card.getByRole('button', { name: `我也遇到了：${sentence}` }).click()
  await accessible(stranger)
  const number = '19900007104'
  await stranger.getByLabel('手机号').fill(number)
  const sms = await nextCode(server(), number, () => stranger.getByRole('button', { name: '获取验证码' }).click())
  await stranger.getByLabel('验证码').fill(sms)
  await stranger.getByRole('button', { name: '登录' }).click()
  await stranger.getByLabel('姓名').fill('黄大叔')
  await stranger.getByLabel('住址').fill('三组 9 号')
  await stranger.getByRole('button', { name: '保存' }).click()
  await expect(card.getByRole('status')).toContainText('已加入，办结时会通知您')
  await accessible(stranger)
  // It never stands in the way of an own request.
  await expect(stranger.getByLabel('写下来')).toHaveValue('我先写了几个字')
  await fits(stranger)
})

test('without an answer the card is simply not there', async ({ open }) => {
  const code = server().account('worker').grid_code
  const { page, tolerate } = await open(phone)
  tolerate(/Failed to load resource/)
  await page.route('**/entry/*/known?*', (route) => route.abort())
  const refused = page.waitForEvent('requestfailed', (request) => request.url().includes('/known?'))
  await page.goto(`${server().base}/m/new/suggestion?grid=${code}`)
  await refused
  await page.getByLabel('写下来').fill('没有网络也要能写')
  await expect(page.getByRole('button', { name: '提交' })).toBeEnabled()
  await expect(page.getByRole('region', { name: '附近正在办理' })).toHaveCount(0)
  await expect(page.getByRole('alert')).toHaveCount(0)
})
