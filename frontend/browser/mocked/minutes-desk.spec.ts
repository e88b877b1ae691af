import type { Page } from '@playwright/test'
import { aPicture, someFacts, someMinutes } from '@/shared/meeting/after/fixture'
import type { Minutes, Picture } from '@/shared/meeting/after/types'
import { portrait } from '../support/portrait'
import { problem } from '../support/mocked'
import { accessible } from '../support/accessible'
import { aMeeting, desk, expect, meetingId, origin, path, picture, test, topic, type World } from './world'

/** The minutes of a meeting on a PC: written beside others, signed, taken back; pictures; ratings. */

const after = '2026-11-21T08:10:00.000Z'
const secretary = { kind: 'staff', organisation_roles: [{ organisation: { id: 'o1', name: '柳河村党支部' }, role: 'secretary', role_title: '书记' }] }
const address = `${origin}/console/meetings/${meetingId}/minutes`
const ended = aMeeting({ state: 'ended', state_title: '已结束', started_at: '2026-11-21T06:30:12.000Z', ended_at: '2026-11-21T07:48:40.000Z', manages: true, minutes_state: 'draft' })
const pc = { at: after, name: '韦建国', me: secretary, width: 1366, height: 768, scale: 1 }
const state = (page: Page) => page.locator('.bar .state')

/** A server that keeps minutes as the real one does, and tells of every change as it does. */
class Keeper {
  minutes: Minutes = someMinutes()
  pictures: Picture[] = [aPicture('f1', '会场全景'), aPicture('f2', '黄志强同志发言')]
  private readonly server: World['server']

  constructor(server: World['server']) {
    this.server = server
    desk(server, ended, [])
    server.at('GET', `${path}/minutes`, () => ({ body: this.minutes }))
    server.at('PUT', `${path}/minutes`, ({ body }) => {
      const { version, ...text } = body as unknown as Minutes['text'] & { version: number }
      if (version !== this.minutes.version) return problem(409, 'minutes.changed', '会议纪要刚刚被其他人修改，请先查看最新内容', { version: this.minutes.version })
      this.writes(text, '韦建国')
      return { body: this.changed() }
    })
    server.at('POST', `${path}/minutes/sign`, () => {
      this.minutes = { ...this.minutes, state: 'signed', version: this.minutes.version + 1, signed_by: { id: 'acc-1', name: '韦建国' }, signed_at: after, may: { edit: false, sign: false, reopen: true }, facts: someFacts({ media: [{ id: 'f1', kind: 'image', title: '会场全景', at: after, by: '罗秀英' }] }) }
      this.tell('minutes_signed')
      return { body: this.changed() }
    })
    server.at('POST', `${path}/minutes/reopen`, () => {
      this.minutes = { ...this.minutes, state: 'draft', version: this.minutes.version + 1, signed_by: null, signed_at: null, may: { edit: true, sign: true, reopen: false } }
      this.tell('minutes_reopened')
      return { body: this.changed() }
    })
    server.at('GET', `${path}/media`, () => ({ body: { items: this.pictures } }))
    server.on(({ path: asked, method }) => (method === 'GET' && asked.startsWith('/attachments/') ? { picture: portrait(asked.charCodeAt(asked.length - 1)) } : undefined))
  }

  writes(text: Partial<Minutes['text']>, name: string): void {
    this.minutes = { ...this.minutes, state: 'draft', version: this.minutes.version + 1, text: { ...this.minutes.text, ...text }, edited_by: { id: name, name }, edited_at: after }
    this.tell('minutes_edited')
  }

  tell(kind: string, data: object = {}): void {
    this.server.event(topic, `meeting.${kind}`, { minutes_version: this.minutes.version, by: this.minutes.edited_by, ...data })
  }

  private changed(): object {
    const { version, edited_by, edited_at, signed_at } = this.minutes
    return { state: this.minutes.state, version, edited_by, edited_at, signed_at }
  }
}

