import type { Locator, Page } from '@playwright/test'
import type { Ticket } from '@/shared/api/types'
import { serverOfThisFile } from './support/demo-server'
import { Person } from './support/people'
import { desk, expect, phone, test, type OpenWindow } from './support/windows'

const server = serverOfThisFile()

interface Rules {
  finish: object
  nudge_answer: object | null
  history?: unknown
  may_change?: boolean
}

/** Office time makes the end of a limit worth explaining; the demonstration under test counts around the clock. */
async function countInWorkdays(open: OpenWindow): Promise<void> {
  const admin = await Person.staff(server(), 'admin')
  const { history: _history, may_change: _mayChange, ...rules } = await admin.get<Rules>('/service-levels')
  const { page } = await open(desk, admin)
  const changed = { ...rules, finish: { value: 3, unit: 'workdays', clock: 'working' }, nudge_answer: { value: 20, unit: 'minutes', clock: 'continuous' } }
  const api = `${server().base}/api/v1`
  const { csrf_token: token } = (await (await page.request.get(`${api}/auth/me`)).json()) as { csrf_token: string }
  const answer = await page.request.put(`${api}/service-levels`, { data: changed, headers: { 'X-CSRF-Token': token } })
  expect(answer.status(), await answer.text()).toBe(200)
}

async function accepted(content: string, number: string): Promise<{ ticket: Ticket; resident: Person; worker: Person }> {
  const resident = await Person.resident(server(), number)
  const worker = await Person.staff(server(), 'worker')
  const ticket = await resident.submit(server().account('worker').grid_code, content)
  return { ticket: await worker.act(ticket, 'accept'), resident, worker }
}

const address = (ticket: Ticket): string => `${server().base}/m/tickets/${ticket.id}`
const sheetOf = (page: Page, name: string): Locator => page.getByRole('dialog', { name })

async function more(page: Page, action: string): Promise<void> {
  await page.getByRole('button', { name: '更多' }).click()
  await sheetOf(page, '更多操作').getByRole('button', { name: action }).click()
}

test('a pause is seen by the resident at once, and so is its end', async ({ open }) => {
  const { ticket, resident, worker } = await accepted('桥头护栏松动，需要等交通部门来看', '13800003101')
  const { page: at } = await open(phone, worker)
  const { page: own } = await open(phone, resident)
  await at.goto(address(ticket))
  await own.goto(address(ticket))
  await expect(own.getByText(/^还剩 .*届时应办结$/)).toBeVisible()

  await more(at, '暂停计时')
  const sheet = sheetOf(at, '暂停计时')
  await sheet.getByRole('button', { name: '暂停计时' }).click()
  await expect(sheet.getByRole('alert')).toHaveText('请选择暂停原因。')
  await sheet.getByLabel('其他原因').check()
  await sheet.getByRole('button', { name: '暂停计时' }).click()
  await expect(sheet.getByRole('alert')).toHaveText('请写明原因。')
  await sheet.getByLabel('等待其他部门').check()
  await sheet.getByLabel(/^说明/).fill('已报交通站，等他们现场查看')
  await sheet.getByRole('button', { name: '暂停计时' }).click()
  await expect(at.getByText('已暂停计时。')).toBeVisible()
  await expect(own.getByText(/^暂停计时：等待其他部门（到 \d\d-\d\d \d\d:\d\d 自动恢复）$/)).toBeVisible()
  await expect(own.getByText('还剩', { exact: false })).toBeHidden()

  await own.goto(`${server().base}/m/tickets`)
  await expect(own.getByRole('link', { name: ticket.content })).toContainText('暂停计时：等待其他部门')
  await at.getByRole('button', { name: '恢复计时' }).click()
  await expect(at.getByText(/^已恢复计时/)).toBeVisible()
  await expect(own.getByRole('link', { name: ticket.content })).toContainText('还剩')
})

