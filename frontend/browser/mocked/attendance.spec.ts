import type { Page } from '@playwright/test'
import { problem, type Mocked } from '../support/mocked'
import { county, supervisor, town, tree } from '../support/supervised'
import { during, expect, origin, picture, test, type OpenWorld } from './world'
import { accessible } from '../support/accessible'

const line = (name: string, expected: number, present: number, changes: object = {}): object => ({ key: name, name, meetings: 6, expected, present, on_time: present, late: 0, left_early: 0, leave: 1, absent: expected - present, substituted: 0, online: 0, rate: present / expected, ...changes })
const members = [line('韦建国', 6, 6, { org_name: '柳河村党支部' }), line('黄志强', 6, 3, { org_name: '柳河村党支部', late: 2 }), line('覃桂花', 0, 0, { org_name: '新田村党支部' })]
const months = ['9月', '10月', '11月'].map((name, index) => line(name, 120, 90 + index * 10))
const total = line('', 12, 9)

async function opened(world: OpenWorld, width = 1366, height = 768): Promise<{ page: Page; server: Mocked }> {
  const { page, server } = await world({ at: during, name: '督导员', me: supervisor, width, height })
  server.at('GET', '/organisations/tree', { body: tree })
  server.at('GET', '/meeting-types', { body: { items: [{ code: 'party_day', name: '主题党日', family: 'party_day', built_in: true, enabled: true }] } })
  server.at('GET', '/attendance/statistics', ({ query }) => ({ body: { by: query.get('by'), from: query.get('from'), until: query.get('until'), items: query.get('by') === 'month' ? months : members, total } }))
  await page.goto(`${origin}/console/attendance`)
  await expect(page.getByRole('row').filter({ hasText: '韦建国' })).toBeVisible()
  return { page, server }
}

const asked = (server: Mocked): Record<string, string> => Object.fromEntries(server.calls('GET', '/attendance/statistics').at(-1)?.query ?? [])

test('members of the whole subtree in this quarter come first; rates stand beside bars', async ({ world }) => {
  const { page, server } = await opened(world)
  expect(asked(server)).toEqual({ org_id: county.id, include_below: 'true', by: 'member', from: '2026-10-01', until: '2026-11-21' })
  await expect(page.getByRole('row').filter({ hasText: '黄志强' })).toContainText('50%')
  await expect(page.getByRole('row').filter({ hasText: '覃桂花' })).toContainText('—')
  await page.getByRole('combobox', { name: '排序' }).selectOption({ label: '到会率从低到高' })
  expect(await page.getByRole('rowheader').allInnerTexts()).toEqual(['合计', '黄志强', '韦建国', '覃桂花'])
})

test('another way, organisation, type and period are asked for', async ({ world }) => {
  const { page, server } = await opened(world)
  await page.getByRole('button', { name: '按月份' }).click()
  await expect(page.getByRole('img', { name: '每月到会率：9月 75%，10月 83.3%，11月 91.7%' })).toBeVisible()
  await page.getByRole('combobox', { name: '组织' }).selectOption({ label: '　中共云溪镇党委' })
  await page.getByLabel('含下级').uncheck()
  await page.getByRole('combobox', { name: '类型' }).selectOption({ label: '主题党日' })
  await page.getByRole('button', { name: '上月' }).click()
  await expect.poll(() => asked(server)).toEqual({ org_id: town.id, include_below: 'false', by: 'month', from: '2026-10-01', until: '2026-10-31', type: 'party_day' })
  await page.getByRole('textbox', { name: '从' }).fill('2026-11-05')
  await expect(page.getByText('开始日期不能晚于结束日期')).toBeVisible()
  await expect(page.getByRole('button', { name: '导出表格' })).toBeDisabled()
})

test('a sheet is kept under a name that says its period, and a refusal is read instead', async ({ world }) => {
  const { page, server } = await opened(world)
  server.at('GET', '/attendance/statistics.xlsx', problem(429, 'request.too_many', '操作太频繁，请稍后再试'))
  await page.getByRole('button', { name: '导出表格' }).click()
  await expect(page.getByText('操作太频繁')).toBeVisible()
  server.at('GET', '/attendance/statistics.xlsx', { body: 'sheet' })
  const kept = page.waitForEvent('download')
  await page.getByRole('button', { name: '导出表格' }).click()
  expect((await kept).suggestedFilename()).toBe('到会统计-2026-10-01至2026-11-21.xlsx')
})

test('what is refused or empty says what to do', async ({ world }) => {
  const { page, server } = await opened(world)
  server.at('GET', '/attendance/statistics', { body: { items: [], total } })
  await page.getByRole('button', { name: '按组织' }).click()
  await expect(page.getByText('这段时间没有会议')).toBeVisible()
  server.at('GET', '/attendance/statistics', problem(403, 'organisation.forbidden', '不归您查看'))
  await page.getByRole('button', { name: '按类型' }).click()
  await expect(page.getByText('这个组织的到会情况不归您查看')).toBeVisible()
})

for (const [width, height] of [[1920, 1080], [1366, 768], [390, 844]] as const) {
  test(`it fits a window of ${width} × ${height}, and is accessible`, async ({ world }) => {
    const { page } = await opened(world, width, height)
    await picture(page, `attendance-${width}`)
    await page.getByRole('button', { name: '按月份' }).click()
    await expect(page.getByRole('img', { name: /^每月到会率/ })).toBeVisible()
    await picture(page, `attendance-month-${width}`)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    await accessible(page)
  })
}
