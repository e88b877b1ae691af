import type { Page } from '@playwright/test'
import { anOrder, aWarning, branchRef, townRef } from '@/shared/duty/fixture'
import { cadre, manyWarnings, owes, secretary, supervisor } from '../support/duties'
import { problem, type Mocked } from '../support/mocked'
import { aRow, supervision } from '../support/supervised'
import { during, expect, origin, picture, test } from './world'
import { accessible } from '../support/accessible'

async function looks(page: Page, name: string): Promise<void> {
  await picture(page, name)
  expect(await page.evaluate(() => document.documentElement.scrollWidth), name).toBeLessThanOrEqual(page.viewportSize()?.width ?? 0)
  await accessible(page)
}

const own = manyWarnings().filter((warning) => warning.org.id === branchRef.id)

test('a secretary finds a nudge from the inbox and answers it; what was typed survives a reload', async ({ world }) => {
  const { page, server } = await world({ at: during, name: '韦建国', me: secretary })
  owes(server, own.map((warning) => ({ ...warning, may_order: false })))
  const order = anOrder({ may_answer: true, may_close: false })
  server.at('GET', '/orders', { body: { items: [order], next_cursor: null } })
  server.at('POST', '/inbox/read', { status: 204 })
  server.at('GET', '/inbox', { body: { items: [{ id: 'acc-1:n', type: 'nudge', type_title: '领导督促', urgency: 'important', title: '收到催办', text: '覃督导对柳河村党支部：请本周内补开党课', subject: { kind: 'duty_order', id: order.id }, at: during, read_at: null }], next_cursor: null } })
  await page.goto(`${origin}/m/inbox`)
  await page.getByRole('button', { name: /收到催办/ }).click()
  const card = page.getByRole('article', { name: /请本周内补开党课/ })
  await expect(card).toContainText('因为：2026年第3季度党课未召开')
  await looks(page, 'duties-phone-orders')
  await card.getByRole('button', { name: '答复' }).click()
  const sheet = page.getByRole('dialog', { name: '答复催办' })
  await sheet.getByLabel('答复内容').fill('本周五补开党课')
  await looks(page, 'duties-phone-answer')
  server.at('POST', '/orders/order-1/answer', problem(409, 'order.closed', '已办结，不能再答复'))
  await sheet.getByRole('button', { name: '答复', exact: true }).click()
  await expect(sheet.getByText('没有提交：已办结，不能再答复')).toBeVisible()
  await page.reload()
  await card.getByRole('button', { name: '答复' }).click()
  await expect(sheet.getByLabel('答复内容')).toHaveValue('本周五补开党课')
  server.at('POST', '/orders/order-1/answer', { body: anOrder({ may_answer: true, may_close: false, state: 'answered', escalates_at: null, answer: { at: during, by: { id: 'acc-1', name: '韦建国' }, text: '本周五补开党课' } }) })
  await sheet.getByRole('button', { name: '答复', exact: true }).click()
  await expect(card).toContainText('已答复')
  await expect(card).toContainText('韦建国')
  expect(server.calls('POST', '/orders/order-1/answer').at(-1)?.body).toEqual({ text: '本周五补开党课' })
  await page.getByRole('tab', { name: '未召开预警' }).click()
  await expect(page.getByText('请安排会议').first()).toBeVisible()
  for (const name of ['催办', '指令', '标记处理']) await expect(page.getByRole('article').getByRole('button', { name, exact: true })).toHaveCount(0)
  await looks(page, 'duties-phone-own')
})

test('a cadre finds the branches to look after, nudges and gives an order', async ({ world }) => {
  const { page, server } = await world({ at: during, name: '莫干部', me: cadre })
  owes(server)
  await page.goto(`${origin}/m/me`)
  await page.getByRole('link', { name: '联系支部' }).click()
  await expect(page.getByRole('link', { name: /柳河村党支部/ })).toContainText('红色预警 2')
  await looks(page, 'duties-phone-branches')
  await page.getByRole('link', { name: /柳河村党支部/ }).click()
  await expect(page.getByRole('heading', { name: '柳河村党支部' })).toBeVisible()
  await expect(page.getByRole('article')).toHaveCount(4)
  await looks(page, 'duties-phone-branch')
  await page.getByRole('article', { name: /2026年10月主题党日未召开/ }).getByRole('button', { name: '催办' }).click()
  server.at('POST', `/duties/${encodeURIComponent(`${branchRef.id}:party_day:2026-10`)}/nudge`, { status: 201, body: anOrder({ id: 'order-2', duty_id: `${branchRef.id}:party_day:2026-10` }) })
  await page.getByRole('dialog').getByRole('button', { name: '催办', exact: true }).click()
  await expect(page.getByText('已催办柳河村党支部')).toBeVisible()
  await page.getByRole('button', { name: '向 柳河村党支部 下达指令' }).click()
  const sheet = page.getByRole('dialog', { name: /下达指令/ })
  await sheet.getByRole('button', { name: '下达指令' }).click()
  await expect(sheet.getByText('请写明指令内容')).toBeVisible()
  await sheet.getByLabel('指令内容').fill('请做好年度组织生活会准备')
  await looks(page, 'duties-phone-order')
  server.at('POST', '/orders', { status: 201, body: anOrder({ id: 'order-3', kind: 'order', kind_title: '指令', duty_id: null, text: '请做好年度组织生活会准备' }) })
  await sheet.getByRole('button', { name: '下达指令' }).click()
  await expect(page.getByText('指令已下达给柳河村党支部')).toBeVisible()
  expect(server.calls('POST', '/orders')[0]?.body).toEqual({ org_id: branchRef.id, duty_id: null, text: '请做好年度组织生活会准备', due_at: null })
  await page.getByRole('tab', { name: /指令与催办/ }).click()
  await expect(page.getByRole('article', { name: /请做好年度组织生活会准备/ })).toBeVisible()
})

