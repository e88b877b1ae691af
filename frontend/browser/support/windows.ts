import { test as base, expect, type BrowserContext, type Page } from '@playwright/test'
import { workerBlocked } from './chromium'
import type { Person } from './people'

export { expect }

export const phone = { width: 390, height: 844 } as const
export const screen = { width: 1920, height: 1080 } as const
export const desk = { width: 1366, height: 768 } as const

export interface Window {
  page: Page
  context: BrowserContext
  /** What the browser complained of so far. */
  complaints: readonly string[]
  /** Complaints of the browser that this test causes on purpose. */
  tolerate: (complaint: RegExp) => void
}

/** A person's own browser: cookies, storage and size. */
export type OpenWindow = (size: { width: number; height: number }, person?: Person) => Promise<Window>

/** A page that nobody is signed in to asks who is here and is told: nobody. Browsers log that answer as an error. */
const asksWhoIsHere = /status of 401 .*\/api\/v1\/auth\/me$/

/** Every window is watched: an error in the console or a violation of the content policy fails the test at its end. */
export const test = base.extend<{ open: OpenWindow }>({
  open: async ({ browser }, use) => {
    const opened: { context: BrowserContext; complaints: string[]; tolerated: RegExp[] }[] = []
    await use(async (size, person) => {
      const context = await browser.newContext({ viewport: size })
      if (person) await context.addCookies([person.cookie()])
      const complaints: string[] = []
      const tolerated: RegExp[] = [asksWhoIsHere, workerBlocked]
      opened.push({ context, complaints, tolerated })
      await context.addInitScript(() => {
        document.addEventListener('securitypolicyviolation', (event) => console.error(`content policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`))
      })
      context.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(`${message.text()} ${message.location().url}`)
      })
      context.on('weberror', (error) => complaints.push(String(error.error().stack)))
      return { page: await context.newPage(), context, complaints, tolerate: (complaint) => void tolerated.push(complaint) }
    })
    for (const { context, complaints, tolerated } of opened) {
      await context.close()
      expect.soft(complaints.filter((complaint) => !tolerated.some((known) => known.test(complaint)))).toEqual([])
    }
  },
})
