import type { Page } from '@playwright/test'
import { accessible } from '../support/accessible'
import { problem, type Asked, type Mocked } from '../support/mocked'
import { governs, leader, places, square, tree } from '../support/tickets'
import { during, expect, origin, picture, test, type OpenWorld } from './world'

type Ring = number[][]
const ringOf = (asked: Asked | undefined): Ring => (asked?.body['area'] as { coordinates: Ring[] } | undefined)?.coordinates[0] ?? []
const check = (id: string): string => `/grids/${id}/area/check`
const fits = { body: { area_km2: 30.24, warnings: [] } }

/** The groups of a village: one has a border, one has none. */
async function opened(world: OpenWorld, id: string): Promise<{ page: Page; server: Mocked }> {
  const { page, server } = await world({ at: during, name: '王管理', me: leader, width: 1366, height: 768, scale: 1 })
  governs(server)
  server.at('POST', check(id), fits)
  await page.goto(`${origin}/console/grids/${id}/area`)
  await expect(page.getByRole('application')).toBeVisible()
  return { page, server }
}

const ground = (page: Page): ReturnType<Page['getByRole']> => page.getByRole('application')
/** Where the handles of points stand in the window. */
async function handles(page: Page): Promise<{ x: number; y: number }[]> {
  const boxes = await page.locator('.handle').evaluateAll((all) => all.map((one) => one.getBoundingClientRect()).map(({ x, y, width, height }) => ({ x: x + width / 2, y: y + height / 2 })))
  return boxes
}
async function drag(page: Page, from: { x: number; y: number }, by: { x: number; y: number }): Promise<void> {
  await page.mouse.move(from.x, from.y)
  await page.mouse.down()
  await page.mouse.move(from.x + by.x / 2, from.y + by.y / 2)
  await page.mouse.move(from.x + by.x, from.y + by.y)
  await page.mouse.up()
}
const points = (page: Page): ReturnType<Page['getByRole']> => page.getByRole('button', { name: /^选中第/ })

test('a border is drawn, snaps to the neighbour, is closed and saved', async ({ world }) => {
  const { page, server } = await opened(world, places.second)
  await expect(page.getByText('这个网格还没有边界')).toBeVisible()
  await expect(page.getByRole('button', { name: '保存' })).toBeDisabled()
  await picture(page, 'area-empty-1366')
  await accessible(page)
  const box = await ground(page).boundingBox()
  if (!box) throw new Error('no picture')
  // The neighbour's east edge runs from its upper right corner to the lower right one.
  const sibling = await page.locator('.sibling').evaluate((path) => path.getBoundingClientRect()).then(({ right, top, bottom }) => ({ right, top, bottom }))
  const clicks: [number, number][] = [[sibling.right + 4, sibling.top - 3], [sibling.right + 120, sibling.top], [sibling.right + 120, sibling.bottom], [sibling.right - 5, sibling.bottom + 5]]
  for (const [x, y] of clicks) await page.mouse.click(x, y)
  await expect(points(page)).toHaveCount(4)
  await expect(page.getByText('已画 4 个点，还没有闭合')).toBeVisible()
  await picture(page, 'area-drawing-1366')
  expect(server.calls('POST', check(places.second))).toHaveLength(0)
  await ground(page).press('Enter')
  await expect(page.getByText('与上级和相邻网格吻合')).toBeVisible()
  await expect(page.getByText('30.24 平方公里')).toBeVisible()
  const ring = ringOf(server.calls('POST', check(places.second)).at(-1))
  expect(ring).toHaveLength(5)
  // Exactly the neighbour's corners, so that the borders coincide.
  expect(ring[0]).toEqual([106.96 + 0.05, 23.76 + 0.05])
  expect(ring[3]).toEqual([106.96 + 0.05, 23.76])
  expect(ring[4]).toEqual(ring[0])
  await picture(page, 'area-drawn-1366')
  await accessible(page)
  server.at('PATCH', `/grids/${places.second}`, { body: { version: 4, warnings: [] } })
  await page.getByRole('button', { name: '保存' }).click()
  await expect(page.getByText('边界已保存')).toBeVisible()
  const sent = server.calls('PATCH', `/grids/${places.second}`).at(-1)
  expect(sent?.body).toEqual({ version: 3, area: { type: 'Polygon', coordinates: [ring] } })
  await expect(page).toHaveURL(new RegExp(`/console/grids/${places.second}\\?tab=grid$`))
})

test('a double click or the first point closes a border as well', async ({ world }) => {
  const { page } = await opened(world, places.second)
  const box = await ground(page).boundingBox()
  if (!box) throw new Error('no picture')
  const at = (x: number, y: number): [number, number] => [box.x + x, box.y + y]
  for (const spot of [at(500, 60), at(600, 60)]) await page.mouse.click(...spot)
  await page.mouse.dblclick(...at(600, 160))
  await expect(page.getByText('与上级和相邻网格吻合')).toBeVisible()
  await expect(points(page)).toHaveCount(3)
  await page.getByRole('button', { name: '重新画' }).click()
  for (const spot of [at(500, 60), at(600, 60), at(600, 160), at(500, 60)]) await page.mouse.click(...spot)
  await expect(page.getByText('与上级和相邻网格吻合')).toBeVisible()
  await expect(points(page)).toHaveCount(3)
})