test('minutes are written beside the facts, saved, signed and taken back', async ({ world }) => {
  const { page, server } = await world(pc)
  const keeper = new Keeper(server)
  await page.goto(address)
  const facts = page.getByRole('region', { name: /自动记录/ })
  await expect(facts).toContainText('应到 9 人，实到 6 人（到会率 66.7%），请假 1 人，缺席 2 人')
  await expect(facts.getByRole('row', { name: /农春兰/ })).toContainText('住院治疗')
  await expect(facts).toContainText('14:58–15:31')
  await expect(facts).toContainText('须不少于 5 票')
  await expect(state(page)).toHaveText('已保存 16:05')
  await accessible(page)
  await picture(page, 'minutes-desk')

  await page.getByLabel('决议事项').fill('各组十一月底前备齐灭火工具。')
  await expect(state(page)).toHaveText('未保存')
  await page.keyboard.press('Control+s')
  await expect(state(page)).toHaveText('已保存 16:10')
  expect(server.calls('PUT', `${path}/minutes`)[0]?.body).toEqual({ ...someMinutes().text, decisions: '各组十一月底前备齐灭火工具。', version: 1 })

  // Another page than the one that is written is taken over while nothing is typed.
  keeper.writes({ remarks: '会议录音存档。' }, '罗秀英')
  await expect(page.getByLabel('备注')).toHaveValue('会议录音存档。')

  await page.getByRole('button', { name: '签发', exact: true }).click()
  await accessible(page)
  await page.getByRole('dialog', { name: '签发会议纪要？' }).getByRole('button', { name: '签发' }).click()
  await expect(page.getByText('纪要已签发', { exact: true })).toBeVisible()
  await expect(page.getByText('韦建国 2026-11-21 16:10 签发')).toBeVisible()
  await expect(page.getByLabel('决议事项')).toHaveCount(0)
  await expect(page.getByRole('tabpanel')).toContainText('各组十一月底前备齐灭火工具。')
  await page.getByText('会议纪要已签发，参会人可以查看了').waitFor({ state: 'hidden' })
  await picture(page, 'minutes-desk-signed')

  await page.getByRole('button', { name: '退回修改' }).click()
  const sheet = page.getByRole('dialog', { name: '退回修改' })
  await sheet.getByRole('button', { name: '文字有误' }).click()
  await sheet.getByRole('button', { name: '退回修改' }).click()
  await expect(page.getByLabel('决议事项')).toHaveValue('各组十一月底前备齐灭火工具。')
  expect(server.calls('POST', `${path}/minutes/reopen`)[0]?.body).toEqual({ reason: '文字有误' })
})

test('what is being typed is never overwritten: both versions are compared and joined', async ({ world }) => {
  const { page, server } = await world(pc)
  const keeper = new Keeper(server)
  await page.goto(address)
  await page.getByLabel('会议内容').fill('传达学习全会精神，部署冬季防火。会议由韦建国主持。')
  keeper.writes({ content: '传达学习全会精神，部署冬季防火。到会二十人。', remarks: '录音存档。' }, '罗秀英')
  await expect(page.getByText('有新版本：')).toBeVisible()
  await expect(page.getByLabel('会议内容')).toHaveValue('传达学习全会精神，部署冬季防火。会议由韦建国主持。')
  await expect(state(page)).toHaveText('未保存，请先对比新版本')
  await picture(page, 'minutes-desk-newer')
  await page.getByRole('button', { name: '对比' }).click()
  const sheet = page.getByRole('dialog', { name: '对比两个版本' })
  await expect(sheet.getByRole('group', { name: /会议内容/ })).toContainText('两个人都写了')
  await expect(sheet.getByRole('group', { name: '备注' }).getByRole('radio', { name: '用对方的' })).toBeChecked()
  await accessible(page)
  await picture(page, 'minutes-desk-compare')
  await sheet.getByRole('group', { name: /会议内容/ }).getByRole('radio', { name: '用我的' }).check()
  await sheet.getByRole('button', { name: '合并，继续写' }).click()
  await expect(page.getByLabel('备注')).toHaveValue('录音存档。')
  await page.getByRole('button', { name: '保存', exact: true }).click()
  await expect(state(page)).toHaveText('已保存 16:10')
  expect(keeper.minutes.text).toMatchObject({ content: '传达学习全会精神，部署冬季防火。会议由韦建国主持。', remarks: '录音存档。' })
})

test('a save that was overtaken opens the comparison; leaving asks first, and nothing typed is lost', async ({ world }) => {
  const { page, server } = await world(pc)
  const keeper = new Keeper(server)
  await page.goto(address)
  await page.getByLabel('备注').fill('我写的备注')
  // Nobody was told: the connection was down at that moment.
  keeper.minutes = { ...keeper.minutes, version: 2, text: { ...keeper.minutes.text, remarks: '她写的备注' }, edited_by: { id: 'x', name: '罗秀英' } }
  await page.getByRole('button', { name: '保存', exact: true }).click()
  const sheet = page.getByRole('dialog', { name: '对比两个版本' })
  await expect(sheet).toContainText('我写的备注')
  await expect(sheet).toContainText('她写的备注')
  await sheet.getByRole('button', { name: '合并，继续写' }).click()
  await expect(page.getByLabel('备注')).toHaveValue('她写的备注\n我写的备注')

  await page.getByRole('link', { name: '会议', exact: true }).first().click()
  const asks = page.getByRole('dialog', { name: '修改还没有保存' })
  await accessible(page)
  await asks.getByRole('button', { name: '留下' }).click()
  await expect(page.getByLabel('备注')).toHaveValue('她写的备注\n我写的备注')
  await page.getByRole('link', { name: '到会统计' }).click()
  await asks.getByRole('button', { name: '不保存，离开' }).click()
  await expect(page).toHaveURL(/attendance$/)
  await page.goBack()
  await expect(page.getByLabel('备注')).toHaveValue('她写的备注\n我写的备注')
  await expect(page.getByText('上次没有保存的文字找回来了')).toBeVisible()
  await page.getByRole('button', { name: '放弃这些修改' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '放弃修改' }).click()
  await expect(page.getByLabel('备注')).toHaveValue('她写的备注')
})

