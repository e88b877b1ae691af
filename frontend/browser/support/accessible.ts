import AxeBuilder from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'

/** How long what moves may take to be waited for; what moves for ever (a pulse, a ring of minutes) is left alone. */
const longestMs = 3_000

/** Waits until what fades and slides has come to rest: half faded in, a text has a contrast that no reader ever meets. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(async (longest) => {
    const ending = document.getAnimations().filter((animation) => animation.playState === 'running' && Number(animation.effect?.getComputedTiming().endTime) <= longest)
    await Promise.allSettled(ending.map(({ finished }) => finished))
  }, longestMs)
}

/** Nothing that axe complains of, or nothing `serious` where only that is asked. */
export async function accessible(page: Page, { serious = false, except = [] as string[], only = [] as string[] } = {}): Promise<void> {
  await settled(page)
  const axe = new AxeBuilder({ page }).disableRules(except)
  const { violations } = await (only.length > 0 ? axe.withRules(only) : axe).analyze()
  const heard = violations.filter(({ impact }) => !serious || impact === 'serious' || impact === 'critical')
  expect(heard.map(({ id, nodes }) => ({ id, nodes: nodes.map((node) => `${node.html} ${node.failureSummary ?? ''}`) }))).toEqual([])
}