test('points are dragged, added on an edge, deleted, and every step goes back and forth', async ({ world }) => {
  const { page, server } = await opened(world, places.group)
  await expect(page.getByRole('button', { name: '保存' })).toBeDisabled()
  await expect(points(page)).toHaveCount(4)
  const before = await handles(page)
  const corner = before[2]
  const other = before[3]
  if (!corner || !other) throw new Error('no points')
  await drag(page, corner, { x: 60, y: -40 })
  await expect.poll(async () => (await handles(page))[2]?.x).toBeCloseTo(corner.x + 60, 0)
  await expect.poll(() => ringOf(server.calls('POST', check(places.group)).at(-1))[2]?.[0]).toBeGreaterThan(107.011)
  // On the edge between the third and the fourth point.
  const moved = (await handles(page))[2] ?? corner
  await drag(page, { x: (moved.x + other.x) / 2, y: (moved.y + other.y) / 2 }, { x: 0, y: -30 })
  await expect(points(page)).toHaveCount(5)
  const added = (await handles(page))[3]
  if (!added) throw new Error('no point')
  await page.mouse.click(added.x, added.y, { button: 'right' })
  await expect(points(page)).toHaveCount(4)
  for (const count of [5, 4]) {
    await page.keyboard.press('Control+z')
    await expect(points(page)).toHaveCount(count)
  }
  await page.keyboard.press('Control+z')
  await expect.poll(async () => (await handles(page))[2]).toEqual(corner)
  await expect(page.getByRole('button', { name: '撤销' })).toBeDisabled()
  await expect(page.getByRole('button', { name: '保存' })).toBeDisabled()
  await page.keyboard.press('Control+y')
  await expect.poll(async () => (await handles(page))[2]?.x).toBeCloseTo(corner.x + 60, 0)
  await page.getByRole('button', { name: '重做' }).click()
  await expect(points(page)).toHaveCount(5)
})

test('everything can be done by keyboard, and by numbers', async ({ world }) => {
  const { page, server } = await opened(world, places.group)
  await ground(page).focus()
  await page.keyboard.press(']')
  await expect(page.getByRole('button', { name: '选中第 1 点' })).toHaveAttribute('aria-pressed', 'true')
  await page.keyboard.press(']')
  await page.keyboard.press('Shift+ArrowLeft')
  await expect.poll(() => ringOf(server.calls('POST', check(places.group)).at(-1))[1]?.[0]).toBeLessThan(107.0099)
  await page.getByLabel('第 2 点的经度').fill('107.02')
  await page.getByLabel('第 2 点的经度').press('Enter')
  await expect.poll(() => ringOf(server.calls('POST', check(places.group)).at(-1))[1]).toEqual([107.02, 23.76])
  await page.getByLabel('第 2 点的纬度').fill('99')
  await page.getByLabel('第 2 点的纬度').press('Enter')
  await expect(page.getByLabel('第 2 点的纬度')).toHaveValue('23.76')
  await page.getByRole('button', { name: '在第 2 点后加一点' }).click()
  await expect(points(page)).toHaveCount(5)
  await ground(page).focus()
  await page.keyboard.press('Delete')
  await expect(points(page)).toHaveCount(4)
  for (let time = 0; time < 3; time += 1) await page.keyboard.press('Delete')
  await expect(points(page)).toHaveCount(3)
  // Zooming keeps the border; the whole is one button away.
  await page.keyboard.press('+')
  await page.getByRole('button', { name: '看全部' }).click()
  await page.getByRole('button', { name: '添加' }).click()
  await page.getByLabel('中心点的经度').fill('106.99')
  await page.getByLabel('中心点的经度').press('Enter')
  server.at('PATCH', `/grids/${places.group}`, { body: { version: 4, warnings: [{ code: 'area.overlaps', grid_id: places.second, grid_name: '二组', share_pct: 3.4, message: '与“二组”重叠，占较小一方的 3.4%' }] } })
  await page.getByRole('button', { name: '保存' }).click()
  await expect(page.getByText('边界已保存，有 1 处与周围不吻合')).toBeVisible()
  expect(server.calls('PATCH', `/grids/${places.group}`).at(-1)?.body['center']).toMatchObject({ lng: 106.99 })
})