test('too long is said before it is sent; a refusal and a lost network say what to do', async ({ world }) => {
  const { page, server, context, tolerate } = await world(pc)
  tolerate(/CONNECTION_REFUSED|status of 503/)
  new Keeper(server)
  await page.goto(address)
  await page.getByLabel('备注').fill('好'.repeat(2003))
  await expect(page.getByText('超出 3 字，最多 2000 字。')).toBeVisible()
  await expect(page.getByRole('button', { name: '保存', exact: true })).toBeDisabled()
  await page.getByLabel('备注').fill('好')
  let reachable = false
  await context.route('**/minutes', (route) => (!reachable && route.request().method() === 'PUT' ? route.abort('connectionrefused') : route.fallback()))
  await page.getByRole('button', { name: '保存', exact: true }).click()
  await expect(state(page)).toContainText('文字留在本机，会自动再试')
  reachable = true
  await page.evaluate(() => window.dispatchEvent(new Event('online')))
  await expect(state(page)).toHaveText('已保存 16:10')
  server.at('GET', `${path}/archive.pdf`, problem(503, 'document.no_font', '服务器没有可用的中文字体，不能生成 PDF'))
  await page.getByRole('button', { name: '下载 PDF 文件' }).click()
  await expect(page.getByText('服务器没有可用的中文字体，不能生成 PDF')).toBeVisible()
})

test('signed while somebody writes: what was not saved stays to be copied', async ({ world }) => {
  const { page, server } = await world(pc)
  const keeper = new Keeper(server)
  await page.goto(address)
  await page.getByLabel('备注').fill('来不及保存的一句')
  keeper.minutes = { ...keeper.minutes, state: 'signed', version: 2, signed_by: { id: 'x', name: '罗秀英' }, signed_at: after, may: { edit: false, sign: false, reopen: true } }
  keeper.tell('minutes_signed', { sha256: 'x' })
  await expect(page.getByText('纪要已由 罗秀英 签发。')).toBeVisible()
  await expect(page.getByLabel('备注')).toHaveValue('来不及保存的一句')
  await expect(page.getByLabel('备注')).not.toBeEditable()
  await picture(page, 'minutes-desk-overtaken')
  await page.getByRole('button', { name: '放弃我的修改' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '放弃修改' }).click()
  await expect(page.getByLabel('备注')).toHaveCount(0)
})

