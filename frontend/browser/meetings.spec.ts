import AxeBuilder from '@axe-core/playwright'
import type { Locator, Page } from '@playwright/test'
import type { Meeting } from '@/shared/meeting/types'
import { serverOfThisFile } from './support/demo-server'
import { Person } from './support/people'
import { desk, expect, phone, screen, test } from './support/windows'

const server = serverOfThisFile()
const minuteMs = 60_000

const host = (): Promise<Person> => Person.staff(server(), 'host')

async function look(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: test.info().outputPath(`${name}.png`), animations: 'disabled' })
}

/** At all sizes, without a complaint of accessibility. */
async function lookAround(page: Page, name: string): Promise<void> {
  for (const size of [screen, desk, phone]) {
    await page.setViewportSize(size)
    await look(page, `${name}-${size.width}`)
    expect(await page.evaluate(() => document.documentElement.scrollWidth), `${name} at ${size.width}`).toBeLessThanOrEqual(size.width)
  }
  await page.setViewportSize(desk)
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
}

/** A meeting of the host's branch that begins in some minutes. */
async function aMeeting(by: Person, topic: string, changes: object = {}): Promise<Meeting> {
  const own = (await by.me()).membership?.organisation.id
  const starts = Date.now() + 10 * minuteMs
  const agenda = [{ title: '传达学习全会精神', minutes: 30, presenter: '周立新' }, { title: '讨论冬季森林防火分工', minutes: 20 }]
  return by.post<Meeting>('/meetings', { topic, type: 'general_meeting', org_id: own, starts_at: new Date(starts).toISOString(), ends_at: new Date(starts + 90 * minuteMs).toISOString(), place: '村党群服务中心二楼', attendees: { whole_branch: true, members: [], orgs: [] }, agenda, ...changes })
}

async function launched(by: Person, topic: string, changes: object = {}): Promise<Meeting> {
  const { id } = await aMeeting(by, topic, changes)
  return by.post<Meeting>(`/meetings/${id}/launch`)
}

/** The topic tells newcomers as the server keeps them, without the status that the contract promises: they appear with the next snapshot. */
const askAnew = (page: Page): Promise<unknown> => page.reload()

const row = (page: Page, name: string): Locator => page.getByRole('region', { name: '参会名单明细' }).getByRole('row').filter({ hasText: name })
const tab = (page: Page, word: string): Locator => page.getByRole('group', { name: '名单' }).getByRole('button', { name: new RegExp(`^${word}`) })

