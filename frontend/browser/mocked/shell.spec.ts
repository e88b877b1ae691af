import type { Locator, Page } from '@playwright/test'
import { aMeeting, meetingId } from '@/shared/meeting/fixture'
import { accessible } from '../support/accessible'
import { everything, servesEveryPage } from '../support/console'
import type { Login, Mocked } from '../support/mocked'
import { during, expect, origin, picture, test, type OpenWorld } from './world'

/** The frame of the console: tabs of pages, and the keyboard. */

const draft = aMeeting({ state: 'draft', state_title: '草稿', manages: true })
const tabs = (page: Page): Locator => page.getByRole('navigation', { name: '已打开的页面' }).getByRole('link')
const menu = (page: Page, name: string): Locator => page.getByRole('navigation', { name: '主菜单' }).getByRole('link', { name, exact: true })
const closer = (page: Page, name: string): Locator => page.getByRole('navigation', { name: '已打开的页面' }).getByRole('listitem').filter({ hasText: name }).getByRole('button', { name: '关闭标签页' })
const shown = (page: Page): Locator => page.getByRole('navigation', { name: '已打开的页面' }).locator('a[aria-current=page]')

async function opened(world: OpenWorld, path = '/meetings', width = 1366, height = 768): Promise<{ page: Page; server: Mocked; login: Login }> {
  const { page, server, login } = await world({ at: during, name: '韦建国', me: everything, width, height, scale: 1 })
  servesEveryPage(server)
  await page.goto(`${origin}/console${path}`)
  await expect(shown(page)).toBeVisible()
  return { page, server, login }
}

test('every opened page is a tab, named when its name is known, and comes back where it was left', async ({ world }) => {
  const { page, server } = await opened(world, '/ticket-statistics?by=kind')
  await menu(page, '会议').click()
  await page.getByRole('main').getByRole('link', { name: /学习贯彻全会精神/ }).click()
  await expect(tabs(page)).toHaveText(['诉求统计', '会议', /学习贯彻全会精神/])
  await expect(page).toHaveTitle(/学习贯彻全会精神.*连心$/)
  const asked = server.calls('GET', '/tickets/statistics').length
  await tabs(page).first().click()
  await expect(page).toHaveURL(/ticket-statistics\?by=kind/)
  await expect(page.getByRole('button', { name: '按类型' })).toHaveAttribute('aria-pressed', 'true')
  // Nothing stale: the figures were asked for again.
  await expect.poll(() => server.calls('GET', '/tickets/statistics').length).toBeGreaterThan(asked)
  // The menu leads to the open page, too.
  await menu(page, '会议').click()
  await menu(page, '诉求统计').click()
  await expect(page).toHaveURL(/by=kind/)
  await page.reload()
  await expect(tabs(page)).toHaveText(['诉求统计', '会议', /学习贯彻全会精神/])
  await page.goBack()
  await expect(shown(page)).toHaveText('会议')
  await page.goForward()
  await expect(shown(page)).toHaveText('诉求统计')
  await picture(page, 'tabs')
  await accessible(page)
})

test('tabs are closed one by one, all others, and all to the right', async ({ world }) => {
  const { page } = await opened(world)
  for (const name of ['民主评议', '到会统计', '党员', '大屏管理']) await menu(page, name).click()
  await closer(page, '到会统计').click()
  await expect(tabs(page)).toHaveText(['会议', '民主评议', '党员', '大屏管理'])
  await expect(page).toHaveURL(/\/screens$/)
  await closer(page, '大屏管理').click()
  await expect(page).toHaveURL(/\/members$/)
  await tabs(page).first().click({ button: 'right' })
  await picture(page, 'tab-menu')
  await accessible(page)
  await page.getByRole('menuitem', { name: '关闭右侧' }).click()
  await expect(tabs(page)).toHaveText(['会议'])
  await expect(page).toHaveURL(/\/meetings$/)
  // The last one stays.
  await expect(page.getByRole('button', { name: '关闭标签页' })).toHaveCount(0)

  await menu(page, '民主评议').click()
  await menu(page, '党员').click()
  await page.getByRole('button', { name: '标签页操作' }).click()
  await page.getByRole('menuitem', { name: '固定在前面' }).click()
  await expect(tabs(page)).toHaveText([/^党员/, '会议', '民主评议'])
  await tabs(page).last().click({ button: 'right' })
  await page.getByRole('menuitem', { name: '关闭其他' }).click()
  await expect(tabs(page)).toHaveText([/^党员/, '民主评议'])
  await expect(shown(page)).toHaveText('民主评议')
})

