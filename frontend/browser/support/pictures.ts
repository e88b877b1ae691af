import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type Browser, type Page } from '@playwright/test'
import { repository } from './demo-server'
import type { Person } from './people'
import { smallerPng } from './png'

/** Pictures that stay in the repository. */

const folder = join(repository, 'docs/pictures')
const largestBytes = 500 * 1024

export async function windowOf(browser: Browser, size: { width: number; height: number; scale?: number }, person?: Person): Promise<Page> {
  const context = await browser.newContext({ locale: 'zh-CN', viewport: { width: size.width, height: size.height }, deviceScaleFactor: size.scale ?? 1, isMobile: size.scale !== undefined, hasTouch: size.scale !== undefined })
  if (person) await context.addCookies([person.cookie()])
  return context.newPage()
}

export async function take(page: Page, name: string): Promise<void> {
  await page.waitForFunction(() => [...document.images].every((image) => image.complete || image.getBoundingClientRect().top > window.innerHeight))
  const picture = smallerPng(await page.screenshot({ animations: 'disabled' }))
  expect(picture.length, `${name}.png`).toBeLessThan(largestBytes)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.png`), picture)
}
