import { problem } from '../support/mocked'
import { portrait } from '../support/portrait'
import { anAttendee, desk, during, expect, listed, page as address, path, picture, running, someFigures, test, topic } from './world'

/** In the meeting: coming from afar, asking to speak, writing down. */

const link = 'https://meeting.example.cn/r/5521'
const inHall = anAttendee({ number: 12, status: 'on_time', present: true, presence: [{ from: '2026-11-21T06:21:00.000Z', until: null, way: 'code' }] })

test('who is far away signs in online, and the video meeting opens', async ({ world }) => {
  const { page, server, context } = await world({ at: during })
  const meeting = running({ mode: 'hybrid', video_link: link })
  await context.route(`${link}**`, (route) => route.fulfill({ contentType: 'text/html', body: '<title>视频会议</title>' }))
  listed(server, meeting, anAttendee())
  server.at('POST', `${path}/sign-in/online`, { body: { status: 'online', status_title: '线上', at: during, number: 31, evidence: null } })
  await page.goto(address())
  await expect(page.getByRole('button', { name: '扫一扫' })).toBeVisible()
  await picture(page, 'online-before')
  const opened = context.waitForEvent('page')
  await page.getByRole('button', { name: '进入视频会议' }).click()
  expect((await opened).url()).toBe(link)
  await page.bringToFront()
  await expect(page.getByText('已线上签到').first()).toBeVisible()
  await expect(page.getByText('第 31 位')).toBeVisible()
  await expect(page.getByRole('link', { name: '回到视频会议' })).toHaveAttribute('href', link)
  await expect(page.getByRole('button', { name: '举手' })).toBeVisible()
  expect(server.calls('POST', `${path}/sign-in/online`)).toHaveLength(1)
  await picture(page, 'online-in')
})

test('a refused online sign-in opens nothing and says why', async ({ world }) => {
  const { page, server, context } = await world({ at: during })
  listed(server, running({ mode: 'online', video_link: link }), anAttendee())
  server.at('POST', `${path}/sign-in/online`, problem(403, 'meeting.not_invited', '您不在参会名单上'))
  await page.goto(address())
  await expect(page.getByRole('button', { name: '扫一扫' })).toHaveCount(0)
  await page.getByRole('button', { name: '进入视频会议' }).click()
  await expect(page.getByText('您不在参会名单上')).toBeVisible()
  expect(context.pages()).toHaveLength(1)
})

test('a hand goes up and down, and comes down by itself when the host calls', async ({ world }) => {
  const { page, server } = await world({ at: during })
  const meeting = running()
  listed(server, meeting, inHall, { present: 30, hands: 1 })
  let raised: string | null = null
  server.at('POST', `${path}/hand`, ({ body }) => {
    raised = body['raised'] === true ? during : null
    return { body: { ...meeting, own: { ...inHall, hand_raised_at: raised } } }
  })
  await page.goto(address())
  const hand = page.locator('.hand')
  await expect(hand).toHaveText(/^举手/)
  await picture(page, 'hand-down')
  await hand.click()
  await expect(hand).toHaveAttribute('aria-pressed', 'true')
  await expect(hand).toContainText('放下')
  await picture(page, 'hand-up')
  await hand.click()
  await expect(hand).toHaveAttribute('aria-pressed', 'false')
  expect(server.calls('POST', `${path}/hand`).map(({ body }) => body)).toEqual([{ raised: true }, { raised: false }])

  await hand.click()
  await expect(hand).toHaveAttribute('aria-pressed', 'true')
  server.event(topic, 'meeting.hand_lowered', { member_id: 'somebody else', name: '罗秀英', version: 8 })
  await expect(hand).toHaveAttribute('aria-pressed', 'true')
  server.event(topic, 'meeting.hand_lowered', { member_id: inHall.member_id, name: inHall.name, version: 9 })
  await expect(hand).toHaveAttribute('aria-pressed', 'false')
})