test('a page is loaded anew from its tab', async ({ world }) => {
  const { page, server } = await opened(world, '/channels')
  await expect(page.getByText('号码已停机')).toBeVisible()
  server.at('GET', '/deliveries', { body: { items: [], next_cursor: null } })
  await page.getByRole('button', { name: '标签页操作' }).click()
  await page.getByRole('menuitem', { name: '刷新此页' }).click()
  await expect(page.getByText('号码已停机')).toHaveCount(0)
  await expect(tabs(page)).toHaveText(['外发渠道'])
})

test('unsaved input is asked for before its page is left, closed or loaded anew', async ({ world }) => {
  const { page } = await opened(world)
  await menu(page, '服务时限').click()
  const answers: boolean[] = []
  page.on('dialog', (dialog) => void (answers.shift() ? dialog.accept() : dialog.dismiss()))
  const input = page.getByRole('main').locator('input[type=number], input[inputmode=numeric]').first()
  await input.fill('45')
  answers.push(false)
  await closer(page, '服务时限').click()
  await expect(tabs(page)).toHaveText(['会议', '服务时限'])
  answers.push(false)
  await page.getByRole('button', { name: '标签页操作' }).click()
  await page.getByRole('menuitem', { name: '刷新此页' }).click()
  await expect(input).toHaveValue('45')
  answers.push(true)
  await closer(page, '服务时限').click()
  await expect(tabs(page)).toHaveText(['会议'])
  expect(answers).toEqual([])
})

test('twelve at most; what does not fit is reached by arrows', async ({ world }) => {
  const { page } = await opened(world)
  const names = ['领导视图', '组织生活会', '民主评议', '会议督导', '组织生活督查', '到会统计', '会议类型', '组织机构', '党员', '政策与链接', '服务时限', '工作日历']
  for (const name of names) await menu(page, name).click()
  await expect(tabs(page)).toHaveText(names)
  await expect(tabs(page).last()).toBeInViewport()
  await expect(tabs(page).first()).not.toBeInViewport()
  const left = page.getByRole('button', { name: '向左滚动标签页' })
  await expect(async () => {
    if (await left.isEnabled()) await left.click({ timeout: 1_000 })
    await expect(left).toBeDisabled({ timeout: 1_000 })
  }).toPass()
  await expect(tabs(page).first()).toBeInViewport()
  await picture(page, 'tabs-many')
  await page.setViewportSize({ width: 390, height: 844 })
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
  await picture(page, 'tabs-many-390')
})

test('names and filters go when somebody signs out', async ({ world }) => {
  const { page, server, login } = await opened(world, `/meetings/${meetingId}`)
  await expect(tabs(page)).toHaveText([/学习贯彻全会精神/])
  expect(await page.evaluate(() => sessionStorage.getItem('lianxin.console-tabs'))).toContain('学习贯彻全会精神')
  server.at('POST', '/auth/logout', () => {
    login.signedIn = false
    return { status: 204 }
  })
  await page.getByRole('button', { name: /外观与退出/ }).click()
  await page.getByRole('menuitem', { name: '退出' }).click()
  await expect(page).toHaveURL(/\/login$/)
  expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage }))).not.toContain('学习贯彻')
  await expect(page).toHaveTitle('连心 · 党群实时服务平台')
})

