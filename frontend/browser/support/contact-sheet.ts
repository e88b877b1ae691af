import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type Page } from '@playwright/test'
import { repository } from './demo-server'

/** Pictures for one look, not for the repository: a folder for each edition, and one sheet with all of them. */

const folder = join(repository, 'target/pages')
const settleMs = 400
/** A page that never falls silent, such as one that waits for an answer, is taken as it stands. */
const silenceMs = 5_000
const longestPx = 3_000

/** What the page asks for is there, and what slides in has come to rest. */
export async function settled(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle', { timeout: silenceMs }).catch(() => undefined)
  await expect.soft(page.locator('.skeleton:visible'), `skeletons of ${page.url()}`).toHaveCount(0, { timeout: 2 * silenceMs })
  await page.waitForTimeout(settleMs)
}

/** `edition`: who looks at it, how large, in which colours. `whole`: the window is made as long as the page. */
export async function shoot(page: Page, edition: string, name: string, whole = false): Promise<void> {
  mkdirSync(join(folder, edition), { recursive: true })
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  if (wide > 0) console.log(`${edition}/${name} is ${wide} px wider than its window`)
  const size = page.viewportSize()
  const long = await page.evaluate(() => document.documentElement.scrollHeight)
  if (whole && size && long > size.height) await page.setViewportSize({ width: size.width, height: Math.min(long, longestPx) })
  writeFileSync(join(folder, edition, `${name}.jpg`), await page.screenshot({ type: 'jpeg', quality: 80, animations: 'disabled' }))
  if (size) await page.setViewportSize(size)
}

/** The sheet over everything that lies there by now. */
export function writeSheet(): void {
  mkdirSync(folder, { recursive: true })
  const editions = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name)
  const figures = (edition: string): string => readdirSync(join(folder, edition)).map((file) => `<figure><a href="${edition}/${file}"><img loading="lazy" src="${edition}/${file}"></a><figcaption>${file.replace('.jpg', '')}</figcaption></figure>`).join('')
  const sections = editions.map((edition) => `<h2 id="${edition}">${edition}</h2><section class="${/phone/.test(edition) ? 'narrow' : ''}">${figures(edition)}</section>`).join('')
  const style = 'body{font:14px sans-serif;margin:1rem;background:#ddd}section{display:grid;grid-template-columns:repeat(auto-fill,minmax(30rem,1fr));gap:1rem;align-items:start}section.narrow{grid-template-columns:repeat(auto-fill,minmax(15rem,1fr))}figure{margin:0}img{width:100%}nav a{margin-right:1rem}'
  writeFileSync(join(folder, 'index.html'), `<!doctype html><meta charset="utf-8"><title>Every page</title><style>${style}</style><nav>${editions.map((edition) => `<a href="#${edition}">${edition}</a>`).join('')}</nav>${sections}`)
}
