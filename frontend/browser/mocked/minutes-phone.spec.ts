import type { Page } from '@playwright/test'
import { aPicture, someFacts, someMinutes } from '@/shared/meeting/after/fixture'
import { portrait } from '../support/portrait'
import { problem } from '../support/mocked'
import { accessible } from '../support/accessible'
import { aMeeting, anAttendee, desk, expect, listed, page as address, path, picture, test, topic, type World } from './world'

/** What follows a meeting on a phone: minutes to read and to write, pictures, the own rating. */

const after = '2026-11-21T08:10:00.000Z'
const ended = aMeeting({ state: 'ended', state_title: '已结束', started_at: '2026-11-21T06:30:12.000Z', ended_at: '2026-11-21T07:48:40.000Z' })
const came = anAttendee({ status: 'on_time', present: true, number: 7, presence: [{ from: '2026-11-21T06:21:00.000Z', until: null, way: 'code' }] })
const nothing = { edit: false, sign: false, reopen: false }
const signed = someMinutes({ state: 'signed', state_title: '已签发', version: 4, may: nothing, signed_by: { id: 'acc-9', name: '韦建国' }, signed_at: '2026-11-21T08:20:00.000Z' })
const noRatings = { count: null, average: null, sum: null, distribution: null, comments: null, own: null }

async function sound(page: Page): Promise<void> {
  await accessible(page)
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
}

function pictured(server: World['server']): void {
  server.on(({ path: asked, method }) => (method === 'GET' && asked.startsWith('/attachments/') ? { picture: portrait(asked.charCodeAt(asked.length - 1)) } : undefined))
}

test('a member finds minutes, pictures and the stars on the page of an ended meeting, and hears of the signature', async ({ world }) => {
  const { page, server } = await world({ at: after })
  listed(server, ended, came)
  server.at('GET', `${path}/rating`, { body: noRatings })
  server.at('POST', `${path}/rating`, { body: { at: after } })
  server.at('GET', `${path}/minutes`, problem(403, 'minutes.not_signed', '会议纪要签发后才能查看'))
  await page.goto(address())
  const part = page.getByRole('region', { name: '会后' })
  await expect(part.getByRole('link', { name: /会议记录/ })).toContainText('未上传')
  await page.getByRole('radio', { name: '4 星，满意' }).check({ force: true })
  await page.getByLabel('想说的话').fill('分工说得清楚')
  await sound(page)
  await picture(page, 'after-phone')
  await page.getByRole('button', { name: '提交评价' }).click()
  await expect(page.getByRole('heading', { name: '我的评价' })).toBeFocused()
  await expect(page.getByText('分工说得清楚')).toBeVisible()
  expect(server.calls('POST', `${path}/rating`)[0]?.body).toEqual({ stars: 4, comment: '分工说得清楚' })
  await sound(page)

  await part.getByRole('link', { name: /会议记录/ }).click()
  await expect(page.getByText('会议纪要还没有签发')).toBeVisible()
  await picture(page, 'minutes-phone-waiting')
  server.at('GET', `${path}/minutes`, { body: signed })
  server.event(topic, 'meeting.minutes_signed', { minutes_version: 4, sha256: signed.sha256 })
  await page.clock.fastForward(5_000)
  await expect(page.getByText('三组负责北坡，四组负责水库边。')).toBeVisible()
  await expect(page.getByText('已签发')).toBeVisible()
  await expect(page.getByRole('link', { name: /修改文字|写会议记录/ })).toHaveCount(0)
  await expect(page.locator('dd', { hasText: '覃桂花' })).toContainText('覃桂花（迟到，代签）')
  await sound(page)
  await page.evaluate(() => document.fonts.ready)
  await picture(page, 'minutes-phone')
  await page.getByRole('heading', { name: '表决', exact: true }).scrollIntoViewIfNeeded()
  await picture(page, 'minutes-phone-facts')
})