test('a secretary plans a meeting, is told what is missing, corrects the draft and launches it', async ({ open }) => {
  const { page } = await open(desk, await host())
  await page.goto(`${server().base}/console`)
  await expect(page).toHaveURL(/\/console\/meetings$/)
  await expect(page.getByRole('link', { name: '诉求管理' })).toHaveCount(0)
  await expect(page.getByText('还没有会议')).toBeVisible()
  await look(page, 'list-empty')
  await page.getByRole('button', { name: '发起会议' }).click()
  const form = page.getByRole('dialog', { name: '发起会议' })
  await form.getByRole('button', { name: '保存草稿' }).click()
  await expect(form.getByText('请填写会议主题')).toBeVisible()
  await expect(form.getByLabel('会议主题')).toBeFocused()
  await look(page, 'form-wrong')

  await form.getByLabel('会议主题').fill('11 月主题党日')
  await form.getByLabel('会议类型').selectOption({ label: '主题党日' })
  await form.getByLabel('记录人').selectOption({ index: 2 })
  await form.getByLabel('会议地点').fill('村党群服务中心二楼')
  await form.getByLabel('会议内容').fill('请带好《支部工作条例》。')
  await expect(form.getByText('24 人')).toBeVisible()
  await form.getByRole('button', { name: '指定党员' }).click()
  await form.getByLabel('按姓名查找党员').first().fill('韦建国')
  await form.getByRole('button', { name: /^韦建国/ }).click()
  await expect(form.getByRole('button', { name: '去掉 韦建国' })).toBeVisible()
  for (const [index, title] of ['传达学习全会精神', '讨论冬季防火'].entries()) {
    await form.getByRole('button', { name: '添加一项' }).click()
    await form.getByLabel(`第 ${index + 1} 项的内容`).fill(title)
  }
  await form.getByRole('button', { name: '第 2 项上移' }).click()
  await expect(form.getByLabel('第 1 项的内容')).toHaveValue('讨论冬季防火')
  await form.getByLabel('第 2 项的分钟数').fill('100')
  await expect(form.getByText('共 115 分钟，超过会议的 90 分钟')).toBeVisible()
  await form.getByLabel('第 2 项的分钟数').fill('30')
  await form.getByLabel('需要报名').check()
  await form.getByLabel('限定签到地点').check()
  await form.getByLabel('经度').fill('108.3669')
  await form.getByRole('button', { name: '保存草稿' }).click()
  await expect(form.getByText('请填写会场的经度和纬度')).toBeVisible()
  await form.getByLabel('纬度').fill('22.817')
  await form.locator('input[type=file]').setInputFiles({ name: '支部工作条例.pdf', mimeType: 'application/pdf', buffer: aPdf })
  await expect(form.getByRole('link', { name: '支部工作条例.pdf' })).toBeVisible()
  await lookAround(page, 'form')
  await form.getByRole('button', { name: '保存草稿' }).click()

  await expect(page.getByRole('heading', { name: '11 月主题党日' })).toBeVisible()
  await expect(page.getByText('会场 200 米内')).toBeVisible()
  await expect(page.getByText('共 24 人')).toBeVisible()
  await lookAround(page, 'draft')
  await page.getByRole('button', { name: '修改' }).click()
  const change = page.getByRole('dialog', { name: '修改会议' })
  await expect(change.getByLabel('第 1 项的内容')).toHaveValue('讨论冬季防火')
  await change.getByLabel('会议主题').fill('11 月主题党日（第二次通知）')
  await page.keyboard.press('Escape')
  await expect(change.getByText('还没有保存')).toBeVisible()
  await change.getByRole('button', { name: '继续填写' }).click()
  await change.getByRole('button', { name: '保存草稿' }).click()
  await expect(page.getByRole('heading', { name: '11 月主题党日（第二次通知）' })).toBeVisible()

  await page.getByRole('button', { name: '启动会议' }).click()
  const question = page.getByRole('dialog', { name: '启动会议？' })
  await expect(question).toContainText('24 位参会人马上收到通知')
  await look(page, 'launch')
  await question.getByRole('button', { name: '启动并通知' }).click()
  await expect(page.getByText('待召开').first()).toBeVisible()
  await expect(page.getByRole('button', { name: '修改' })).toHaveCount(0)
  await askAnew(page)
  await expect(row(page, '韦建国')).toContainText('未到')
})

test('a draft can be deleted, what was launched can be cancelled with a reason', async ({ open }) => {
  const secretary = await host()
  const draft = await aMeeting(secretary, '写错了的会议')
  const { page } = await open(desk, secretary)
  await page.goto(`${server().base}/console/meetings/${draft.id}`)
  await page.getByRole('button', { name: '删除草稿' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '删除', exact: true }).click()
  await expect(page).toHaveURL(/\/console\/meetings$/)
  await expect(page.getByRole('link', { name: '写错了的会议' })).toHaveCount(0)

  const meeting = await launched(secretary, '改期的支委会', { type: 'committee_meeting' })
  await page.goto(`${server().base}/console/meetings/${meeting.id}`)
  await page.getByRole('button', { name: '取消会议' }).click()
  await page.getByRole('button', { name: '会议改期' }).click()
  await page.getByRole('button', { name: '取消会议并通知参会人' }).click()
  await expect(page.getByText('会议已取消。')).toContainText('会议已取消。')
  await page.getByRole('link', { name: '会议', exact: true }).first().click()
  await page.getByRole('combobox', { name: '状态' }).selectOption({ label: '已取消' })
  await expect(page.getByRole('link', { name: '改期的支委会' })).toBeVisible()
  await expect(page).toHaveURL(/state=cancelled/)
  await page.getByRole('combobox', { name: '类型' }).selectOption({ label: '党课' })
  await expect(page.getByText('没有符合条件的会议')).toBeVisible()
})

