import type { CDPSession, Page } from '@playwright/test'
import { Mocked, origin, withLogin } from './support/mocked'
import { aMember } from './support/mocked'
import { boardJson, countyId, playedBoard, playedCounty, playedTicket } from './support/played-county'
import { expect, screen, test } from './support/windows'

/**
 * `npm run soak:board`: a county's board with 2,000 open requests, 20 of which change each second. Says how often it paints
 * and what the main thread does meanwhile. A machine without a graphics processor paints with its cores, and the
 * rate says more about those than about the page; the main thread's time is the page's own.
 */

const open = Number(process.env['LIANXIN_SOAK_POINTS'] ?? 2_000)
const seconds = Number(process.env['LIANXIN_SOAK_SECONDS'] ?? 20)
const changesPerSecond = 20
const batchesPerSecond = 4
/** Before the first measured second: fonts, compiled code, the entrance of the map and of its alarms. */
const settleMs = 15_000
const frameMs = 1000 / 60

const at = new Date().toISOString()
const topic = `board:${countyId}`

interface Costs {
  /** seconds of the main thread since the page began */
  task: number
  script: number
  layout: number
  style: number
}

async function costs(inspector: CDPSession): Promise<Costs> {
  const { metrics } = await inspector.send('Performance.getMetrics')
  const of = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? 0
  return { task: of('TaskDuration'), script: of('ScriptDuration'), layout: of('LayoutDuration'), style: of('RecalcStyleDuration') }
}

async function measured(page: Page, during: () => Promise<void>): Promise<string> {
  const inspector = await page.context().newCDPSession(page)
  await inspector.send('Performance.enable', { timeDomain: 'threadTicks' })
  await page.evaluate(() => {
    const run = { frames: [] as number[], longTasks: [] as number[] }
    Object.assign(window, { run })
    new PerformanceObserver((list) => run.longTasks.push(...list.getEntries().map(({ duration }) => Math.round(duration)))).observe({ entryTypes: ['longtask'] })
    let last = performance.now()
    const step = (now: number): void => {
      run.frames.push(now - last)
      last = now
      if ((window as unknown as { run: unknown }).run === run) requestAnimationFrame(step)
    }
    requestAnimationFrame(step)
  })
  const [before, from] = [await costs(inspector), Date.now()]
  await during()
  const [after, elapsed] = [await costs(inspector), (Date.now() - from) / 1000]
  const { frames, longTasks } = await page.evaluate(() => {
    const { run } = window as unknown as { run: { frames: number[]; longTasks: number[] } }
    Object.assign(window, { run: null })
    return run
  })
  await inspector.detach()
  const sorted = frames.slice(1).sort((a, b) => a - b)
  const quantile = (part: number): string => (sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0).toFixed(1)
  const late = sorted.filter((interval) => interval > frameMs + 0.5).length / sorted.length
  const perSecond = (cost: keyof Costs): string => `${(((after[cost] - before[cost]) * 1000) / elapsed).toFixed(0)} ms`
  return [
    `${(sorted.length / elapsed).toFixed(1)} frames/s`,
    `intervals: median ${quantile(0.5)}, p95 ${quantile(0.95)}, p99 ${quantile(0.99)} ms, longer than 16.7 ms: ${(late * 100).toFixed(1)} %`,
    `main thread each second: ${perSecond('task')} in all, script ${perSecond('script')}, style ${perSecond('style')}, layout ${perSecond('layout')}`,
    `long tasks: ${longTasks.length}${longTasks.length > 0 ? ` (longest ${Math.max(...longTasks)} ms)` : ''}`,
  ].join('\n  ')
}

test(`a board of ${open} points with ${changesPerSecond} changes a second`, async ({ open: openWindow }) => {
  const { page, context } = await openWindow(screen)
  const server = new Mocked()
  await server.attach(context)
  withLogin(server, { me: aMember('韦秀兰'), signedIn: true })
  server.at('GET', '/grids/tree', { body: playedCounty() })
  const board = playedBoard(open, at)
  server.state(topic, boardJson(board))

  const empty = await context.newPage()
  console.log(`an empty page\n  ${await measured(empty, () => empty.waitForTimeout(3_000))}`)
  await empty.close()

  await page.goto(`${origin}/screen/board/me`)
  await expect(page.locator('.feed li').first()).toBeVisible()
  await page.waitForTimeout(settleMs)
  const elements = await page.evaluate(() => document.querySelectorAll('*').length)
  const still = await measured(page, () => page.waitForTimeout(5_000))
  console.log(`the board while nothing happens, ${elements} elements\n  ${still}`)

  let next = 0
  const turn = (): readonly [string, object] => {
    // Every third is done and leaves, another comes instead; the others are taken on.
    const number = next
    next += 1
    const shown = { ...playedTicket(number), grid_name: '云溪镇 柳河村 三组', kind_title: '意见建议', text: '路灯不亮两天了' }
    if (number % 3 === 0) return ['ticket.completed', { ...shown, state: 'completed', ticket_kind: shown.kind }]
    if (number % 3 === 1) return ['ticket.submitted', { ...shown, ticket_id: `n${number}`, state: 'submitted', ticket_kind: shown.kind }]
    return ['ticket.accepted', { ...shown, state: 'accepted', ticket_kind: shown.kind }]
  }
  const busy = await measured(page, async () => {
    const from = Date.now()
    for (let batch = 1; batch <= seconds * batchesPerSecond; batch += 1) {
      server.events(topic, Array.from({ length: changesPerSecond / batchesPerSecond }, turn))
      const { open: _open, feed: _feed, ...figures } = { ...board, counters: { ...board.counters, submitted: board.counters.submitted + batch } }
      server.figures(topic, { ...figures, ...figures.counters })
      await page.waitForTimeout(Math.max(0, from + (batch * 1000) / batchesPerSecond - Date.now()))
    }
  })
  console.log(`the board with ${changesPerSecond} changes a second\n  ${busy}`)
  await page.screenshot({ path: test.info().outputPath('board-after.png') })
})