test('who did not come rates nothing; what was given may be changed until the meeting is put away', async ({ world }) => {
  const { page, server } = await world({ at: after })
  listed(server, ended, anAttendee({ status: 'absent' }))
  server.at('GET', `${path}/rating`, { body: { ...noRatings, own: { stars: 3, comment: '时间长了些', at: after } } })
  await page.goto(address())
  await expect(page.getByRole('region', { name: '会后' })).toBeVisible()
  await expect(page.getByText('评价这次会议')).toHaveCount(0)
  listed(server, ended, came)
  server.at('POST', `${path}/rating`, problem(409, 'rating.archived', '会议已归档，不能再评价'))
  await page.reload()
  await expect(page.getByText('时间长了些')).toBeVisible()
  await page.getByRole('button', { name: '修改' }).click()
  await page.getByRole('radio', { name: '5 星，非常满意' }).check({ force: true })
  await page.getByRole('button', { name: '提交评价' }).click()
  await expect(page.getByRole('alert')).toHaveText('会议已归档，不能再评价')
  await expect(page.getByText('时间长了些')).toBeVisible()
})

test('the host writes on the phone, joins what the recorder wrote meanwhile, and signs', async ({ world }) => {
  const { page, server } = await world({ at: after, name: '韦建国' })
  desk(server, ended, [])
  let minutes = someMinutes({ state: 'none', state_title: '未上传', version: 0, text: { content: '', discussions: [], decisions: '', remarks: '' }, edited_by: null, edited_at: null })
  server.at('GET', `${path}/minutes`, () => ({ body: minutes }))
  server.at('PUT', `${path}/minutes`, ({ body }) => {
    if (body['version'] !== minutes.version) return problem(409, 'minutes.changed', '会议纪要刚刚被其他人修改，请先查看最新内容', { version: minutes.version })
    const { version, ...text } = body as unknown as typeof minutes.text & { version: number }
    minutes = { ...minutes, state: 'draft', version: version + 1, text, edited_by: { id: 'acc-1', name: '韦建国' }, edited_at: after }
    return { body: { state: 'draft', version: minutes.version, edited_by: minutes.edited_by, edited_at: after, signed_at: null } }
  })
  server.at('POST', `${path}/minutes/sign`, () => {
    minutes = { ...minutes, state: 'signed', version: minutes.version + 1, may: { ...nothing, reopen: true }, signed_by: { id: 'acc-1', name: '韦建国' }, signed_at: after }
    return { body: { state: 'signed', version: minutes.version, edited_by: minutes.edited_by, edited_at: after, signed_at: after } }
  })
  await page.goto(address('/minutes'))
  await page.getByRole('link', { name: '写会议记录' }).click()
  await page.getByLabel('会议内容').fill('传达学习，部署防火。')
  minutes = { ...minutes, state: 'draft', version: 1, text: { ...minutes.text, decisions: '各组备齐工具。' }, edited_by: { id: 'acc-2', name: '罗秀英' }, edited_at: after }
  server.event(topic, 'meeting.minutes_edited', { minutes_version: 1, by: minutes.edited_by })
  await expect(page.getByText('有新版本：')).toBeVisible()
  await sound(page)
  await picture(page, 'minutes-phone-edit')
  await page.getByRole('button', { name: '对比' }).click()
  await expect(page.getByRole('dialog')).toContainText('两个人改的不是同一段')
  await sound(page)
  await picture(page, 'minutes-phone-compare')
  await page.getByRole('button', { name: '合并，继续写' }).click()
  await expect(page.getByLabel('决议事项')).toHaveValue('各组备齐工具。')
  await page.getByRole('button', { name: '返回' }).click()
  await page.getByRole('dialog', { name: '修改还没有保存' }).getByRole('button', { name: '留下' }).click()
  await page.getByRole('button', { name: '保存并签发' }).click()
  await page.getByRole('dialog', { name: '签发会议纪要？' }).getByRole('button', { name: '签发' }).click()
  await expect(page).toHaveURL(/\/minutes$/)
  await expect(page.getByText('韦建国 2026-11-21 16:10 签发')).toBeVisible()
  await expect(page.getByRole('button', { name: '退回修改' })).toBeVisible()
  expect(minutes.text).toMatchObject({ content: '传达学习，部署防火。', decisions: '各组备齐工具。' })
})

