import { expect, type Page } from '@playwright/test'
import { settled } from './accessible'

/** Nothing sticks out sideways: whoever enlarges text need not scroll in two directions. */
export async function noSidewaysScroll(page: Page, where: string): Promise<void> {
  const wide = await page.evaluate(() => {
    const root = document.documentElement
    if (root.scrollWidth <= root.clientWidth) return []
    const clipped = (element: Element): boolean => {
      for (let up = element.parentElement; up && up !== document.body; up = up.parentElement) if (getComputedStyle(up).overflowX !== 'visible') return true
      return false
    }
    return [...document.querySelectorAll('body *')].filter((element) => element.getBoundingClientRect().right > root.clientWidth + 1 && !clipped(element)).slice(0, 5).map((element) => element.outerHTML.slice(0, 140))
  })
  expect(wide, `${where}: wider than the window`).toEqual([])
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), where).toBeLessThanOrEqual(0)
}

/** Every control can be brought into the window, and is then what a click there meets: asked when what slides in has come to rest. */
export async function everythingReachable(page: Page, where: string, within = 'dialog[open]'): Promise<void> {
  await settled(page)
  const lost = await page.evaluate((lying) => {
    // What lies above the page is used alone.
    const inside = document.querySelector(lying) ?? document
    const shown = (element: HTMLElement): boolean => element.getClientRects().length > 0 && getComputedStyle(element).visibility === 'visible' && !element.closest('.visually-hidden, [inert]') && !element.matches('.visually-hidden, .skip')
    const controls = [...inside.querySelectorAll<HTMLElement>('a[href], button, input, select, textarea, [role=tab], [role=treeitem]')].filter((element) => shown(element) && !element.matches(':disabled'))
    const lost = controls.filter((element) => {
      element.scrollIntoView({ block: 'center', inline: 'center' })
      const { left, top, bottom, width } = element.getBoundingClientRect()
      // Of a wide one its beginning, of a high one what of it is in the window.
      const [x, y] = [left + Math.min(width / 2, 40), (Math.max(top, 0) + Math.min(bottom, window.innerHeight)) / 2]
      if (width === 0 || x < 0 || x >= window.innerWidth || bottom <= 0 || top >= window.innerHeight) return true
      const hit = document.elementFromPoint(x, y)
      const label = element.closest('label') ?? (element instanceof HTMLInputElement ? element.labels?.[0] : undefined)
      return !(hit && (element.contains(hit) || hit.contains(element) || label?.contains(hit)))
    })
    window.scrollTo(0, 0)
    return lost.slice(0, 8).map((element) => `${element.outerHTML.slice(0, 120)} ${JSON.stringify(element.getBoundingClientRect())}`)
  }, within)
  expect(lost, `${where}: out of reach`).toEqual([])
}
