import type { Page } from '@playwright/test'
import { serverOfThisFile } from './support/demo-server'
import { Person } from './support/people'
import { desk, expect, screen, test } from './support/windows'

const server = serverOfThisFile()

const code = (page: Page): ReturnType<Page['getByRole']> => page.getByRole('img', { name: /^配对码/ })
const digits = async (page: Page): Promise<string> => (await code(page).innerText()).replace(/\D/g, '')
const heading = (page: Page): ReturnType<Page['getByRole']> => page.getByRole('heading', { name: /网格服务指挥大屏$/ })

/** Nothing may be cut off or scroll, however the screen is shaped. */
async function expectToFit(page: Page): Promise<void> {
  const cut = await page.evaluate(() => {
    const { clientWidth, clientHeight, scrollWidth, scrollHeight } = document.documentElement
    const outside = [...document.querySelectorAll('main *')].filter((element) => {
      const box = element.getBoundingClientRect()
      return box.left < -1 || box.top < -1 || box.right > clientWidth + 1 || box.bottom > clientHeight + 1
    })
    return { scrolls: scrollWidth > clientWidth || scrollHeight > clientHeight, outside: outside.map((element) => element.className) }
  })
  expect(cut).toEqual({ scrolls: false, outside: [] })
}

test('a screen is paired, taken over, reloaded and released from the console', async ({ open }) => {
  const leader = await Person.staff(server(), 'leader_l3')
  const village = await leader.topGrid()
  const { page: tv } = await open(screen)
  await tv.goto(`${server().base}/screen`)
  await expect(code(tv)).toBeVisible()
  await expect(tv.getByText(/\d 分 \d\d 秒后自动更换/)).toBeVisible()
  const first = await digits(tv)
  expect(first).toMatch(/^\d{6}$/)
  // Switched off and on while it waits: the same code.
  await tv.reload()
  await expect(code(tv)).toBeVisible()
  expect(await digits(tv)).toBe(first)

  const { page: console, tolerate } = await open(desk, leader)
  await console.goto(`${server().base}/console/screens`)
  await expect(console.getByText('还没有配对的大屏')).toBeVisible()
  tolerate(/status of 422 .*\/screens\/pair$/)
  await console.getByLabel('配对码').fill(first === '000000' ? '000001' : '000000')
  await console.getByRole('button', { name: '配对', exact: true }).click()
  await expect(console.getByText('配对码不正确或已过期')).toBeVisible()
  await console.getByLabel('配对码').fill(`${first.slice(0, 3)} ${first.slice(3)}`)
  await console.getByLabel('名称（可不填）').fill('村委会大厅')
  await console.getByRole('button', { name: '配对', exact: true }).click()
  await expect(console.getByText('“村委会大厅”已配对')).toBeVisible()
  await expect(heading(tv)).toHaveText(`${village.name} 网格服务指挥大屏`)
  await expect(tv.locator('.feed li').first()).toBeVisible()
  await expect(tv.getByText('实时').first()).toBeVisible()
  expect(new URL(tv.url()).pathname).toBe(`/screen/board/${village.id}`)
  await expectToFit(tv)
  // Nobody drills down on a screen that hangs on the wall.
  await expect(tv.locator('path[tabindex]')).toHaveCount(0)
  const row = console.getByRole('row').filter({ hasText: '村委会大厅' })
  await expect(row.getByText('在线', { exact: true })).toBeVisible()
  await console.screenshot({ path: test.info().outputPath('console.png') })

  // A power cut: the board is back without anybody's help.
  const began = Date.now()
  await tv.reload()
  await expect(heading(tv)).toHaveText(`${village.name} 网格服务指挥大屏`)
  test.info().annotations.push({ type: 'back after', description: `${Date.now() - began} ms` })
  await expect(tv.locator('.feed li').first()).toBeVisible()

  await row.getByRole('button', { name: '换内容' }).click()
  const dialog = console.getByRole('dialog')
  const below = village.children?.[0] ?? (await leader.get<{ children: { id: string; name: string }[] }>(`/grids/tree?root=${village.id}`)).children[0]
  await dialog.getByLabel('显示内容').selectOption(`board:${below?.id ?? ''}`)
  await dialog.getByRole('button', { name: '切换' }).click()
  await expect(heading(tv)).toHaveText(`${below?.name ?? ''} 网格服务指挥大屏`)
  await expect(tv.getByText('实时').first()).toBeVisible()

  await row.getByRole('button', { name: '解除' }).click()
  await console.getByRole('dialog').getByRole('button', { name: '解除' }).click()
  await expect(code(tv)).toBeVisible()
  expect(await digits(tv)).not.toBe(first)
  expect(new URL(tv.url()).pathname).toBe('/screen')
  await expect(console.getByText('还没有配对的大屏')).toBeVisible()
})

test('a screen that was released while it was off asks for a new code', async ({ open }) => {
  const leader = await Person.staff(server(), 'leader_l3')
  const village = await leader.topGrid()
  const { page: tv, tolerate } = await open(screen)
  tolerate(/status of 401 |WebSocket/)
  await tv.goto(`${server().base}/screen`)
  await expect(code(tv)).toBeVisible()
  const { id } = await leader.post<{ id: string }>('/screens/pair', { code: await digits(tv), target: `board:${village.id}` })
  await expect(heading(tv)).toBeVisible()
  await tv.goto('about:blank')
  await leader.remove(`/screens/${id}`)
  await tv.goto(`${server().base}/screen/board/${village.id}`)
  await expect(code(tv)).toBeVisible()
})

test('a waiting screen stands through a restart and says so meanwhile', async ({ open }) => {
  const { page: tv, tolerate } = await open(screen)
  tolerate(/ERR_CONNECTION_(REFUSED|RESET)|ERR_EMPTY_RESPONSE|Connection closed|WebSocket/)
  await tv.goto(`${server().base}/screen`)
  await expect(code(tv)).toBeVisible()
  const before = await digits(tv)
  await server().stop('SIGKILL')
  await expect(tv.getByText('连接中断，正在自动重连')).toBeVisible()
  await tv.screenshot({ path: test.info().outputPath('offline.png') })
  await server().restart()
  await expect(tv.getByText('连接中断')).toBeHidden()
  expect(await digits(tv)).toBe(before)
  const leader = await Person.staff(server(), 'leader_l3')
  const village = await leader.topGrid()
  await leader.post('/screens/pair', { code: before, target: `board:${village.id}` })
  await expect(heading(tv)).toBeVisible()
})

for (const [name, width, height] of [
  ['16:9', 1920, 1080],
  ['32:9', 3840, 1080],
  ['upright', 1080, 1920],
  ['small', 1366, 768],
] as const) {
  test(`${name}: a code fills the screen and nothing is cut off; its board too`, async ({ open }) => {
    const leader = await Person.staff(server(), 'leader_l1')
    const county = await leader.topGrid()
    const { page: tv } = await open({ width, height })
    await tv.goto(`${server().base}/screen`)
    await expect(code(tv)).toBeVisible()
    await expect(tv.getByText('后自动更换')).toBeVisible()
    await expectToFit(tv)
    const box = await code(tv).boundingBox()
    expect(Math.max((box?.width ?? 0) / width, (box?.height ?? 0) / height)).toBeGreaterThan(0.35)
    await tv.screenshot({ path: test.info().outputPath('code.png') })
    await leader.post('/screens/pair', { code: await digits(tv), target: `board:${county.id}` })
    await expect(tv.locator('.feed li').first()).toBeVisible()
    await tv.screenshot({ path: test.info().outputPath('board.png') })
  })
}
