import type { Page } from '@playwright/test'
import { governs, leader, places } from '../support/tickets'
import { problem, type Mocked } from '../support/mocked'
import { during, expect, origin, picture, test, type OpenWorld } from './world'
import { accessible } from '../support/accessible'

const figures = (received: number, changes: object = {}): object => ({ received, accepted: received - 2, completed: Math.max(0, received - 5), rated: Math.max(0, received - 9), withdrawn: 1, overdue: 3, escalated: 2, overdue_rate: 3 / received, stars: 4.3, accept_median_min: 12.5, accept_average_min: 40.2, complete_median_min: 310, complete_average_min: 1500.5, ...changes })
const nothing = { received: 0, accepted: 0, completed: 0, rated: 0, withdrawn: 0, overdue: 0, escalated: 0, overdue_rate: null, stars: null, accept_median_min: null, accept_average_min: null, complete_median_min: null, complete_average_min: null }
const line = (key: string, name: string, received: number, further = false): object => ({ key, name, further, ...figures(received) })
const grids = [line(places.town, '云溪镇', 40, true), line(places.other, '石门镇', 21)]
const day = (index: number): string => new Date(Date.parse('2026-10-23T00:00:00.000Z') + index * 86_400_000).toISOString().slice(0, 10)
const days = Array.from({ length: 30 }, (_, index) => (index % 7 === 6 ? { key: day(index), name: day(index), further: false, ...nothing } : line(day(index), day(index), 12 + ((index * 7) % 23))))

async function opened(world: OpenWorld, path = '', width = 1366, height = 768): Promise<{ page: Page; server: Mocked }> {
  const { page, server } = await world({ at: during, name: '王管理', me: leader, width, height, scale: 1 })
  governs(server)
  server.at('GET', '/tickets/statistics', ({ query }) => {
    const town = query.get('grid_id') === places.town
    const grid = town ? { id: places.town, name: '云溪镇', full_name: '云溪镇', level: 2 } : { id: places.county, name: '青岚县', full_name: '青岚县', level: 1 }
    return { body: { by: query.get('by'), bucket: 'day', from: query.get('from'), until: query.get('until'), grid, total: figures(61), items: query.get('by') === 'grid' ? (town ? [line(places.village, '柳河村', 40, true)] : grids) : query.get('by') === 'kind' ? [line('suggestion', '意见建议', 41), line('dispute', '矛盾纠纷', 20)] : days } }
  })
  await page.goto(`${origin}/console/ticket-statistics${path}`)
  await expect(page.getByRole('row').filter({ hasText: '合计' })).toBeVisible()
  return { page, server }
}

const asked = (server: Mocked): Record<string, string> => Object.fromEntries(server.calls('GET', '/tickets/statistics').at(-1)?.query ?? [])

test('thirty days come first, as a picture and as a table', async ({ world }) => {
  const { page, server } = await opened(world)
  expect(asked(server)).toEqual({ by: 'period', bucket: 'day', from: '2026-10-23', until: '2026-11-21' })
  await expect(page.getByRole('row')).toHaveCount(32)
  const first = page.getByRole('row').filter({ hasText: '2026-10-23' })
  await expect(first).toContainText('5 小时 10 分')
  await expect(page.getByRole('row').filter({ hasText: '2026-10-29' })).toContainText('—')
  await expect(page.getByRole('img', { name: /^收到与办结：2026-10-23 12、7/ })).toBeVisible()
  await page.getByRole('button', { name: '接单用时' }).click()
  await expect(page.getByRole('img', { name: /^接单用时：2026-10-23 12 分/ })).toBeVisible()
})

test('a grid leads to those below it, and the way back stands above', async ({ world }) => {
  const { page, server } = await opened(world, '?by=grid&bucket=month')
  await page.getByRole('rowheader', { name: '云溪镇' }).getByRole('button').click()
  await expect(page.getByRole('rowheader', { name: '柳河村' })).toBeVisible()
  await expect(page).toHaveURL(new RegExp(`grid=${places.town}`))
  const way = page.getByRole('navigation', { name: '当前网格' }).getByRole('button')
  await expect(way).toHaveText(['青岚县', '云溪镇'])
  await page.reload()
  await expect(way).toHaveText(['青岚县', '云溪镇'])
  await way.first().click()
  await expect(page.getByRole('rowheader', { name: '石门镇' })).toBeVisible()
  // The lowest leads nowhere.
  await expect(page.getByRole('rowheader', { name: '石门镇' }).getByRole('button')).toHaveCount(0)
  await page.getByLabel('类型').selectOption({ label: '矛盾纠纷' })
  await page.getByRole('button', { name: '上月' }).click()
  await expect.poll(() => asked(server)).toEqual({ by: 'grid', bucket: 'month', grid_id: places.county, kind: 'dispute', from: '2026-10-01', until: '2026-10-31' })
})

test('a sheet is kept, wrong days and refusals are read', async ({ world }) => {
  const { page, server } = await opened(world)
  server.at('GET', '/tickets/statistics.xlsx', { body: 'sheet' })
  const kept = page.waitForEvent('download')
  await page.getByRole('button', { name: '导出表格' }).click()
  expect((await kept).suggestedFilename()).toBe('诉求统计-2026-10-23至2026-11-21.xlsx')
  await page.getByLabel('从哪天提交').fill('2026-11-30')
  await expect(page.getByText('开始日期不能晚于结束日期')).toBeVisible()
  await expect(page.getByRole('button', { name: '导出表格' })).toBeDisabled()
  server.at('GET', '/tickets/statistics', problem(400, 'request.malformed', '分段太多，请缩短时间范围，或按周、按月统计'))
  await page.getByRole('button', { name: '本年' }).click()
  await expect(page.getByText('分段太多')).toBeVisible()
  server.at('GET', '/tickets/statistics', { body: { by: 'kind', items: [], total: nothing, grid: { id: places.county, name: '青岚县' } } })
  await page.getByRole('button', { name: '按类型' }).click()
  await expect(page.getByText('这段时间没有诉求')).toBeVisible()
})

for (const [width, height] of [[1920, 1080], [1366, 768], [390, 844]] as const) {
  test(`it fits a window of ${width} × ${height}, and is accessible`, async ({ world }) => {
    const { page } = await opened(world, '', width, height)
    await picture(page, `ticket-statistics-${width}`)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    await accessible(page)
    await page.getByRole('button', { name: '按类型' }).click()
    await expect(page.getByRole('rowheader', { name: '矛盾纠纷' })).toBeVisible()
    await picture(page, `ticket-statistics-kind-${width}`)
  })
}
