import { serverOfThisFile } from './support/demo-server'
import { Person } from './support/people'
import { desk, expect, phone, test } from './support/windows'

const server = serverOfThisFile()

test('a nudge rings on the worker’s phone and in the other browser; read on one it is read on both', async ({ open }) => {
  const worker = await Person.staff(server(), 'worker', 0)
  const leader = await Person.staff(server(), 'leader_l3')
  const resident = await Person.resident(server(), '13800002201')
  const ticket = await resident.submit(server().account('worker').grid_code, '水沟堵了，请来看看')
  await worker.act(ticket, 'accept')

  const { page: phonePage } = await open(phone, worker)
  const { page: deskPage } = await open(desk, worker)
  await phonePage.goto(`${server().base}/m/inbox`)
  await deskPage.goto(`${server().base}/console/inbox`)
  await phonePage.getByRole('button', { name: '全部已读' }).click()
  const badge = deskPage.getByRole('link', { name: /^消息，0 条未读$/ })
  await expect(badge).toBeVisible()

  await leader.act(ticket, 'nudge', { note: '今天一定去看' })
  const onPhone = phonePage.getByRole('button', { name: /领导督促.*督促（第 1 次）/ })
  await expect(onPhone).toBeVisible()
  await expect(onPhone).toContainText('今天一定去看')
  await expect(phonePage.getByLabel('1 条未读')).toBeVisible()
  await expect(deskPage.getByRole('link', { name: /^消息，1 条未读$/ })).toBeVisible()
  await expect(deskPage).toHaveTitle(/^（1）/)

  await onPhone.click()
  await expect(phonePage.getByRole('heading', { name: '水沟堵了，请来看看' })).toBeVisible()
  await expect(badge).toBeVisible()
})

test('a resident finds what happened to the own request', async ({ open }) => {
  const worker = await Person.staff(server(), 'worker', 0)
  const resident = await Person.resident(server(), '13800002202')
  const { page } = await open(phone, resident)
  await page.goto(`${server().base}/m/inbox`)
  await expect(page.getByText('没有未读消息')).toBeVisible()
  const ticket = await resident.submit(server().account('worker').grid_code, '路灯不亮')
  await worker.act(ticket, 'accept')
  await page.getByRole('button', { name: /您的诉求已接单/ }).click()
  await expect(page.getByRole('heading', { name: '路灯不亮' })).toBeVisible()
})

test('wishes are kept; duty cannot be switched off', async ({ open }) => {
  const { page, tolerate } = await open(phone, await Person.staff(server(), 'worker', 1))
  tolerate(/status of 422/)
  await page.goto(`${server().base}/m/notifications`)
  await expect(page.getByText('是工作提醒，始终打开')).toBeVisible()
  await page.getByLabel('办理进度').uncheck()
  await page.getByLabel('每日汇总').check()
  await page.getByRole('textbox', { name: '每天' }).fill('17:30')
  await page.getByRole('textbox', { name: '每天' }).blur()
  await page.reload()
  await expect(page.getByLabel('办理进度')).not.toBeChecked()
  await expect(page.getByRole('textbox', { name: '每天' })).toHaveValue('17:30')
  await page.getByRole('textbox', { name: '从' }).fill('08:00')
  await expect(page.getByRole('alert')).toContainText('不能相同')
  await expect(page.getByRole('textbox', { name: '从' })).toHaveValue('22:00')
})

test('the push worker is served where it may open every page', async ({ request }) => {
  const answer = await request.get(`${server().base}/push-worker.js`)
  expect(answer.status()).toBe(200)
  expect(answer.headers()['content-type']).toContain('text/javascript')
  expect(await answer.text()).toContain('showNotification')
})
