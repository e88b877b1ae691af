import type { Locator, Page } from '@playwright/test'
import { problem, type Mocked } from '../support/mocked'
import { aRow, county, manyRows, supervision, supervisor, town, tree, type Row } from '../support/supervised'
import { anAttendee, desk, during, expect, meetingId, origin, path, picture, running, test, topic as meetingTopic, type OpenWorld } from './world'
import { accessible } from '../support/accessible'

const topic = `supervision:${county.id}`
const line = (page: Page, words: string): Locator => page.getByRole('table', { name: '督导的会议' }).getByRole('row').filter({ hasText: words })
const order = (page: Page): Promise<string[]> => page.getByRole('table', { name: '督导的会议' }).getByRole('rowheader').getByRole('link').allInnerTexts()

function watched(server: Mocked, items: readonly Row[]): void {
  server.at('GET', '/organisations/tree', { body: tree })
  server.at('GET', '/supervision/meetings', ({ query }) => ({ body: supervision(items, { org_id: query.get('org_id') ?? county.id, date: query.get('date') ?? '2026-11-21' }) }))
  server.state(topic, supervision(items))
}

async function opened(world: OpenWorld, items: readonly Row[], width = 1366, height = 768): Promise<{ page: Page; server: Mocked }> {
  const { page, server } = await world({ at: during, name: '督导员', me: supervisor, width, height })
  watched(server, items)
  await page.goto(`${origin}/console`)
  await expect(page).toHaveURL(/\/console\/supervision$/)
  await expect(page.getByRole('heading', { name: /会议督导/ })).toBeVisible()
  await expect.poll(() => server.follows(topic)).toBe(true)
  return { page, server }
}

const few = [
  aRow('over', { topic: '已开完的会', state: 'ended', ended_at: during, item: null }),
  aRow('soon', { topic: '晚上的会', state: 'launched', started_at: null, present: 0, item: null, starts_at: '2026-11-21T11:30:00.000Z', ends_at: '2026-11-21T13:00:00.000Z' }),
  aRow('runs', { topic: '正在开的会' }),
  aRow('late', { topic: '没有开始的会', state: 'launched', started_at: null, present: 0, item: null, alerts: ['leave_waiting', 'not_started'] }),
]

test('the most urgent stands first, and a change moves it there at once', async ({ world }) => {
  const { page, server } = await opened(world, few)
  expect(await order(page)).toEqual(['没有开始的会', '正在开的会', '晚上的会', '已开完的会'])
  await expect(line(page, '没有开始的会')).toContainText('到点未开始')
  await expect(page.getByLabel('合计')).toContainText('实到40')
  server.changes(topic, { changed: [aRow('soon', { ...few[1], alerts: ['odd_sign_ins'], present: 3 }), aRow('new', { topic: '刚启动的会', alerts: ['no_quorum'] }), { id: 'broken' }], removed: ['over'] })
  await expect(line(page, '刚启动的会')).toBeVisible()
  expect(await order(page)).toEqual(['没有开始的会', '刚启动的会', '晚上的会', '正在开的会'])
  await expect(page.getByRole('button', { name: /需关注/ })).toContainText('3')
})

test('filters narrow by state, warning and words; another organisation and another day are asked for', async ({ world }) => {
  const { page, server } = await opened(world, few)
  await page.getByRole('button', { name: /^需关注/ }).click()
  expect(await order(page)).toEqual(['没有开始的会'])
  await page.getByRole('button', { name: /^全部/ }).click()
  await page.getByRole('combobox', { name: '提醒' }).selectOption({ label: '议程超时' })
  await expect(page.getByText('没有符合条件的会议')).toBeVisible()
  await page.getByRole('combobox', { name: '提醒' }).selectOption('')
  await page.getByRole('searchbox').fill('晚上')
  expect(await order(page)).toEqual(['晚上的会'])
  await page.getByRole('combobox', { name: '组织' }).selectOption({ label: '　中共云溪镇党委' })
  await expect.poll(() => server.calls('GET', '/supervision/meetings').at(-1)?.query.get('org_id')).toBe(town.id)
  await expect.poll(() => server.follows(`supervision:${town.id}`)).toBe(true)
  await page.getByLabel('日期').fill('2026-11-20')
  await expect.poll(() => server.calls('GET', '/supervision/meetings').at(-1)?.query.get('date')).toBe('2026-11-20')
  await expect.poll(() => server.follows(`supervision:${town.id}`)).toBe(false)
})