test('what does not fit is told while it is drawn; a crossed border cannot be saved', async ({ world }) => {
  const { page, server } = await opened(world, places.group)
  const warnings = [
    { code: 'area.outside_parent', grid_id: places.village, grid_name: '柳河村', share_pct: 12.5, message: '有 12.5% 在上级“柳河村”的边界之外' },
    { code: 'area.overlaps', grid_id: places.second, grid_name: '二组', share_pct: 3.4, message: '与“二组”重叠，占较小一方的 3.4%' },
  ]
  server.at('POST', check(places.group), { body: { area_km2: 0.4321, warnings } })
  await page.getByLabel('第 1 点的经度').fill('106.95')
  await page.getByLabel('第 1 点的经度').press('Enter')
  await expect(page.getByText('与“二组”重叠')).toBeVisible()
  await expect(page.getByText('648 亩（0.4321 平方公里）')).toBeVisible()
  await picture(page, 'area-warnings-1366')
  await accessible(page)
  const crossed = '第 1 个边界环与自身相交'
  server.at('POST', check(places.group), problem(400, 'request.malformed', crossed, { fields: [{ field: 'area', code: 'area.self_crossing', message: crossed }] }))
  await page.getByLabel('第 1 点的经度').fill('107.05')
  await page.getByLabel('第 1 点的经度').press('Enter')
  await expect(page.getByText(crossed)).toBeVisible()
  await expect(page.getByRole('button', { name: '保存' })).toBeDisabled()
})

test('a border comes from GeoJSON, with its holes; what is none is refused in words', async ({ world }) => {
  const { page, server } = await opened(world, places.second)
  await page.getByRole('button', { name: '导入 GeoJSON' }).click()
  const form = page.getByRole('dialog', { name: '导入边界' })
  await form.getByLabel('或粘贴内容').fill('{"type":"Point","coordinates":[1,2]}')
  await form.getByRole('button', { name: '导入' }).click()
  await expect(form.getByText('需要面（Polygon），内容是 Point')).toBeVisible()
  await picture(page, 'area-import-1366')
  await accessible(page)
  const outer = (square(107.01, 23.76, 0.04) as { coordinates: Ring[] }).coordinates[0] ?? []
  const hole = (square(107.02, 23.77, 0.01) as { coordinates: Ring[] }).coordinates[0] ?? []
  const feature = { type: 'FeatureCollection', features: [{ type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [outer, hole] } }] }
  await form.getByLabel('选择文件').setInputFiles({ name: '二组.geojson', mimeType: 'application/geo+json', buffer: Buffer.from(JSON.stringify(feature)) })
  await expect(form.getByLabel('或粘贴内容')).toHaveValue(/FeatureCollection/)
  await form.getByRole('button', { name: '导入' }).click()
  await expect(form).toBeHidden()
  await expect(page.getByLabel('哪一环')).toBeVisible()
  await expect.poll(() => server.calls('POST', check(places.second)).at(-1)?.body['area']).toEqual({ type: 'Polygon', coordinates: [outer, hole] })
  await page.getByLabel('哪一环').selectOption({ label: '空洞 1' })
  await expect(points(page)).toHaveCount(4)
})

test('somebody else was faster: what was drawn stays, and goes out on the newest version', async ({ world }) => {
  const { page, server } = await opened(world, places.group)
  await page.getByLabel('第 3 点的纬度').fill('23.82')
  await page.getByLabel('第 3 点的纬度').press('Enter')
  server.at('PATCH', `/grids/${places.group}`, problem(409, 'grid.changed', '网格刚被别人修改，请刷新后再试'))
  await page.getByRole('button', { name: '保存' }).click()
  await expect(page.getByText('网格刚被别人修改，请刷新后再试')).toBeVisible()
  await picture(page, 'area-stale-1366')
  const newer = { ...(tree.children[0]?.children[0]?.children[0] ?? {}), version: 5, ancestors: [], staff: [] }
  server.at('GET', `/grids/${places.group}`, { body: newer })
  await page.getByRole('button', { name: '读取最新资料' }).click()
  await expect(page.getByText('您画的边界还在')).toBeVisible()
  await expect(page.getByLabel('第 3 点的纬度')).toHaveValue('23.82')
  server.at('PATCH', `/grids/${places.group}`, { body: { version: 6, warnings: [] } })
  await page.getByRole('button', { name: '保存' }).click()
  await expect(page.getByText('边界已保存')).toBeVisible()
  expect(server.calls('PATCH', `/grids/${places.group}`).at(-1)?.body['version']).toBe(5)
})

test('leaving with something unsaved is asked', async ({ world }) => {
  const { page } = await opened(world, places.group)
  await page.getByRole('button', { name: '取消' }).click()
  await expect(page).toHaveURL(/tab=grid$/)
  await page.goBack()
  await page.getByRole('button', { name: '删除第 1 点' }).click()
  await page.getByRole('button', { name: '取消' }).click()
  const question = page.getByRole('dialog', { name: '放弃修改？' })
  await accessible(page)
  await question.getByRole('button', { name: '继续编辑' }).click()
  await expect(points(page)).toHaveCount(3)
  await page.getByRole('button', { name: '取消' }).click()
  await question.getByRole('button', { name: '放弃修改' }).click()
  await expect(page).toHaveURL(/tab=grid$/)
})
