import type { Page } from '@playwright/test'
import { accessible } from '../support/accessible'
import { everyPage, everything, servesEveryPage } from '../support/console'
import { during, expect, origin, picture, test, type OpenWorld, type World } from './world'

async function opened(world: OpenWorld, theme: string | null, width = 1366, height = 768): Promise<World> {
  const opening = await world({ at: during, name: '韦建国', me: everything, width, height, scale: 1 })
  if (theme !== null) await opening.context.addInitScript((kept) => void (location.protocol.startsWith('http') && localStorage.setItem('lianxin.theme', kept)), theme)
  servesEveryPage(opening.server)
  return opening
}

for (const [name, path, shown] of everyPage) {
  test(`axe finds nothing serious, by day and by night: ${name}`, async ({ world }) => {
    // Two readings of a whole page by axe, which may take half a minute where other work runs beside it.
    test.slow()
    const { page } = await opened(world, 'light')
    await page.goto(`${origin}/console${path}`)
    await expect(page.locator('main').getByText(shown).first()).toBeVisible()
    await accessible(page, { serious: true })
    await picture(page, `light-${name.replace(/[^\p{L}]/gu, '')}`)
    // As when another window of this device chooses.
    await page.evaluate((key) => {
      localStorage.setItem(key, 'dark')
      window.dispatchEvent(new StorageEvent('storage', { key }))
    }, 'lianxin.theme')
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
    // Of what axe looks at, colours alone are other ones.
    await accessible(page, { only: ['color-contrast'] })
    await picture(page, `dark-${name.replace(/[^\p{L}]/gu, '')}`)
  })
}

const ground = (page: Page): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
const dark = 'rgb(14, 24, 38)'
const light = 'rgb(245, 241, 233)'

test('the choice is kept on the device, before anything is painted, and may follow the system', async ({ world }) => {
  const { page, context, tolerate } = await opened(world, null)
  tolerate(/net::ERR_FAILED/)
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.goto(`${origin}/console/meetings`)
  expect(await ground(page)).toBe(light)
  await page.getByRole('button', { name: /外观与退出/ }).click()
  await expect(page.getByRole('menuitemradio', { name: '浅色' })).toBeFocused()
  await picture(page, 'user-menu')
  await page.getByRole('menuitemradio', { name: '深色' }).click()
  await expect.poll(() => ground(page)).toBe(dark)
  await expect(page.getByRole('menuitemradio', { name: '深色' })).toHaveAttribute('aria-checked', 'true')
  await accessible(page, { serious: true })
  // The other windows of the same device change with it.
  const other = await context.newPage()
  await other.goto(`${origin}/login`)
  expect(await ground(other)).toBe(dark)
  await page.getByRole('menuitemradio', { name: '跟随系统' }).click()
  await page.emulateMedia({ colorScheme: 'light' })
  await expect.poll(() => ground(page)).toBe(light)
  await page.getByRole('menuitemradio', { name: '深色' }).click()
  await expect.poll(() => ground(other)).toBe(dark)

  // Without the modules there is the ground alone, and it is dark already: nothing flashes.
  await page.route('**/*.js', (route) => (route.request().url().includes('before-paint') ? route.fallback() : route.abort()))
  await page.reload({ waitUntil: 'commit' })
  await page.waitForSelector('#app', { state: 'attached' })
  expect(await ground(page)).toBe(dark)
  await page.unroute('**/*.js')
})

test('what is printed is light', async ({ world }) => {
  const { page } = await opened(world, 'dark')
  await page.goto(`${origin}/console/ticket-statistics`)
  await expect(page.getByText('办结率')).toBeVisible()
  await page.emulateMedia({ media: 'print' })
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue('--ink').trim())).toBe('#1f1a17')
  await expect(page.getByRole('navigation', { name: '已打开的页面' })).toBeHidden()
})