test('a deleted record takes its tab along', async ({ world }) => {
  const { page, server } = await opened(world)
  server.at('GET', `/meetings/${meetingId}`, { body: draft })
  server.state(`meeting:${meetingId}`, { meeting: { id: meetingId, topic: draft.topic, started_at: null, ended_at: null, cancel_reason: null, items: [] }, votes: [] })
  server.at('DELETE', `/meetings/${meetingId}`, { status: 204 })
  await page.goto(`${origin}/console/meetings/${meetingId}`)
  await page.getByRole('button', { name: '删除草稿' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '删除' }).click()
  await expect(page).toHaveURL(/\/meetings$/)
  await expect(tabs(page)).toHaveText(['会议'])
})

const focused = (page: Page): Promise<{ outline: number; name: string }> =>
  page.evaluate(() => {
    const element = document.activeElement ?? document.body
    const { outlineStyle, outlineWidth } = getComputedStyle(element)
    return { outline: outlineStyle === 'none' ? 0 : parseFloat(outlineWidth), name: `${element.tagName} ${element.getAttribute('aria-label') ?? element.textContent?.trim().slice(0, 30) ?? ''}` }
  })

test('the keyboard: over the frame to the page, along the menu and the tabs', async ({ world }) => {
  const { page } = await opened(world)
  await menu(page, '党员').click()
  await expect(shown(page)).toHaveText('党员')
  await page.reload()
  await expect(page.getByRole('main').getByText('韦建国').first()).toBeVisible()
  await page.keyboard.press('Tab')
  await expect(page.getByRole('link', { name: '跳到正文' })).toBeFocused()
  await expect(page.getByRole('link', { name: '跳到正文' })).toBeInViewport()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('main')).toBeFocused()
  await expect(page).toHaveURL(/\/members$/)

  await menu(page, '党员').focus()
  await page.keyboard.press('ArrowUp')
  await expect(menu(page, '组织机构')).toBeFocused()
  await page.keyboard.press('Home')
  await expect(menu(page, '诉求管理')).toBeFocused()
  expect((await focused(page)).outline).toBeGreaterThanOrEqual(2)

  await shown(page).focus()
  await page.keyboard.press('ArrowLeft')
  await expect(tabs(page).first()).toBeFocused()
  await page.keyboard.press('Shift+F10')
  await expect(page.getByRole('menuitem', { name: '刷新此页' })).toBeFocused()
  await page.keyboard.press('ArrowDown')
  await expect(page.getByRole('menuitem', { name: '固定在前面' })).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('menu')).toHaveCount(0)
  await expect(tabs(page).first()).toBeFocused()
  await page.keyboard.press('Delete')
  await expect(tabs(page)).toHaveText(['党员'])
  await expect(tabs(page).first()).toBeFocused()
})

test('Escape closes what lies above the page, and the focus returns to what opened it', async ({ world }) => {
  const { page } = await opened(world, '/members')
  for (const name of ['新增党员', /^编辑韦建国/] as const) {
    const opener = page.getByRole('button', { name })
    await opener.focus()
    await page.keyboard.press('Enter')
    await expect(page.getByRole('dialog')).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toHaveCount(0)
    await expect(opener).toBeFocused()
  }
  await page.getByRole('button', { name: /外观与退出/ }).focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('menuitemradio', { name: '浅色' })).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('button', { name: /外观与退出/ })).toBeFocused()
})

for (const theme of ['light', 'dark'] as const) {
  test(`the focus is seen wherever Tab leads on a ${theme} page`, async ({ world }) => {
    const { page } = await opened(world, '/members')
    await page.evaluate((kept) => localStorage.setItem('lianxin.theme', kept), theme)
    await page.reload()
    await expect(page.getByRole('main').getByText('韦建国').first()).toBeVisible()
    const unseen: string[] = []
    for (let step = 0; step < 60; step += 1) {
      await page.keyboard.press('Tab')
      const { outline, name } = await focused(page)
      if (outline < 2 && !name.startsWith('BODY')) unseen.push(name)
    }
    expect(unseen).toEqual([])
  })
}
