import type { Page } from '@playwright/test'
import { accessible } from '../support/accessible'
import { everyPage, everything, servesEveryPage } from '../support/console'
import { places } from '../support/tickets'
import { everythingReachable, noSidewaysScroll } from '../support/reach'
import { during, expect, origin, picture, test, type OpenWorld } from './world'

/** A screen of 1366 × 768 at 200 %: the browser lays the page out as if it had half as many pixels. */
async function enlarged(world: OpenWorld): Promise<Page> {
  const { page, server } = await world({ at: during, name: '韦建国', me: everything, width: 683, height: 384, scale: 2 })
  servesEveryPage(server)
  return page
}

for (const [name, path, shown] of everyPage) {
  test(`at 200 % everything is in reach: ${name}`, async ({ world }) => {
    const page = await enlarged(world)
    await page.goto(`${origin}/console${path}`)
    await expect(page.locator('main').getByText(shown).first()).toBeVisible()
    await noSidewaysScroll(page, name)
    await everythingReachable(page, name)
    await picture(page, `zoom-${name.replace(/[^\p{L}]/gu, '')}`)
  })
}

test('at 200 % the menu waits behind a button, and leads to every page', async ({ world }) => {
  const page = await enlarged(world)
  await page.goto(`${origin}/console/members`)
  const menu = page.getByRole('navigation', { name: '主菜单' })
  await expect(menu).toBeHidden()
  await page.getByRole('button', { name: '菜单', exact: true }).click()
  await expect(menu.getByRole('link', { name: '党员' })).toBeFocused()
  await noSidewaysScroll(page, 'the menu')
  await everythingReachable(page, 'the menu', '#main-menu')
  await picture(page, 'zoom-menu')
  await accessible(page, { serious: true })
  await page.keyboard.press('Escape')
  await expect(menu).toBeHidden()
  await expect(page.getByRole('button', { name: '菜单', exact: true })).toBeFocused()
  await page.getByRole('button', { name: '菜单', exact: true }).click()
  await menu.getByRole('link', { name: '大屏管理' }).click()
  await expect(menu).toBeHidden()
  await expect(page).toHaveURL(/\/console\/screens$/)
})

const drawers: readonly (readonly [name: string, path: string, open: (page: Page) => Promise<void>])[] = [
  ['发起会议', '/meetings', (page) => page.getByRole('button', { name: '发起会议' }).click()],
  ['诉求详情', `/grids/${places.county}`, (page) => page.getByRole('button', { name: '详情' }).first().click()],
  ['新增政策', '/services', (page) => page.getByRole('button', { name: '新增政策' }).click()],
  ['新增党员', '/members', (page) => page.getByRole('button', { name: '新增党员' }).click()],
  ['发起民主评议', '/appraisals', (page) => page.getByRole('button', { name: '发起民主评议' }).click()],
  ['发起组织生活会', '/organisational-life', (page) => page.getByRole('button', { name: '发起组织生活会' }).click()],
  ['新建下级网格', `/grids/${places.village}?tab=grid`, (page) => page.getByRole('button', { name: '新建下级网格' }).click()],
]
for (const [name, path, open] of drawers) {
  test(`at 200 % a drawer is used to its end: ${name}`, async ({ world }) => {
    const page = await enlarged(world)
    await page.goto(`${origin}/console${path}`)
    await open(page)
    await expect(page.getByRole('dialog')).toBeVisible()
    await noSidewaysScroll(page, name)
    await everythingReachable(page, name)
    await accessible(page, { serious: true })
    await picture(page, `zoom-drawer-${name}`)
  })
}