test('the host is nudged with a note, and a second nudge says that it was folded', async ({ world }) => {
  const { page, server } = await opened(world, few)
  server.at('POST', '/meetings/late/nudge', () => ({ body: { ...few[3], nudged_at: during } }))
  for (const words of ['已催办 韦建国', '这次没有重复提醒']) {
    await page.getByRole('button', { name: '催办 没有开始的会' }).click()
    await page.getByRole('button', { name: '请尽快开始会议' }).click()
    await page.getByRole('dialog').getByRole('button', { name: '催办', exact: true }).click()
    await expect(page.getByText(words)).toBeVisible()
  }
  expect(server.calls('POST', '/meetings/late/nudge')[0]?.body).toEqual({ note: '请尽快开始会议' })
  await expect(line(page, '没有开始的会')).toContainText('已催')
})

test('opening a meeting leaves a mark and shows the desk without its buttons', async ({ world }) => {
  const { page, server } = await opened(world, [aRow(meetingId, { topic: '正在开的会' })])
  desk(server, running(), [anAttendee()], { expected: 42, present: 0 })
  server.at('POST', `${path}/visits`, { body: aRow(meetingId, { visits: 1 }) })
  await page.getByRole('link', { name: '正在开的会' }).click()
  await expect(page.getByRole('button', { name: '详情 黄志强' })).toBeVisible()
  expect(server.calls('POST', `${path}/visits`)).toHaveLength(1)
  for (const name of ['结束会议', '配对大屏', '添加列席', /^代签/]) await expect(page.getByRole('button', { name })).toHaveCount(0)
  await picture(page, 'supervision-desk')
  // The host's own desk hears of such a visit.
  server.event(meetingTopic, 'meeting.visited', { by_name: '覃督导' })
  await expect(page.getByText('覃督导 正在进会查看').last()).toBeVisible()
})

test('an organisation that is not theirs, and a day without meetings, say so', async ({ world }) => {
  const { page, server } = await opened(world, [])
  await expect(page.getByText('今天没有会议')).toBeVisible()
  server.at('GET', '/supervision/meetings', problem(403, 'supervision.forbidden', '不归您督导'))
  await page.getByLabel('日期').fill('2026-11-19')
  await expect(page.getByText('这个组织的会议不归您督导')).toBeVisible()
})

test('of five hundred meetings only the one that changed is drawn anew', async ({ world }) => {
  const rows = manyRows(500)
  const { page, server } = await opened(world, rows)
  await expect(line(page, '第 500 党支部')).toHaveCount(1)
  await page.evaluate(() => {
    const found = new Set<Element | null>()
    Object.assign(window, { drawn: found })
    new MutationObserver((changes) => changes.forEach(({ target }) => found.add((target instanceof Element ? target : target.parentElement)?.closest('.row') ?? null))).observe(document.querySelector('[role="table"]') as Element, { subtree: true, childList: true, characterData: true, attributes: true })
  })
  const metrics = await page.context().newCDPSession(page)
  await metrics.send('Performance.enable')
  const spent = async (): Promise<number> => (await metrics.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0
  const before = await spent()
  const updates = 20
  for (let update = 1; update <= updates; update += 1) {
    server.changes(topic, { changed: [{ ...rows[1], present: 100 + update }], removed: [] })
    // The server tells of changes once a second; nothing else is asked of the page meanwhile.
    await new Promise((told) => setTimeout(told, 50))
  }
  const perUpdate = ((await spent()) - before) / updates
  await expect(line(page, '第 2 党支部').first()).toContainText(String(100 + updates))
  console.log(`main thread for each update of 500 rows: ${(perUpdate * 1000).toFixed(1)} ms`)
  expect(perUpdate).toBeLessThan(0.1)
  expect(await page.evaluate(() => (window as unknown as { drawn: Set<Element | null> }).drawn.size)).toBe(1)
})

for (const [width, height] of [[1920, 1080], [1366, 768], [390, 844]] as const) {
  test(`it fits a window of ${width} × ${height}, and is accessible`, async ({ world }) => {
    const { page } = await opened(world, manyRows(60), width, height)
    await expect(line(page, '不足一半').first()).toBeVisible()
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    await picture(page, `supervision-${width}`)
    await accessible(page)
  })
}
