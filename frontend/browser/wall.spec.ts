import type { Page } from '@playwright/test'
import { cards, code, figure, names, show } from './support/meeting-wall'
import { MeetingHall, nameOf, type Plan } from './support/meeting-hall'
import { staticPages } from './support/static-pages'
import { desk, expect, test } from './support/windows'
import { accessible } from './support/accessible'

/** The meeting wall against a server that the tests play: what it shows at every moment of a meeting. */

const pages = staticPages()

const seconds = 1_000
const open126: Plan = { expected: 126, startsInMs: 600 * seconds, opensInMs: -600 * seconds }
/** Nothing is cut off and nothing scrolls. */
async function expectToFit(page: Page): Promise<void> {
  const cut = await page.evaluate(() => {
    const { clientWidth, clientHeight, scrollWidth, scrollHeight } = document.documentElement
    const outside = [...document.querySelectorAll('main *:not(.visually-hidden)')].filter((element) => {
      const box = element.getBoundingClientRect()
      return box.left < -1 || box.top < -1 || box.right > clientWidth + 1 || box.bottom > clientHeight + 1
    })
    const clipped = [...document.querySelectorAll('.door, .people, .aside, .whole, .foyer')].filter((element) => element.scrollHeight > element.clientHeight + 2)
    return { scrolls: scrollWidth > clientWidth || scrollHeight > clientHeight, outside: outside.map(({ className }) => className), clipped: clipped.map(({ className }) => className) }
  })
  expect(cut).toEqual({ scrolls: false, outside: [], clipped: [] })
}

test('before the doors open, then a trickle: countdown, code, names, figures', async ({ open }) => {
  const hall = new MeetingHall({ expected: 126, startsInMs: 60 * seconds, opensInMs: 8 * seconds })
  const { page } = await show(open, pages(), hall)
  await expect(page.getByText('距签到开放')).toBeVisible()
  await expect(page.getByRole('heading', { name: '会议议程' })).toBeVisible()
  await expect(code(page)).toHaveCount(0)
  expect(hall.codeRequests).toEqual([])
  await expectToFit(page)

  await expect(code(page)).toBeVisible()
  await expect(page.getByRole('heading', { name: '手机扫码签到' })).toBeVisible()
  await expect(page.getByText('等待第一位同志签到')).toBeVisible()
  hall.come(1)
  await expect(cards(page)).toHaveText([/第 1 位\s*准时/])
  hall.come(1, 'late')
  await expect(cards(page)).toHaveText([/第 1 位\s*准时/, /第 2 位\s*迟到/])
  await expect(figure(page, '实到')).toHaveText('2')
  await expect(figure(page, '未到')).toHaveText('124')
  // Told again, and told that somebody left: nobody comes twice, nobody disappears.
  hall.repeat(1)
  hall.signOut(2)
  hall.come(1)
  await expect(names(page, 3)).toBeVisible()
  await expect(page.locator('[aria-live=polite]')).toContainText(/已签到，实到 3 人/)
  await expectToFit(page)
})

test('the code changes with every slot, one request each, and a clock five minutes off changes nothing', async ({ open }) => {
  const hall = new MeetingHall(open126)
  hall.skewMs = -300 * seconds
  const { page } = await show(open, pages(), hall)
  await expect(code(page)).toBeVisible()
  await page.evaluate(() => {
    const seen = window as unknown as { gaps: number; changes: number }
    seen.gaps = seen.changes = 0
    new MutationObserver((changes) => {
      for (const { type } of changes) if (type === 'attributes') seen.changes += 1
      if (!document.querySelector('.frame svg')) seen.gaps += 1
    }).observe(document.querySelector('.frame') as Element, { subtree: true, childList: true, attributes: true, attributeFilter: ['d'] })
  })
  const before = hall.codeRequests.length
  await page.waitForTimeout(17 * seconds)
  const slots = hall.codeRequests.map((at) => Math.floor(at / 5_000))
  expect(new Set(slots).size, 'one request for each slot').toBe(slots.length)
  expect(slots.length - before).toBeGreaterThanOrEqual(3)
  const seen = await page.evaluate(() => {
    const { gaps, changes } = window as unknown as { gaps: number; changes: number }
    return { gaps, changes }
  })
  expect(seen.gaps, 'never without a code').toBe(0)
  expect(seen.changes).toBeGreaterThanOrEqual(3)
  const delays = hall.codeRequests.slice(before).map((at) => at % 5_000)
  test.info().annotations.push({ type: 'asked after the slot began, ms', description: delays.join(', ') })
  expect(Math.max(...delays)).toBeLessThan(1_000)
})