test('the desk is live: answers, leave, sign-ins, guests, the agenda and the end', async ({ open }) => {
  const secretary = await host()
  const meeting = await launched(secretary, '冬季防火部署会')
  const path = `/meetings/${meeting.id}`
  const { page, tolerate } = await open(desk, secretary)
  tolerate(/status of 4\d\d .*attendance\.xlsx/)
  await page.goto(`${server().base}/console${path}`)
  await expect(page.getByRole('img', { name: '会议签到二维码' })).toBeVisible()
  await expect(page.getByRole('link', { name: '打开大屏' })).toHaveAttribute('href', `/screen/meeting/${meeting.id}`)

  const people = await Promise.all([0, 1, 2, 3].map(async (index) => ({ person: await Person.staff(server(), 'member', index), name: server().account('member', index).name })))
  const [first, second, third, fourth] = people as [(typeof people)[number], (typeof people)[number], (typeof people)[number], (typeof people)[number]]
  await first.person.post(`${path}/reply`, { attending: true })
  await expect(row(page, first.name)).toContainText('回复参加')
  await second.person.post(`${path}/leave`, { reason: '外出务工，人在广东' })
  await expect(row(page, second.name)).toContainText('待审批')
  await third.person.post(`${path}/leave`, { reason: '走亲戚' })
  await lookAround(page, 'desk-before')
  await row(page, second.name).getByRole('button', { name: /^批准/ }).click()
  await expect(row(page, second.name)).toContainText('已批准')
  await row(page, third.name).getByRole('button', { name: /^不批准/ }).click()
  await page.getByLabel('不批准的理由').fill('请线上参会')
  await page.getByRole('dialog').getByRole('button', { name: '不批准' }).click()
  await expect(row(page, third.name)).toContainText('未批准（请线上参会）')

  await row(page, first.name).getByRole('button', { name: /^代签/ }).click()
  await page.getByRole('button', { name: '没有智能手机' }).click()
  await page.getByRole('button', { name: `为 ${first.name} 代签` }).click()
  await expect(row(page, first.name)).toContainText('代签：没有智能手机')
  await expect(page.locator('.present')).toContainText('1')
  await tab(page, '已到').click()
  await row(page, first.name).getByRole('button', { name: /^签退/ }).click()
  await expect(row(page, first.name)).toContainText(/\d\d:\d\d–\d\d:\d\d/)

  await page.getByRole('button', { name: '添加列席' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '其他人员' }).click()
  await page.getByLabel('姓名', { exact: true }).fill('周站长')
  await page.getByRole('button', { name: '确定' }).click()
  await expect(page.getByText('已添加列席：周站长')).toBeVisible()
  await askAnew(page)
  await tab(page, '列席').click()
  await expect(row(page, '周站长')).toBeVisible()
  await tab(page, '未到').click()
  await row(page, fourth.name).getByRole('button', { name: /^替会/ }).click()
  await page.getByRole('dialog').getByRole('button', { name: '其他人员' }).click()
  await page.getByLabel('姓名', { exact: true }).fill('李代表')
  await page.getByRole('button', { name: '确定' }).click()
  await expect(page.getByText('李代表 将替')).toBeVisible()
  await askAnew(page)
  await tab(page, '全部').click()
  await expect(row(page, '替会人')).toContainText('李代表')
  await expect(row(page, fourth.name)).toContainText('由 李代表 替会')

  await page.getByRole('button', { name: '开始会议' }).click()
  await page.getByRole('button', { name: '第一项：传达学习全会精神' }).click()
  await expect(page.getByText('议程 1 / 2')).toBeVisible()
  await expect(page.getByText('进行中').first()).toBeVisible()
  await lookAround(page, 'desk-running')
  await page.goto(`${server().base}/console/meetings`)
  const line = page.getByRole('row').filter({ hasText: '冬季防火部署会' })
  await expect(line).toContainText('进行中')
  await expect(line).toContainText('/ 24')
  await lookAround(page, 'list')
  await line.getByRole('link').click()
  await page.getByRole('button', { name: '结束会议' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '结束会议' }).click()
  await expect(row(page, '韦建国').or(row(page, '莫志强')).first()).toBeVisible()
  await page.getByRole('button', { name: '归档' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '归档' }).click()
  await expect(page.getByText('已归档').first()).toBeVisible()
  await lookAround(page, 'desk-over')
})

test('a big screen is paired from the desk', async ({ open }) => {
  const secretary = await host()
  const meeting = await launched(secretary, '连接大屏的会议')
  const { page: tv } = await open(screen)
  await tv.goto(`${server().base}/screen`)
  const code = tv.getByRole('img', { name: /^配对码/ })
  await expect(code).toBeVisible()
  const digits = (await code.innerText()).replace(/\D/g, '')
  const { page, tolerate } = await open(desk, secretary)
  tolerate(/status of 422 .*\/screens\/pair$/)
  await page.goto(`${server().base}/console/meetings/${meeting.id}`)
  await page.getByRole('button', { name: '配对大屏' }).click()
  await page.getByLabel('大屏上的 6 位数字').fill(digits === '000000' ? '000001' : '000000')
  await page.getByRole('button', { name: '连接', exact: true }).click()
  await expect(page.getByText('配对码不正确或已过期')).toBeVisible()
  await look(page, 'pair')
  await page.getByLabel('大屏上的 6 位数字').fill(digits)
  await page.getByRole('button', { name: '连接', exact: true }).click()
  await expect(page.getByText('已连接')).toBeVisible()
  await expect(tv.getByText('连接大屏的会议')).toBeVisible()
  await page.getByRole('link', { name: '大屏管理' }).click()
  await expect(page.getByRole('row').filter({ hasText: '连接大屏的会议' })).toContainText('在线')
  await expect(page.getByRole('combobox', { name: '显示内容' }).getByRole('option', { name: /连接大屏的会议/ })).toHaveCount(1)
  await expect(page.getByRole('alert').filter({ hasText: /./ })).toHaveCount(0)
})

