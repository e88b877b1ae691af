import type { Page } from '@playwright/test'
import { accessible, settled } from '../support/accessible'
import { problem } from '../support/mocked'
import { boardJson, countyId, playedBoard, playedCounty, playedTicket } from '../support/played-county'
import { expect, origin, picture, test, type World, type Wishes } from './world'

/** The county's board on every shape of screen, its replay and its tour, and that it is never blank. */

/** 22 November, 14:41 in China. */
const now = '2026-11-22T06:41:20.000Z'
const topic = `board:${countyId}`
const shapes = {
  '16-9': { width: 1920, height: 1080 },
  office: { width: 1366, height: 768 },
  '4-3': { width: 1024, height: 768 },
  '21-9': { width: 2560, height: 1080 },
  '32-9': { width: 3840, height: 1080 },
  'three-screens': { width: 5760, height: 1080 },
  upright: { width: 1080, height: 1920 },
  tablet: { width: 768, height: 1024 },
} as const

interface Wish extends Wishes {
  open?: number
  search?: string
  /** time passes only where the test lets it */
  paused?: boolean
  rename?: (name: string) => string
  changes?: Parameters<typeof playedBoard>[2]
}

async function show(world: (wishes?: Wishes) => Promise<World>, { open = 120, search = '', paused = false, rename, changes = {}, ...wishes }: Wish = {}): Promise<World> {
  const opened = await world({ at: now, name: '韦秀兰', scale: 1, width: 1920, height: 1080, ...wishes })
  const { server, page } = opened
  server.at('GET', '/grids/tree', { body: playedCounty(rename) })
  server.state(topic, boardJson(playedBoard(open, now, changes)))
  await page.goto(`${origin}/screen/board/me${search}`)
  await expect(page.getByRole('heading', { name: /网格服务指挥大屏$/ })).toBeVisible()
  await expect(page.getByRole('img', { name: /^地图上 / })).toBeVisible()
  await expect(page.locator('.feed li').first().or(page.getByText('今天还没有新的动态。'))).toBeVisible()
  if (paused) await page.clock.pauseAt(new Date(Date.parse(now) + 120_000))
  return opened
}

/** No scroll bar, no card or word outside the screen, no card over another one, no text cut in the middle of a line. */
async function fits(page: Page): Promise<void> {
  await settled(page)
  const found = await page.evaluate(() => {
    const { clientWidth, clientHeight, scrollWidth, scrollHeight } = document.documentElement
    const name = (element: Element): string => `${element.tagName} ${element.className.toString()} ${element.textContent?.slice(0, 30) ?? ''}`
    const shown = (element: Element): boolean => element.getClientRects().length > 0
    const all = [...document.querySelectorAll('main *')].filter((element) => shown(element) && !element.closest('svg') && !element.closest('.points'))
    // Bars are moved beyond the edge of what shows a part of them.
    const outside = all.filter((element) => {
      if (element.tagName === 'I') return false
      const box = element.getBoundingClientRect()
      return box.left < -1 || box.top < -1 || box.right > clientWidth + 1 || box.bottom > clientHeight + 1
    })
    const blocks = [...document.querySelectorAll('main > header, .board-card, .middle')].filter(shown)
    const over = blocks.flatMap((one, index) =>
      blocks.slice(index + 1).filter((other) => {
        const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()]
        return a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1
      }).map((other) => `${name(one)} / ${name(other)}`),
    )
    // Cards hide what does not fit: nothing may be hidden.
    const cut = [...document.querySelectorAll('.board-card, .figures, .box, .keys, footer')].filter((element) => shown(element) && element.scrollHeight > element.clientHeight + 2)
    cut.push(...[...document.querySelectorAll('.tile b')].filter((element) => element.scrollWidth > element.clientWidth + 1))
    const labels = [...document.querySelectorAll('.names p')].map((element) => element.getBoundingClientRect())
    const labelsOver = labels.filter((a, index) => labels.slice(index + 1).some((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)).length
    return { scrolls: scrollWidth > clientWidth || scrollHeight > clientHeight, outside: outside.map(name).slice(0, 5), over: over.slice(0, 5), cut: cut.map(name), labelsOver }
  })
  expect(found).toEqual({ scrolls: false, outside: [], over: [], cut: [], labelsOver: 0 })
}