test('pictures are uploaded with their progress, looked at, and taken away; ratings are told from five on', async ({ world }) => {
  const { page, server } = await world(pc)
  const keeper = new Keeper(server)
  let uploads = 0
  server.at('POST', '/attachments', () => {
    uploads += 1
    return uploads === 1 ? problem(422, 'attachment.unreadable', '图片无法识别') : { status: 201, body: aPicture(`n${uploads}`, null).file }
  })
  server.at('POST', `${path}/media`, ({ body }) => {
    const added = (body['attachments'] as { id: string; caption?: string }[]).map(({ id, caption }) => aPicture(id, caption ?? null))
    keeper.pictures = [...keeper.pictures, ...added]
    keeper.tell('media_added')
    return { status: 201, body: { items: added } }
  })
  server.at('DELETE', `${path}/media/f2`, () => {
    keeper.pictures = keeper.pictures.filter(({ file }) => file.id !== 'f2')
    keeper.tell('media_removed')
    return { status: 204 }
  })
  await page.goto(address)
  await page.getByRole('tab', { name: '影像 2' }).click()
  await page.getByLabel('选择图片或视频').setInputFiles([{ name: '讨论.png', mimeType: 'image/png', buffer: portrait(3) }, { name: '说明.txt', mimeType: 'text/plain', buffer: Buffer.from('x') }])
  await expect(page.getByText('说明.txt 不是图片或视频。')).toBeVisible()
  await expect(page.getByText('图片无法识别')).toBeVisible()
  await page.getByRole('button', { name: '再传一次' }).click()
  await expect(page.getByText('✓ 已上传')).toBeVisible()
  await page.getByLabel('讨论.jpg 的说明').fill('分组讨论')
  await accessible(page)
  await picture(page, 'minutes-desk-media')
  await page.getByRole('link', { name: '到会统计' }).click()
  await page.getByRole('dialog', { name: '图片还没有加入会议' }).getByRole('button', { name: '留下' }).click()
  await page.getByRole('button', { name: '加入会议影像（1）' }).click()
  await expect(page.getByRole('list', { name: '会议影像' }).getByRole('listitem')).toHaveText(['会场全景', '黄志强同志发言', '分组讨论'])
  expect(server.calls('POST', `${path}/media`)[0]?.body).toEqual({ attachments: [{ id: 'n2', caption: '分组讨论' }] })

  await page.getByRole('button', { name: '查看图片：会场全景' }).click()
  const viewer = page.getByRole('dialog', { name: '会议影像' })
  await page.keyboard.press('ArrowRight')
  await expect(viewer).toContainText('2 / 3')
  await accessible(page)
  await picture(page, 'minutes-desk-viewer')
  await viewer.getByRole('button', { name: '删除' }).click()
  await page.getByRole('dialog', { name: '删除这个文件？' }).getByRole('button', { name: '删除' }).click()
  await expect(viewer).toContainText('分组讨论')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('tab', { name: '影像 2' })).toBeVisible()

  server.at('GET', `${path}/rating`, { body: { count: 4, average: null, sum: null, distribution: null, comments: null, own: null } })
  await page.getByRole('tab', { name: /影像/ }).press('ArrowRight')
  await expect(page.getByText('已有 4 人评价')).toBeVisible()
  server.at('GET', `${path}/rating`, { body: { count: 5, average: '3.8', sum: 19, distribution: [0, 1, 0, 3, 1], comments: ['内容实在', '时间再短些'], own: null } })
  await page.getByRole('button', { name: '看有没有新的' }).click()
  await expect(page.getByRole('tabpanel')).toContainText('3.8')
  await accessible(page)
  await picture(page, 'minutes-desk-rating')
})

test('before the begin, for strangers, and in the list', async ({ world }) => {
  const { page, server } = await world(pc)
  desk(server, ended, [])
  server.at('GET', `${path}/media`, { body: { items: [] } })
  server.at('GET', `${path}/minutes`, problem(409, 'minutes.not_begun', '会议开始后才有会议纪要'))
  await page.goto(address)
  await expect(page.getByText('会议还没有开始', { exact: true })).toBeVisible()
  server.at('GET', `${path}/minutes`, problem(404, 'meeting.not_found', '没有找到这个会议'))
  await page.reload()
  await expect(page.getByText('没有找到这个会议')).toBeVisible()

  server.at('GET', '/organisations/tree', { body: { id: 'o1', name: '中共柳河村党支部', short_name: '柳河村党支部', kind: 'branch', kind_title: '党支部', level: 3, parent_id: null, order: 1, status: 'active', ends_on: null, leaders: [], may_administer: false, may_manage: true, children: [] } })
  server.at('GET', '/meeting-types', { body: { items: [] } })
  server.at('GET', '/meetings', { body: { items: [ended, { ...ended, id: 'm2', topic: '十月主题党日', minutes_state: 'signed' }, { ...ended, id: 'm3', topic: '九月支委会', minutes_state: 'none' }], next_cursor: null } })
  await page.goto(`${origin}/console/meetings`)
  await expect(page.getByRole('row', { name: /十月主题党日/ }).getByRole('link', { name: '纪要已签发，打开会议记录' })).toBeVisible()
  await accessible(page)
  await picture(page, 'minutes-list')
  new Keeper(server)
  await page.getByRole('link', { name: '纪要草稿，打开会议记录' }).click()
  await expect(page.getByRole('heading', { name: /会议记录/ })).toBeVisible()
})

for (const size of [{ width: 1920, height: 1080 }, { width: 390, height: 844 }]) {
  test(`fits a window of ${size.width}, and paper`, async ({ world }) => {
    const { page, server } = await world({ ...pc, ...size })
    new Keeper(server)
    await page.goto(address)
    await expect(page.getByLabel('决议事项')).toBeVisible()
    await accessible(page)
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
    await picture(page, `minutes-desk-${size.width}`)
    await page.emulateMedia({ media: 'print' })
    await expect(page.getByRole('button', { name: '打印' })).toBeHidden()
    await expect(page.getByText('三组负责北坡，四组负责水库边。').last()).toBeVisible()
    await picture(page, `minutes-print-${size.width}`)
  })
}
