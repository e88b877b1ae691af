import type { CDPSession, Page } from '@playwright/test'
import { MeetingHall } from './support/meeting-hall'
import { cards, code, figure, names, show } from './support/meeting-wall'
import { staticPages } from './support/static-pages'
import { expect, test } from './support/windows'

const pages = staticPages()
/** Pictures for a trace would be taken from the very frames that are counted. */
test.use({ trace: 'off' })

/** Asked of a machine that has nothing else to do; LIANXIN_MEASURE=1 says that this one has not. */
const leastFramesPerSecond = 55
const hasNothingElseToDo = process.env['LIANXIN_MEASURE'] === '1'
/** A frame of the wall may use this much of the main thread, however busy the machine is with other things. */
const mostWorkPerFrameMs = 12
const secondsOfFlood = 10
const people = 2_000

interface Motion {
  perSecond: number
  slowest: number
  longTasks: number[]
  /** processor time of the main thread, milliseconds for each frame */
  work: number
}

/** Frames and tasks of the page while something happens. */
async function measured(page: Page, during: () => Promise<void>): Promise<Motion> {
  const inspector = await page.context().newCDPSession(page)
  await inspector.send('Performance.enable', { timeDomain: 'threadTicks' })
  await page.evaluate(() => {
    const run = { frames: 0, slowest: 0, from: performance.now(), last: performance.now(), longTasks: [] as number[] }
    Object.assign(window, { run })
    new PerformanceObserver((list) => run.longTasks.push(...list.getEntries().map(({ duration }) => Math.round(duration)))).observe({ entryTypes: ['longtask'] })
    const step = (): void => {
      const now = performance.now()
      run.frames += 1
      run.slowest = Math.max(run.slowest, now - run.last)
      run.last = now
      if ((window as unknown as { run: unknown }).run === run) requestAnimationFrame(step)
    }
    requestAnimationFrame(step)
  })
  const before = await worked(inspector)
  await during()
  const after = await worked(inspector)
  const seen = await page.evaluate(() => {
    const { run } = window as unknown as { run: { frames: number; slowest: number; from: number; longTasks: number[] } }
    Object.assign(window, { run: null })
    return { frames: run.frames, elapsed: performance.now() - run.from, slowest: Math.round(run.slowest), longTasks: run.longTasks }
  })
  await inspector.detach()
  return { perSecond: (seen.frames * 1_000) / seen.elapsed, slowest: seen.slowest, longTasks: seen.longTasks, work: ((after - before) * 1_000) / seen.frames }
}

/** Seconds of processor time that the main thread has used. */
async function worked(inspector: CDPSession): Promise<number> {
  const { metrics } = await inspector.send('Performance.getMetrics')
  return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0
}

const told = ({ perSecond, slowest, longTasks, work }: Motion): string =>
  `${perSecond.toFixed(1)} frames/s, slowest ${slowest} ms, ${work.toFixed(1)} ms of work each, ${longTasks.length} long tasks${longTasks.length > 0 ? ` (longest ${Math.max(...longTasks)} ms)` : ''}`

for (const pictured of [0, 60]) test(`two thousand in ten seconds, ${pictured} of a hundred with a picture: every name, and motion that flows`, async ({ open }) => {
  const hall = new MeetingHall({ pictured, expected: people, startsInMs: 600_000, opensInMs: -600_000 })
  const { page, context } = await show(open, pages(), hall)
  await expect(code(page)).toBeVisible()

  const empty = await context.newPage()
  const machine = await measured(empty, () => empty.waitForTimeout(3_000))
  await empty.close()
  await page.bringToFront()
  await page.waitForTimeout(1_000)

  const motion = await measured(page, async () => {
    const from = Date.now()
    for (let frame = 1; frame <= secondsOfFlood * 10; frame += 1) {
      hall.come(people / secondsOfFlood / 10)
      await page.waitForTimeout(Math.max(0, from + frame * 100 - Date.now()))
    }
  })
  for (const [type, description] of [['empty page', told(machine)], ['flood', told(motion)]] as const) {
    test.info().annotations.push({ type, description })
    console.log(`${type}: ${description}`)
  }
  await expect(names(page, people)).toBeVisible()
  await expect(figure(page, '实到')).toHaveText('2,000')
  await expect.poll(() => cards(page).count()).toBeLessThanOrEqual(3)
  await page.screenshot({ path: test.info().outputPath(`flood-${pictured}.png`) })
  expect(motion.work).toBeLessThan(mostWorkPerFrameMs)
  if (hasNothingElseToDo) expect(motion.perSecond).toBeGreaterThanOrEqual(leastFramesPerSecond)
})
