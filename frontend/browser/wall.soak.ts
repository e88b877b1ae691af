import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DemoServer, repository } from './support/demo-server'
import { MeetingChurn } from './support/meeting-churn'
import { code, names } from './support/meeting-wall'
import { Person } from './support/people'
import { WallGauge, type Reading } from './support/wall-gauge'
import { expect, screen, test } from './support/windows'

/** The wall of a meeting on a television that nobody touches: does it still live, and as lightly, after an hour? */

const minutes = Number(process.env['LIANXIN_SOAK_MINUTES'] ?? 60)
/** By then everybody has been on the wall at least once, and the browser has compiled what it compiles. */
const settledMinute = Math.min(5, Math.floor(minutes / 2))
const mostGrowth = 1.2
const turnEveryMs = 600
const lookEveryMs = 5_000

const folder = mkdtempSync(join(tmpdir(), 'lianxin-soak-'))
let server: DemoServer
test.beforeAll(async () => {
  test.setTimeout(0)
  // A build during the hour must not change what is measured.
  cpSync(join(repository, 'static'), folder, { recursive: true })
  process.env['LIANXIN__SERVER__STATIC_DIR'] = folder
  server = await DemoServer.start(['--meetings', '--traffic'])
})
test.afterAll(async () => {
  await server.dispose()
  rmSync(folder, { recursive: true, force: true })
})

const told = (minute: number, reading: Reading, churn: MeetingChurn): string =>
  `minute ${String(minute).padStart(3)}  heap ${reading.heap.toFixed(2)} MB  nodes ${reading.nodes}  listeners ${reading.listeners}  tiles ${churn.seen}  turns ${churn.turns}  frames ${reading.frames}  fps ${reading.framesPerSecond.toFixed(1)}  reconnects ${reading.reconnects}`

test(`the wall lives for ${minutes} minutes and grows no heavier`, async ({ open }) => {
  const host = await Person.staff(server, 'host')
  const churn = await MeetingChurn.begin(host, minutes / 60 + 1)
  const { page } = await open(screen)
  const gauge = await WallGauge.on(page)
  await page.goto(`${server.base}/screen`)
  const digits = page.getByRole('img', { name: /^配对码/ })
  await expect(digits).toBeVisible()
  await host.post('/screens/pair', { code: (await digits.innerText()).replace(/\D/g, ''), target: `meeting:${churn.meetingId}`, name: null })
  await expect(code(page)).toBeVisible()

  churn.run(turnEveryMs)
  await expect(names(page, 3)).toBeVisible()
  let settled: Reading | null = null
  let last: Reading | null = null
  const from = Date.now()
  for (let minute = 1; minute <= minutes; minute += 1) {
    while (Date.now() - from < minute * 60_000) {
      await gauge.look(true)
      await page.waitForTimeout(Math.max(0, Math.min(lookEveryMs, from + minute * 60_000 - Date.now())))
    }
    last = await gauge.read()
    if (minute === settledMinute) settled = last
    console.log(told(minute, last, churn))
  }
  await churn.end()
  await page.screenshot({ path: test.info().outputPath('wall-after.png') })

  expect(gauge.blanks).toEqual([])
  if (!settled || !last) throw new Error('a soak lasts at least two minutes')
  expect(last.frames).toBeGreaterThan(settled.frames)
  expect(last.heap).toBeLessThan(settled.heap * mostGrowth)
  // Names are paint, not elements: more of them explain no node.
  expect(last.nodes).toBeLessThan(settled.nodes * mostGrowth)
  expect(last.listeners).toBeLessThan(settled.listeners * mostGrowth)
})