const label = (page: Page, name: string) => page.locator('.names p').filter({ hasText: name })
const bar = (page: Page) => page.getByRole('region', { name: '回放' })
const mark = (page: Page) => page.locator('.mark')
const live = (page: Page) => page.locator('main .now').getByText('实时')
const waiting = (page: Page) => page.locator('.tile').filter({ hasText: '未接服务' }).locator('b')

for (const [name, shape] of Object.entries(shapes)) {
  test(`${name}: everything is on the screen, and nothing over anything else`, async ({ world }) => {
    const { page } = await show(world, shape)
    await expect(label(page, '云溪镇')).toContainText('件')
    await page.clock.runFor(2_000)
    await fits(page)
    await picture(page, `board-${name}`)
    const map = await page.locator('.map').boundingBox()
    if (!map) throw new Error('no map')
    // The map is the middle of a wide screen, not its rest.
    if (shape.width / shape.height > 3) expect(Math.abs(map.x + map.width / 2 - shape.width / 2)).toBeLessThan(shape.width / 12)
    expect(map.height).toBeGreaterThan(shape.height * 0.2)
    await expect(page.locator('.areas')).toBeVisible({ visible: shape.width / shape.height > 2.1 })
    await page.mouse.move(600, 300)
    await page.mouse.move(640, 320)
    await page.getByRole('button', { name: '回放' }).click()
    await expect(bar(page)).toBeVisible()
    await fits(page)
    await picture(page, `board-${name}-replay`)
  })
}

for (const [name, shape] of Object.entries(shapes)) {
  test(`${name}: 2,000 points, long names and large numbers fit too, and all of it is said in words`, async ({ world }) => {
    const counters = { submitted: 12_345, accepted: 23_456, completed: 345_678, rated: 1_234_567, overdue: 999, returned: 3 }
    const { page } = await show(world, { ...shape, open: 2_000, rename: (grid) => `${grid}龙泉山大峡谷国家级风景名胜区`, changes: { counters } })
    await expect(page.getByRole('img', { name: '地图上 2,000 件' })).toBeVisible()
    await expect(page.getByText('地图上是最近的 2,000 件')).toBeVisible()
    await page.clock.runFor(2_000)
    await fits(page)
    await picture(page, `board-${name}-full`)
  })
}

test('points come, turn and go; what is open and late stands at its township', async ({ world }) => {
  const { page, server } = await show(world, { open: 30 })
  const before = { ...playedTicket(900), grid_id: 't4v4', lng: null, lat: null, state: 'submitted', overdue: false, escalated: false }
  const said = async (): Promise<number[]> => ((await page.getByRole('button', { name: /^城关镇，/ }).getAttribute('aria-label')) ?? '').match(/\d+/g)?.map(Number) ?? []
  const [submitted = 0, accepted = 0, overdue = 0] = await said()
  const told = (state: string, changes: object = {}): void => server.event(topic, `ticket.${state}`, { ...before, ...changes, ticket_kind: 'suggestion', grid_name: '城关镇', kind_title: '意见建议', text: '路灯不亮', state })
  const passes = (): Promise<void> => page.clock.runFor(1_500)
  told('submitted')
  await passes()
  await expect(page.getByRole('img', { name: '地图上 31 件' })).toBeVisible()
  expect(await said()).toEqual([submitted + 1, accepted, overdue])
  told('accepted', { overdue: true })
  await passes()
  expect(await said()).toEqual([submitted, accepted + 1, overdue + 1])
  await expect(label(page, '城关镇')).toContainText(`超时 ${overdue + 1}`)
  told('completed')
  await passes()
  await expect(page.getByRole('img', { name: '地图上 30 件' })).toBeVisible()
  expect(await said()).toEqual([submitted, accepted, overdue])
  await accessible(page, { except: ['region'] })
})

test('a remote control drills down and up', async ({ world }) => {
  const { page, server } = await show(world)
  server.state('board:t0', boardJson(playedBoard(9, now, { grid_id: 't0' })))
  await page.keyboard.press('ArrowRight')
  await expect(page.getByRole('button', { name: /^云溪镇，/ })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.locator('nav [aria-current]')).toHaveText('云溪镇')
  await expect(label(page, '柳河村')).toBeVisible()
  await page.keyboard.press('Backspace')
  await expect(page.locator('nav [aria-current]')).toHaveText('青岚县')
})