test('offline the code goes, the names stay; back, what was missed is there; a reload paints at once', async ({ open }) => {
  const hall = new MeetingHall(open126)
  hall.come(40, 'on_time', false)
  const { page, tolerate } = await show(open, pages(), hall)
  tolerate(/WebSocket|ERR_CONNECTION_REFUSED/)
  await expect(code(page)).toBeVisible()
  await expect(names(page, 40)).toBeVisible()
  await hall.goAway()
  await expect(page.getByText(/^连接中断，正在自动重连。现在显示 \d\d:\d\d 的情况$/)).toBeVisible()
  await expect(code(page)).toBeHidden()
  await expect(page.getByText('网络中断，签到码已隐藏').or(page.getByText('签到码暂时取不到，正在重新获取'))).toBeVisible()
  await expect(names(page, 40)).toBeVisible()
  await expectToFit(page)
  await page.screenshot({ path: test.info().outputPath('offline.png') })

  // Also with the server gone the last state is there at once.
  await page.reload()
  await expect(names(page, 40)).toBeVisible()
  hall.come(3)
  hall.comeBack()
  await expect(page.getByText('连接中断')).toBeHidden()
  await expect(names(page, 43)).toBeVisible()
  await expect(code(page)).toBeVisible()

  await page.reload({ waitUntil: 'commit' })
  const began = Date.now()
  await expect(names(page, 43)).toBeVisible()
  test.info().annotations.push({ type: 'full state after a reload, ms', description: String(Date.now() - began) })
})

test('agenda, overtime and end', async ({ open }) => {
  const hall = new MeetingHall(open126)
  hall.come(80, 'on_time', false)
  const { page } = await show(open, pages(), hall)
  await expect(page.getByText('距开会')).toBeVisible()
  hall.start()
  await expect(page.getByText('会议已进行')).toBeVisible()
  hall.moveAgenda(1, 63 * seconds)
  const foot = page.locator('.foot')
  await expect(foot).toContainText('议程 2 / 5')
  await expect(foot).toContainText('学习《关于加强基层治理的意见》')
  await expect(foot).toContainText('下一项：讨论村集体经济年度计划')
  await expect(foot).toContainText(/本项剩余\s*01:0\d/)
  hall.moveAgenda(1, -130 * seconds)
  await expect(foot).toContainText(/本项已超\s*02:1\d/)
  hall.end()
  await expect(page.getByRole('heading', { name: '会议已结束' })).toBeVisible()
  await expect(page.locator('.closing')).toContainText('63.5%')
  await expect(code(page)).toHaveCount(0)
  await expectToFit(page)
  const asked = hall.codeRequests.length
  await page.waitForTimeout(6 * seconds)
  expect(hall.codeRequests.length).toBe(asked)
})

test('cancelled: the reason; nobody signs in: the agenda in the code’s place', async ({ open }) => {
  const cancelled = new MeetingHall(open126)
  const { page } = await show(open, pages(), cancelled)
  cancelled.cancel('因台风红色预警，会议改期')
  await expect(page.getByRole('heading', { name: '会议已取消' })).toBeVisible()
  await expect(page.getByText('因台风红色预警，会议改期')).toBeVisible()

  const free = new MeetingHall({ ...open126, required: false })
  const { page: other } = await show(open, pages(), free)
  await expect(other.getByRole('heading', { name: '会议议程' })).toBeVisible()
  await expect(code(other)).toHaveCount(0)
  expect(free.codeRequests).toEqual([])
  await expectToFit(other)
})

