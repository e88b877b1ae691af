import type { Page } from '@playwright/test'
import { aTicket, governs, leader, places, tickets } from '../support/tickets'
import { problem, type Mocked } from '../support/mocked'
import { during, expect, origin, picture, test, type OpenWorld } from './world'
import { accessible } from '../support/accessible'

async function opened(world: OpenWorld, path = `/grids/${places.county}`, width = 1366, height = 768): Promise<{ page: Page; server: Mocked }> {
  const { page, server } = await world({ at: during, name: '王管理', me: leader, width, height, scale: 1 })
  governs(server)
  await page.goto(`${origin}/console${path}`)
  await expect(page.getByRole('button', { name: '详情' }).first()).toBeVisible()
  return { page, server }
}

const asked = (server: Mocked): Record<string, string> => Object.fromEntries(server.calls('GET', '/tickets').at(-1)?.query ?? [])
const row = (page: Page, number: number): ReturnType<Page['getByRole']> => page.getByRole('row').filter({ has: page.getByRole('checkbox', { name: `选择 ${aTicket(number).number}` }) })

test('conditions stand in the address, and a link opens the same list', async ({ world }) => {
  const { page, server } = await opened(world)
  await page.getByLabel('状态').selectOption({ label: '未办结' })
  await expect.poll(() => asked(server)['state']).toBe('submitted,accepted')
  await page.getByRole('button', { name: '展开' }).click()
  await page.getByRole('button', { name: '上月' }).click()
  await page.getByLabel('只看超时').check()
  await page.getByPlaceholder('诉求人、接单人').fill('韦师傅')
  await page.getByRole('button', { name: '查询' }).click()
  await expect.poll(() => asked(server)).toMatchObject({ box: 'subtree', grid_id: places.county, state: 'submitted,accepted', from: '2026-10-01', until: '2026-10-31', overdue: 'true', person: '韦师傅' })
  await expect(page).toHaveURL(/state=submitted,accepted.*overdue=yes/)
  await page.reload()
  await expect(page.getByPlaceholder('诉求人、接单人')).toHaveValue('韦师傅')
  expect(asked(server)).toMatchObject({ from: '2026-10-01', overdue: 'true' })
  await page.getByLabel('到哪天提交').fill('2026-09-01')
  await expect(page.getByText('开始日期不能晚于结束日期')).toBeVisible()
  expect(asked(server)['until']).toBe('2026-10-31')
  await page.getByRole('button', { name: '重置' }).click()
  await expect.poll(() => asked(server)).toEqual({ box: 'subtree', grid_id: places.county, limit: '50' })
  await expect(page).toHaveURL(new RegExp(`/console/grids/${places.county}$`))
})

test('columns are chosen and kept on the device', async ({ world }) => {
  const { page } = await opened(world)
  await expect(page.getByRole('columnheader', { name: '编号' })).toBeHidden()
  await page.getByText('列设置').click()
  await picture(page, 'tickets-columns')
  await page.getByLabel('编号', { exact: true }).check()
  await page.getByLabel('诉求人', { exact: true }).uncheck()
  await page.reload()
  await expect(page.getByRole('columnheader', { name: '编号' })).toBeVisible()
  await expect(page.getByRole('columnheader', { name: '诉求人' })).toBeHidden()
})

test('several are given to one person, and each says what became of it', async ({ world }) => {
  const { page, server } = await opened(world)
  await expect(row(page, 3).getByRole('checkbox')).toBeDisabled()
  await row(page, 0).getByRole('checkbox').check()
  await row(page, 1).getByRole('checkbox').check()
  await page.getByRole('button', { name: '批量改派（2 件）' }).click()
  const drawer = page.getByRole('dialog', { name: '批量改派 2 件诉求' })
  // The lowest grid that both lie in.
  await expect(drawer.getByRole('group', { name: '云溪镇 柳河村的人员' })).toBeVisible()
  await expect(drawer.getByText('都可以接')).toBeVisible()
  await expect(drawer.getByText('可接 1 / 2 件')).toBeVisible()
  await picture(page, 'tickets-reassign-1366')
  await accessible(page)
  await drawer.getByRole('radio', { name: /农支书/ }).check()
  server.at('POST', '/tickets/reassign', problem(409, 'record.changed', '刚被别人修改，请再试一次'))
  await drawer.getByRole('button', { name: '改派给农支书' }).click()
  await expect(drawer.getByRole('alert')).toBeVisible()
  server.at('POST', '/tickets/reassign', ({ body }) => ({ body: { done: 1, refused: 1, items: (body['ticket_ids'] as string[]).map((id, index) => ({ id, number: tickets[index]?.number, ok: index === 0, code: index === 0 ? null : 'ticket.already_completed', message: index === 0 ? null : '这件诉求已经办结' })) } }))
  await drawer.getByRole('button', { name: '改派给农支书' }).click()
  const result = page.getByRole('dialog', { name: '改派结果' })
  await expect(result.getByRole('status')).toHaveText('已改派 1 件给农支书，1 件没有改派。')
  await expect(result.getByRole('row').nth(1)).toContainText('没有改派：这件诉求已经办结')
  await picture(page, 'tickets-reassigned-1366')
  await accessible(page)
  // A lost answer is asked for again under the same key.
  expect(new Set(server.calls('POST', '/tickets/reassign').map((call) => call.key)).size).toBe(1)
  const before = server.calls('GET', '/tickets').length
  await result.getByRole('button', { name: '完成' }).click()
  await expect.poll(() => server.calls('GET', '/tickets').length).toBe(before + 1)
  await expect(page.getByRole('button', { name: '批量改派', exact: true })).toBeDisabled()
})

test('what is filtered is exported, and a refusal is read instead', async ({ world }) => {
  const { page, server } = await opened(world, `/grids/${places.town}?state=submitted&overdue=yes`)
  server.at('GET', '/tickets/export.xlsx', problem(422, 'ticket.export_too_many', '筛选到的诉求超过 10000 件，请缩短时间范围或增加筛选条件后再导出'))
  await page.getByRole('button', { name: '导出筛选结果' }).click()
  await expect(page.getByText('筛选到的诉求超过 10000 件')).toBeVisible()
  server.at('GET', '/tickets/export.xlsx', { body: 'sheet' })
  const kept = page.waitForEvent('download')
  await page.getByRole('button', { name: '导出筛选结果' }).click()
  expect((await kept).suggestedFilename()).toBe('诉求-2026-11-21.xlsx')
  expect(Object.fromEntries(server.calls('GET', '/tickets/export.xlsx').at(-1)?.query ?? [])).toEqual({ box: 'subtree', grid_id: places.town, state: 'submitted', overdue: 'true' })
})

test('an empty list says what to do', async ({ world }) => {
  const { page, server } = await opened(world)
  server.at('GET', '/tickets', { body: { items: [], next_cursor: null } })
  await page.getByLabel('类型').selectOption({ label: '矛盾纠纷' })
  await expect(page.getByText('没有符合条件的诉求')).toBeVisible()
})

for (const [width, height] of [[1920, 1080], [1366, 768], [390, 844]] as const) {
  test(`it fits a window of ${width} × ${height}, and is accessible`, async ({ world }) => {
    const { page } = await opened(world, `/grids/${places.county}?overdue=yes`, width, height)
    await row(page, 1).getByRole('checkbox').check()
    await picture(page, `tickets-${width}`)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    await accessible(page)
  })
}