/** Boards of the past that tell their own time: so many wait as ten minutes have passed. */
function playPast({ server }: World, first = '2026-11-15T16:00:00.000Z'): void {
  server.at('GET', `/grids/${countyId}/board`, ({ query }) => {
    const at = query.get('at') ?? ''
    if (at < first) return problem(422, 'board.at_before_first', '这个时刻还没有任何记录，请选择更晚的时间')
    const minutes = ((Date.parse(at) + 8 * 3600_000) % 86_400_000) / 60_000
    return { body: { ...boardJson(playedBoard(20 + Math.floor(minutes / 10), at)), submitted: Math.floor(minutes / 10), at } }
  })
}

test('a day is played: marked, at its own time, and back to now', async ({ world }) => {
  const opened = await show(world, { paused: true })
  const { page, server } = opened
  playPast(opened)
  const liveWaiting = (await waiting(page).innerText()).trim()
  await expect(page.getByRole('button', { name: '回放' })).toHaveCSS('opacity', '0')
  await page.keyboard.press('ArrowLeft')
  await expect(page.getByRole('button', { name: '回放' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('button', { name: '暂停' })).toBeFocused()
  await expect(mark(page)).toHaveText('回放11 月 22 日 00:00')
  await expect(live(page)).toHaveCount(0)
  // The boards come in their own time, and the play waits for them.
  await expect(async () => {
    await page.clock.runFor(500)
    expect(await mark(page).innerText()).toMatch(/11 月 22 日 01:\d0/)
  }).toPass()
  await page.getByRole('button', { name: '暂停' }).click()

  await page.getByRole('button', { name: '昨天' }).click()
  await expect(mark(page)).toHaveText('回放11 月 21 日 00:00')
  await page.keyboard.press('ArrowUp')
  const line = page.getByRole('slider', { name: '时刻' })
  await expect(line).toBeFocused()
  for (let step = 0; step < 3; step += 1) await page.keyboard.press('ArrowRight')
  await expect(line).toHaveAttribute('aria-valuetext', '11 月 21 日 00:30')
  await expect(mark(page)).toHaveText('回放11 月 21 日 00:30')
  await page.clock.runFor(1_000)
  await expect(waiting(page)).toHaveText('3')
  await expect(page.getByText('当时动态')).toBeVisible()
  await page.clock.resume()
  await accessible(page, { except: ['region'] })
  await picture(page, 'board-replay')
  // Whatever comes meanwhile waits beneath.
  server.figures(topic, boardJson(playedBoard(120, now, { counters: { submitted: 77, accepted: 1, completed: 1, rated: 1, overdue: 0, returned: 0 } })))
  await page.clock.runFor(1_000)
  await expect(waiting(page)).toHaveText('3')
  await page.keyboard.press('Escape')
  await expect(live(page)).toBeVisible()
  await page.clock.runFor(1_000)
  await expect(waiting(page)).toHaveText('77')
  expect(liveWaiting).not.toBe('77')
  const asked = server.calls('GET', `/grids/${countyId}/board`).length
  await page.clock.runFor(5_000)
  expect(server.calls('GET', `/grids/${countyId}/board`).length).toBeLessThanOrEqual(asked + 1)
})

test('two minutes after its end a replay gives the screen back', async ({ world }) => {
  const opened = await show(world, { paused: true })
  const { page } = opened
  playPast(opened)
  await page.keyboard.press('MediaPlayPause')
  await expect(mark(page)).toHaveText(/00:00/)
  const line = page.getByRole('slider', { name: '时刻' })
  await line.focus()
  await page.keyboard.press('End')
  await expect(mark(page)).toHaveText(/14:40/)
  await page.clock.runFor(110_000)
  await expect(bar(page)).toBeVisible()
  await page.clock.runFor(15_000)
  await expect(bar(page)).toHaveCount(0)
  await expect(live(page)).toBeVisible()
})

test('moments without a record, and a server that is gone, leave the last picture with a word', async ({ world }) => {
  const opened = await show(world, { paused: true })
  const { page, server, tolerate } = opened
  tolerate(/status of 5\d\d/)
  playPast(opened, '2026-11-22T16:00:00.000Z')
  const before = (await waiting(page).innerText()).trim()
  await page.keyboard.press('MediaPlayPause')
  await expect(bar(page)).toContainText('这个时刻还没有任何记录')
  // Not the figures of now under another time.
  await expect(mark(page)).toHaveText('回放正在读取…')
  await expect(waiting(page)).toHaveText(before)
  await fits(page)

  playPast(opened)
  await page.getByRole('button', { name: '昨天' }).click()
  await expect(mark(page)).toHaveText('回放11 月 21 日 00:00')
  server.at('GET', `/grids/${countyId}/board`, problem(500, 'http.500', '服务器暂时繁忙，请稍后再试。'))
  await page.getByRole('button', { name: '20 日' }).click()
  await expect(async () => {
    await page.clock.runFor(3_000)
    await expect(bar(page)).toContainText('服务器暂时繁忙', { timeout: 200 })
  }).toPass()
  await expect(mark(page)).toHaveText('回放11 月 21 日 00:00')
  await expect(page.locator('.feed li').first()).toBeVisible()
  await page.getByRole('button', { name: '返回实时' }).click()
  await expect(live(page)).toBeVisible()
})

test('the tour goes from township to township, waits for whoever touches the screen, and not into a replay', async ({ world }) => {
  const opened = await show(world, { search: '?tour=1', paused: true })
  const { page, server } = opened
  playPast(opened)
  for (const town of ['t0', 't1']) server.state(`board:${town}`, boardJson(playedBoard(9, now, { grid_id: town })))
  const here = page.locator('nav [aria-current]')
  // However long the page took to come.
  await page.keyboard.press('Escape')
  await page.clock.runFor(300)
  await expect(page.getByText(/巡览暂停/)).toBeVisible()
  await page.clock.runFor(45_500)
  await expect(here).toHaveText('云溪镇')
  await expect(page.getByText(/自动巡览 \d+ 秒后继续/)).toBeVisible()
  await picture(page, 'board-tour')
  await page.clock.runFor(12_500)
  await expect(here).toHaveText('石门镇')
  await page.keyboard.press('Shift')
  await page.clock.runFor(500)
  await expect(page.getByText(/巡览暂停，4\d 秒后继续/)).toBeVisible()
  await page.clock.runFor(30_000)
  await expect(here).toHaveText('石门镇')
  await page.keyboard.press('Escape')
  await expect(here).toHaveText('青岚县')
  await page.keyboard.press('MediaPlayPause')
  await expect(bar(page)).toBeVisible()
  await page.clock.runFor(60_000)
  await expect(here).toHaveText('青岚县')
  await expect(page.getByText(/巡览/)).toHaveCount(0)
})

test('never blank: the server goes, the grid is empty, has no areas, or is refused', async ({ world }) => {
  const { page, server } = await show(world, { open: 60 })
  server.cut()
  await page.clock.runFor(500)
  await expect(page.getByRole('img', { name: '地图上 60 件' })).toBeVisible()
  await page.clock.runFor(10_000)
  await expect(page.getByRole('img', { name: '地图上 60 件' })).toBeVisible()

  const empty = { open: 0, changes: { counters: { submitted: 0, accepted: 0, completed: 0, rated: 0, overdue: 0, returned: 0 }, kinds: [], slowest: [], feed: [], ladder: [] } }
  for (const shape of [shapes['16-9'], shapes['32-9'], shapes.upright]) {
    const quiet = await show(world, { ...shape, ...empty })
    await expect(quiet.page.getByText('今天还没有新的动态。')).toBeVisible()
    await quiet.page.clock.runFor(2_000)
    await fits(quiet.page)
    await picture(quiet.page, `board-empty-${shape.width}`)
  }

  const bare = await world({ at: now, name: '韦秀兰', scale: 1, width: 1920, height: 1080 })
  bare.server.at('GET', '/grids/tree', { body: { ...playedCounty(), area: null, center: null, children: [] } })
  bare.server.state(topic, boardJson(playedBoard(3, now)))
  await bare.page.goto(`${origin}/screen/board/me`)
  await expect(bare.page.getByText('这个网格还没有边界')).toBeVisible()
  await expect(bare.page.locator('.feed li').first()).toBeVisible()
  await fits(bare.page)
  await picture(bare.page, 'board-bare')
})