test('nobody to look after, nothing to answer: no door, and an empty page that says so', async ({ world }) => {
  const { page, server } = await world({ at: during, me: cadre })
  owes(server, [])
  server.at('GET', '/orders', { body: { items: [], next_cursor: null } })
  await page.goto(`${origin}/m/me`)
  await expect.poll(() => server.calls('GET', '/orders').length).toBeGreaterThan(0)
  await expect(page.getByRole('link', { name: '联系支部' })).toHaveCount(0)
  await page.goto(`${origin}/m/duties`)
  await expect(page.getByText('没有未召开预警')).toBeVisible()
  await page.goto(`${origin}/m/branches`)
  await expect(page.getByText('还没有要关注的支部')).toBeVisible()
})

const figures = { expected: 100, present: 86, on_time: 80, late: 6, left_early: 0, leave: 8, absent: 6, substituted: 0, online: 0 }
const line = (key: string, changes: object = {}): object => ({ key, name: key, org_name: null, meetings: 3, ...figures, ...changes })

function leads(server: Mocked): void {
  owes(server)
  server.at('GET', '/attendance/statistics', ({ query }) => ({ body: { from: query.get('from'), until: query.get('until'), items: [line(branchRef.id), line('c005', { meetings: 0, expected: 0, present: 0 })], total: line('', { meetings: query.get('from')?.endsWith('10-01') ? 9 : 3 }) } }))
  server.state(`supervision:${supervisor.organisation_roles[0]?.organisation.id}`, supervision([aRow('runs'), aRow('late', { state: 'launched', alerts: ['not_started'] })], { org_id: supervisor.organisation_roles[0]?.organisation.id }))
  server.state(`supervision:${townRef.id}`, supervision([], { org_id: townRef.id }))
}

test('a leader sees the figures of an organisation, live, and of those below it, and goes down', async ({ world }) => {
  const { page, server } = await world({ at: during, name: '覃督导', me: supervisor })
  leads(server)
  await page.goto(`${origin}/m/me`)
  await page.getByRole('link', { name: '领导视图' }).click()
  const own = page.getByRole('region', { name: '青岚县党委' })
  await expect(own).toContainText('86%')
  await expect(own).toContainText('2 场：进行中 1，待召开 1，已结束 0')
  await expect(own).toContainText('需关注 1')
  await looks(page, 'leader-phone')
  await picture(page, 'leader-phone')
  const asked = server.calls('GET', '/attendance/statistics').length
  server.changes(`supervision:${supervisor.organisation_roles[0]?.organisation.id}`, { changed: [{ id: 'runs', state: 'ended' }], removed: [] })
  await expect(own).toContainText('进行中 0，待召开 1，已结束 1')
  // A meeting that ended changes the rate.
  await page.clock.runFor(5000)
  await expect.poll(() => server.calls('GET', '/attendance/statistics').length).toBe(asked + 1)
  await page.getByRole('button', { name: '本季度' }).click()
  await expect(own).toContainText('9场')
  await page.getByRole('region', { name: '下级组织' }).getByRole('button', { name: /云溪镇党委/ }).click()
  await expect(page.getByRole('region', { name: '云溪镇党委' })).toContainText('没有会议')
  await expect(page.getByRole('region', { name: '下级组织' }).getByRole('button', { name: /柳河村党支部/ })).toContainText('红色 2')
  await looks(page, 'leader-phone-town')
  await page.getByRole('button', { name: '返回' }).click()
  await expect(own).toBeVisible()
  await own.getByRole('link', { name: '全部预警' }).click()
  await expect(page.getByRole('article').first()).toContainText(aWarning().org.name)
})

test('the same stands at the desk', async ({ world }) => {
  const { page, server } = await world({ at: during, name: '覃督导', me: supervisor, width: 1366, height: 768 })
  leads(server)
  await page.goto(`${origin}/console/overview`)
  await expect(page.getByRole('region', { name: '青岚县党委' })).toContainText('86%')
  await looks(page, 'leader-desk')
  await page.setViewportSize({ width: 1920, height: 1080 })
  await looks(page, 'leader-desk-1920')
})

test('in the elders\' edition everything still fits', async ({ world }) => {
  const { page, server } = await world({ at: during, name: '覃督导', me: supervisor, elder: true })
  leads(server)
  await page.goto(`${origin}/m/leader`)
  await expect(page.getByRole('region', { name: '青岚县党委' })).toContainText('86%')
  await looks(page, 'leader-elder')
  await page.goto(`${origin}/m/duties`)
  await expect(page.getByRole('article').first()).toBeVisible()
  await looks(page, 'duties-elder')
})
