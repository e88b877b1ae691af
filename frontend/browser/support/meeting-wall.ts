import type { Locator, Page } from '@playwright/test'
import type { MeetingHall } from './meeting-hall'
import type { StaticPages } from './static-pages'
import { expect, screen, type OpenWindow, type Window } from './windows'

/** The meeting wall, and what stands on it. */

export const code = (page: Page): Locator => page.getByRole('img', { name: '签到二维码' })
export const names = (page: Page, count: number): Locator => page.getByRole('img', { name: `已签到 ${count} 人` })
export const figure = (page: Page, word: string): Locator => page.locator('.head dl div').filter({ has: page.locator('dt', { hasText: new RegExp(`^${word}`) }) }).locator('dd')
export const cards = (page: Page): Locator => page.locator('.cards .card')

export async function show(open: OpenWindow, pages: StaticPages, hall: MeetingHall, size: { width: number; height: number } = screen): Promise<Window> {
  const window = await open(size)
  await hall.serve(window.page)
  await window.page.goto(`${pages.base}/screen/meeting/${hall.id}`)
  await expect(window.page.locator('.head h1')).toBeVisible()
  return window
}