test('more time is asked for by the worker and granted by the leader at a desk', async ({ open }) => {
  await countInWorkdays(open)
  const { ticket, resident, worker } = await accepted('排水沟塌了一段，要请施工队', '13800003102')
  const { page: at } = await open(phone, worker)
  const { page: own } = await open(phone, resident)
  const { page: leader } = await open(desk, await Person.staff(server(), 'leader_l3'))
  const grid = ticket.grid.id
  await leader.goto(`${server().base}/console/grids/${grid}`)
  await own.goto(address(ticket))
  await at.goto(address(ticket))

  await test.step('the worker asks', async () => {
    await more(at, '申请延期')
    const sheet = sheetOf(at, '申请延期')
    await sheet.getByRole('button', { name: '提交申请' }).click()
    await expect(sheet.getByRole('alert')).toHaveText('请填写延长多久。')
    await sheet.getByLabel('延长多久').fill('2')
    await sheet.getByRole('button', { name: '提交申请' }).click()
    await expect(sheet.getByRole('alert')).toHaveText('请写明延期原因。')
    await sheet.getByLabel('延期原因').fill('施工队下周才能进场')
    await sheet.getByRole('button', { name: '提交申请' }).click()
    await expect(at.getByText('延期申请已提交，等待上级审批。')).toBeVisible()
    await expect(at.getByText('延期待审批')).toBeVisible()
    await expect(own.getByText('施工队下周才能进场', { exact: true })).toBeHidden()
  })

  const row = leader.getByRole('row').filter({ hasText: ticket.content })
  const drawer = sheetOf(leader, '诉求详情')
  await test.step('the leader sees the request and grants it', async () => {
    await expect(row).toContainText('延期待审批')
    await row.getByRole('button', { name: '审批' }).click()
    await expect(drawer.getByText(`${server().account('worker').name} 申请延期 2 个工作日`)).toBeVisible()
    await drawer.getByRole('button', { name: '延期审批' }).click()
    const sheet = sheetOf(leader, '延期审批')
    await expect(sheet.getByText('施工队下周才能进场')).toBeVisible()
    await sheet.getByRole('button', { name: '不同意' }).click()
    await expect(sheet.getByRole('alert')).toHaveText('不同意时请写明理由。')
    await sheet.getByRole('button', { name: '同意延期' }).click()
    await expect(leader.getByText(/^已同意延期，.* 到期。$/)).toBeVisible()
    await expect(row).not.toContainText('延期待审批')
  })

  await test.step('everybody can count the new end again', async () => {
    for (const page of [drawer, own]) {
      await page.getByText('时限怎么算的').click()
      await expect(page.getByText('办结时限 3 个工作日', { exact: true })).toBeVisible()
      await expect(page.getByText('经批准延长 2 个工作日')).toBeVisible()
      const days = page.getByRole('list', { name: '逐日计时' })
      await expect(days.getByText(/^计 /).first()).toBeVisible()
      await expect(days.getByText('周末休息，不计时').first()).toBeVisible()
      await expect(page.getByText(/^依据：服务时限第 \d+ 版/)).toBeVisible()
    }
    await at.getByRole('button', { name: '更多' }).click()
    await expect(sheetOf(at, '更多操作').getByRole('button', { name: '暂停计时' })).toBeVisible()
    await expect(sheetOf(at, '更多操作').getByRole('button', { name: '申请延期' })).toBeHidden()
  })

  await test.step('the ladder says who comes next', async () => {
    await drawer.getByText('逐级上报到哪一级').click()
    await expect(drawer.locator('[aria-current=step]')).toContainText(ticket.grid.name)
    await expect(drawer.locator('li.next')).toContainText(server().account('leader_l4').name)
    await expect(drawer.locator('li.next')).toContainText(/前未办结，上报到这里$/)
  })
})

test('a refusal says why, and a lost race is explained', async ({ open }) => {
  const { ticket, worker } = await accepted('自来水管漏水，路面积水', '13800003103')
  const leader = await Person.staff(server(), 'leader_l3')
  const { page: at, tolerate } = await open(phone, worker)
  tolerate(/status of 409 .*\/pause$/)
  await at.goto(address(ticket))

  await more(at, '暂停计时')
  const sheet = sheetOf(at, '暂停计时')
  await sheet.getByLabel('不可抗力').check()
  // Meanwhile the same worker did it on another phone.
  await worker.act(ticket, 'pause', { reason: 'force_majeure' })
  await sheet.getByRole('button', { name: '暂停计时' }).click()
  await expect(at.getByText('已经暂停计时')).toBeVisible()
  await sheet.getByRole('button', { name: '关闭' }).click()
  await worker.act(ticket, 'resume')

  await worker.act(ticket, 'extension', { limit: { value: 1, unit: 'workdays', clock: 'working' }, reason: '等配件' })
  const { page: chief } = await open(phone, leader)
  await chief.goto(address(ticket))
  await chief.getByRole('button', { name: '延期审批' }).click()
  await sheetOf(chief, '延期审批').getByLabel(/^审批意见/).fill('仓库有配件，按期办结')
  await sheetOf(chief, '延期审批').getByRole('button', { name: '不同意' }).click()
  await expect(chief.getByText('已回复不同意延期。')).toBeVisible()
  await expect(at.getByText('仓库有配件，按期办结', { exact: true })).toBeVisible()
})

test('a nudge says who was asked, until when, and whether they answered', async ({ open }) => {
  await countInWorkdays(open)
  const resident = await Person.resident(server(), '13800003104')
  const ticket = await resident.submit(server().account('worker').grid_code, '垃圾三天没有清运')
  const leader = await Person.staff(server(), 'leader_l3')
  await leader.act(ticket, 'nudge', { note: '请尽快接单' })
  const { page: chief } = await open(phone, leader)
  const { page: at } = await open(phone, await Person.staff(server(), 'worker'))
  await chief.goto(address(ticket))
  await expect(chief.getByText('未回应', { exact: true })).toBeVisible()
  await expect(chief.getByText(/前未回复将上报$/)).toBeVisible()
  await at.goto(`${server().base}/m/work`)
  const banner = at.getByRole('alert').filter({ hasText: ticket.content })
  await expect(banner).toContainText(/前未回复将上报/)
  await banner.getByRole('button', { name: '收到' }).click()
  await expect(chief.getByText(/^已收到（/)).toBeVisible()
  await expect(chief.getByText(/前未回复将上报$/)).toBeHidden()
})