test('the host sees hands in the order of raising and puts them down', async ({ world }) => {
  const { page, server } = await world({ at: during, name: '韦建国' })
  const there = (id: string, name: string, number: number, changes: object = {}) => ({ ...inHall, member_id: id, name, number, ...changes })
  const people = [
    there('m1', '罗秀英', 1, { photo: 't1', hand_raised_at: '2026-11-21T06:40:50.000Z' }),
    there('m2', '黄志强', 2, { hand_raised_at: '2026-11-21T06:39:10.000Z' }),
    there('m3', '覃桂花', 3, { photo: 't3' }),
    there('m4', '陆永福', 4, { photo: 'gone' }),
  ]
  server.on(({ path: asked }) => (asked.endsWith('/photos/m4') ? problem(404, 'photo.not_found', '没有照片') : asked.includes('/photos/') ? { picture: portrait(Number(asked.slice(-1))) } : undefined))
  desk(server, running(), people, { present: 4, on_time: 4, missing: 38, hands: 2 })
  server.at('POST', `${path}/hand`, { body: { ...running(), manages: true } })
  await page.goto(address('/host'))
  const list = page.locator('.hands li')
  await expect(list).toHaveText([/黄志强/, /罗秀英/])
  server.event(topic, 'meeting.hand_raised', { member_id: 'm3', name: '覃桂花', version: 9 })
  server.figures(topic, someFigures({ state: 'running', present: 4, hands: 3 }))
  await expect(list).toHaveCount(3)
  await picture(page, 'host-hands')
  await page.getByRole('tab', { name: '已到' }).click()
  await expect(page.getByRole('button', { name: /罗秀英/ }).filter({ hasText: '举手' })).toBeVisible()
  await page.getByRole('button', { name: /放下\s*黄志强的手/ }).click()
  expect(server.calls('POST', `${path}/hand`)[0]?.body).toEqual({ raised: false, member_id: 'm2' })
  server.event(topic, 'meeting.hand_lowered', { member_id: 'm2', name: '黄志强', version: 10 })
  server.figures(topic, someFigures({ state: 'running', present: 4, hands: 2 }))
  await expect(list).toHaveText([/罗秀英/, /覃桂花/])
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight))
  await picture(page, 'host-hands-roster')
})

test('notes save themselves, also what was written without a network', async ({ world }) => {
  const { page, server, context, tolerate } = await world({ at: during })
  tolerate(/ERR_INTERNET_DISCONNECTED|ERR_FAILED/)
  listed(server, running(), inHall)
  let notes = { text: '', version: 0, updated_at: null as string | null }
  server.at('GET', `${path}/notes`, () => ({ body: notes }))
  server.at('POST', `${path}/notes`, ({ body }) => {
    if (body['version'] !== notes.version) return problem(409, 'notes.changed', '笔记在别处改过')
    notes = { text: String(body['text']), version: notes.version + 1, updated_at: during }
    return { body: notes }
  })
  await page.goto(address())
  await page.getByRole('link', { name: /我的笔记/ }).click()
  const paper = page.getByLabel('会议笔记')
  await expect(page.getByText('随写随存')).toBeVisible()
  await paper.fill('一、冬季防火分工：三组由我负责。')
  await expect(page.getByText('正在保存…')).toBeVisible()
  await page.clock.runFor(2_000)
  await expect(page.getByText('已保存 14:41')).toBeVisible()
  await picture(page, 'notes')

  let broken = true
  await context.route(`**/api/v1${path}/notes`, (route) => (broken ? route.abort('internetdisconnected') : route.fallback()))
  await paper.fill('一、冬季防火分工：三组由我负责。\n二、下周三前报名单。')
  await paper.blur()
  await expect(async () => {
    await page.clock.runFor(2_000)
    await expect(page.getByText('未保存，联网后自动保存')).toBeVisible({ timeout: 300 })
  }).toPass()
  await picture(page, 'notes-offline')
  await page.reload()
  await expect(paper).toHaveValue(/二、下周三前报名单。/)
  broken = false
  await page.evaluate(() => dispatchEvent(new Event('online')))
  await expect(async () => {
    await page.clock.runFor(2_000)
    await expect(page.getByText('已保存 14:41')).toBeVisible({ timeout: 300 })
  }).toPass()
  expect(notes.text).toContain('下周三')

  // Somebody's own other device wrote in between.
  notes = { text: '一、冬季防火分工：三组由我负责。\n二、下周三前报名单。\n三、电脑上补记：电话通知外出党员。', version: 7, updated_at: during }
  await paper.fill('一、冬季防火分工：三组由我负责。\n二、下周三前报名单。\n三、会后找韦书记。')
  await paper.blur()
  await expect(page.getByRole('heading', { name: '笔记在别处也改过' })).toBeVisible()
  await picture(page, 'notes-both')
  await page.getByRole('button', { name: '两份合在一起' }).click()
  await expect(paper).toHaveValue(/电话通知外出党员。\n三、会后找韦书记。$/)
  await expect.poll(() => notes.version).toBe(8)
})