test('the host adds photos from the phone; leaving before they are added asks first', async ({ world }) => {
  const { page, server } = await world({ at: after, name: '韦建国' })
  desk(server, ended, [])
  pictured(server)
  let items = [aPicture('f1', '会场全景'), aPicture('f2', '黄志强同志发言'), aPicture('f3', null), aPicture('v1', '合唱国歌', { kind: 'video', media_type: 'video/mp4' })]
  server.at('GET', `${path}/media`, () => ({ body: { items } }))
  server.at('POST', '/attachments', { status: 201, body: aPicture('f9', null).file })
  server.at('POST', `${path}/media`, () => {
    items = [...items, aPicture('f9', '签到')]
    return { status: 201, body: { items: items.slice(-1) } }
  })
  await page.goto(address('/media'))
  await expect(page.getByRole('list', { name: '会议影像' }).getByRole('listitem')).toHaveCount(4)
  await sound(page)
  await picture(page, 'media-phone')
  await page.getByLabel('拍照').setInputFiles({ name: '签到.png', mimeType: 'image/png', buffer: portrait(5) })
  await expect(page.getByText('✓ 已上传')).toBeVisible()
  await page.getByLabel('签到.jpg 的说明').fill('签到')
  await sound(page)
  await picture(page, 'media-phone-chosen')
  await page.getByRole('button', { name: '返回' }).click()
  await page.getByRole('dialog', { name: '图片还没有加入会议' }).getByRole('button', { name: '留下' }).click()
  await page.getByRole('button', { name: '加入会议影像（1）' }).click()
  await expect(page.getByRole('list', { name: '会议影像' }).getByRole('listitem')).toHaveCount(5)
  // Somebody else adds one too.
  items = [...items, aPicture('f8', '分组讨论')]
  server.event(topic, 'meeting.media_added', { attachments: [{ id: 'f8', kind: 'image', caption: '分组讨论' }] })
  await expect(page.getByRole('listitem').filter({ hasText: '分组讨论' })).toBeVisible()
  await page.getByRole('button', { name: '查看图片：会场全景' }).click()
  await expect(page.getByRole('dialog', { name: '会议影像' })).toContainText('1 / 6')
  await sound(page)
  await picture(page, 'media-phone-viewer')
})

test('a member sees pictures and adds none; with large letters all of it fits', async ({ world }) => {
  const { page, server } = await world({ at: after, elder: true })
  listed(server, { ...ended, minutes_state: 'signed' }, came)
  pictured(server)
  server.at('GET', `${path}/rating`, { body: noRatings })
  server.at('GET', `${path}/media`, { body: { items: [aPicture('f1', '会场全景')] } })
  server.at('GET', `${path}/minutes`, { body: { ...signed, facts: someFacts() } })
  await page.goto(address())
  await page.getByRole('link', { name: /会议影像/ }).click()
  await expect(page.getByRole('button', { name: '查看图片：会场全景' })).toBeVisible()
  await expect(page.getByText('拍照', { exact: true })).toHaveCount(0)
  await sound(page)
  await page.goto(address('/minutes'))
  await expect(page.getByRole('heading', { name: '讨论情况' })).toBeVisible()
  await sound(page)
  await picture(page, 'minutes-phone-elder')
  await page.goto(address())
  await expect(page.getByRole('region', { name: '会后' }).getByText('已签发')).toBeVisible()
  await sound(page)
  await picture(page, 'after-phone-elder')
})