for (const [name, width, height] of [
  ['16:9', 1920, 1080],
  ['small', 1366, 768],
  ['32:9', 3840, 1080],
  ['upright', 1080, 1920],
] as const) {
  test(`${name}: everything fits, the code is large, and five thousand have a place`, async ({ open }) => {
    const hall = new MeetingHall({ ...open126, topic: '2026 年第四季度党员大会暨党纪学习教育专题组织生活会' })
    hall.come(80, 'on_time', false)
    const { page } = await show(open, pages(), hall, { width, height })
    await expect(code(page)).toBeVisible()
    await expectToFit(page)
    expect((await code(page).boundingBox())?.height).toBeGreaterThanOrEqual((height > width ? width : height) / 4)
    hall.come(4_920)
    await expect(names(page, 5_000)).toBeVisible()
    await page.waitForTimeout(2 * seconds)
    await expectToFit(page)
    await page.screenshot({ path: test.info().outputPath('wall.png') })
    hall.end()
    await expect(page.getByRole('heading', { name: '会议已结束' })).toBeVisible()
    await expectToFit(page)

    const agenda = Array.from({ length: 12 }, (_, index) => ({ title: `${index + 1}. 传达学习上级关于加强党建引领基层治理和基层政权建设的意见并交流体会`, minutes: 10, presenter: '韦秀兰' }))
    const early = new MeetingHall({ expected: 126, startsInMs: 3_600 * seconds, opensInMs: 1_800 * seconds, agenda })
    const { page: foyer } = await show(open, pages(), early, { width, height })
    await expect(foyer.getByText(/^还有 \d 项$/)).toBeVisible()
    await expectToFit(foyer)
    await foyer.screenshot({ path: test.info().outputPath('foyer.png') })
  })
}

for (const theme of ['light', 'dark']) {
  test(`axe finds nothing serious on the ${theme} wall, and motion is spared who asks for it`, async ({ open }) => {
    const hall = new MeetingHall(open126)
    hall.come(3, 'on_time', false)
    const window = await open(desk)
    await window.page.emulateMedia({ reducedMotion: 'reduce' })
    await hall.serve(window.page)
    await window.page.goto(`${pages().base}/screen/meeting/${hall.id}?theme=${theme}`)
    await expect(code(window.page)).toBeVisible()
    hall.start()
    hall.moveAgenda(0, 30 * seconds)
    hall.come(1, 'late')
    await expect(cards(window.page).filter({ hasText: nameOf(4) })).toBeVisible()
    await accessible(window.page, { serious: true })
  })
}

test('pictures stand on the tiles and cards; a broken one leaves the name; raised hands are counted', async ({ open }) => {
  const hall = new MeetingHall({ ...open126, expected: 70, pictured: 70 })
  const { page } = await show(open, pages(), hall)
  await expect(code(page)).toBeVisible()
  hall.come(60)
  hall.come(1)
  await expect(names(page, 61)).toBeVisible()
  await expect(page.locator('.cards canvas').first()).toBeVisible()
  await expect.poll(() => new Set(hall.photoRequests).size).toBe(61)
  // Once for each, however often a tile is painted while it enters.
  expect(hall.photoRequests.length).toBe(61)
  await expect(page.locator('.head dl dt', { hasText: '举手' })).toHaveCount(0)
  hall.start()
  hall.hands = 3
  hall.tellFigures()
  await expect(figure(page, '举手')).toHaveText('3')
  await expectToFit(page)
  await page.waitForTimeout(3_500)
  await page.screenshot({ path: test.info().outputPath('pictured.png') })

  hall.hands = 0
  hall.tellFigures()
  await expect(page.locator('.head dl dt', { hasText: '举手' })).toHaveCount(0)
})

test('pictures that do not come leave the names', async ({ open }) => {
  const hall = new MeetingHall({ ...open126, pictured: 100 })
  hall.photosFail = true
  const { page, tolerate } = await show(open, pages(), hall)
  tolerate(/status of 404 .*photos/)
  await expect(code(page)).toBeVisible()
  hall.come(2)
  await expect(names(page, 2)).toBeVisible()
  await expect(cards(page).first()).toContainText('第 1 位')
  await expect.poll(() => hall.photoRequests.length).toBe(2)
  await expect(page.locator('.cards canvas')).toHaveCount(0)
})