test('whoever looks on sees everything and may change nothing; a plain member has no console', async ({ open }) => {
  const meeting = await launched(await host(), '督导看得到的会议')
  const { page } = await open(desk, await Person.staff(server(), 'supervisor'))
  await page.goto(`${server().base}/console/meetings/${meeting.id}`)
  await expect(row(page, '韦建国')).toBeVisible()
  for (const name of ['开始会议', '取消会议', '配对大屏', '添加列席']) await expect(page.getByRole('button', { name })).toHaveCount(0)
  await expect(page.getByRole('img', { name: '会议签到二维码' })).toHaveCount(0)
  await row(page, '韦建国').getByRole('button', { name: /^详情/ }).click()
  await expect(page.getByRole('dialog', { name: '韦建国' })).toBeVisible()
  await page.goto(`${server().base}/console/meetings`)
  await expect(page.getByRole('button', { name: '发起会议' })).toHaveCount(0)
  await page.getByRole('combobox', { name: '组织' }).selectOption({ index: 1 })
  await expect(page.getByLabel('含下级')).toBeChecked()
  await expect(page.getByRole('link', { name: '督导看得到的会议' })).toBeVisible()
  await page.getByLabel('含下级').uncheck()
  await expect(page.getByText('没有符合条件的会议')).toBeVisible()

  const { page: other } = await open(desk, await Person.staff(server(), 'member'))
  await other.goto(`${server().base}/console/meetings/${meeting.id}`)
  await expect(other.getByText('没有管理端的权限')).toBeVisible()
})

test('an administrator adds a type, renames it, switches it off and deletes it; a secretary only reads them', async ({ open }) => {
  const { page, tolerate } = await open(desk, await Person.staff(server(), 'admin'))
  tolerate(/status of 422 .*\/meeting-types$/)
  await page.goto(`${server().base}/console`)
  await page.getByRole('link', { name: '会议类型' }).click()
  const line = (name: string): Locator => page.getByRole('row').filter({ hasText: name })
  await expect(line('党员大会')).toContainText('内置')
  await expect(line('党员大会').getByRole('button', { name: /^改名/ })).toHaveCount(0)
  await page.getByRole('button', { name: '新增类型' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: '保存' }).click()
  await expect(dialog.getByText('请填写类型名称。')).toBeVisible()
  await dialog.getByLabel('名称').fill('党员大会')
  await dialog.getByRole('button', { name: '保存' }).click()
  await expect(dialog.getByRole('alert')).not.toBeEmpty()
  await look(page, 'type-taken')
  await dialog.getByLabel('名称').fill('清明祭扫')
  await dialog.getByRole('button', { name: '保存' }).click()
  await expect(line('清明祭扫')).toContainText('自建')
  await line('清明祭扫').getByRole('button', { name: /^改名/ }).click()
  await dialog.getByLabel('名称').fill('红色祭扫')
  await dialog.getByRole('button', { name: '保存' }).click()
  await line('红色祭扫').getByRole('button', { name: /^停用/ }).click()
  await expect(line('红色祭扫').getByRole('cell', { name: '停用' }).first()).toBeVisible()
  await lookAround(page, 'types')

  const { page: other } = await open(desk, await host())
  await other.goto(`${server().base}/console/meetings`)
  await other.getByRole('button', { name: '发起会议' }).click()
  await expect(other.getByLabel('会议类型').getByRole('option', { name: '红色祭扫' })).toHaveCount(0)
  await expect(other.getByLabel('会议类型').getByRole('option', { name: '党员大会' })).toHaveCount(1)
  await other.goto(`${server().base}/console/meeting-types`)
  await expect(other.getByText('红色祭扫')).toBeVisible()
  await expect(other.getByRole('button', { name: '新增类型' })).toHaveCount(0)

  await line('红色祭扫').getByRole('button', { name: /^删除/ }).click()
  await dialog.getByRole('button', { name: '删除' }).click()
  await expect(line('红色祭扫')).toHaveCount(0)
})

/** The smallest that the server takes for a paper. */
const aPdf = Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>endobj\nxref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000052 00000 n \n0000000101 00000 n \ntrailer<</Size 4/Root 1 0 R>>\nstartxref\n161\n%%EOF\n')
