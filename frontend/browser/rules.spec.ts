import type { Locator, Page } from '@playwright/test'
import { join } from 'node:path'
import type { Calendar, CalendarView, ServiceLevels, ServiceLevelsView } from '@/shared/api/rules'
import type { Ticket } from '@/shared/api/types'
import { dateInChina, shortDate, yearOf } from '@/shared/calendar/year'
import { repository, serverOfThisFile } from './support/demo-server'
import { Person } from './support/people'
import { desk, expect, screen, test } from './support/windows'
import { accessible } from './support/accessible'

// Short messages go to a file in the data folder.
const smsSwitch = 'LIANXIN__NOTIFY__SMS__ENABLED'
test.beforeAll(() => {
  process.env[smsSwitch] = 'true'
})
test.afterAll(() => {
  delete process.env[smsSwitch]
})
const server = serverOfThisFile()
const noticeFile = join(repository, 'domain/src/calendar/notices/2026.json')
const minuteMs = 60_000

const admin = (): Promise<Person> => Person.staff(server(), 'admin')

/** As another administrator would, somewhere else. */
async function change(path: string, body: object): Promise<void> {
  const { account, password } = server().account('admin')
  const json = { 'Content-Type': 'application/json' }
  const login = await fetch(`${server().base}/api/v1/auth/login`, { method: 'POST', headers: json, body: JSON.stringify({ account, password }) })
  const { token } = (await login.json()) as { token: string }
  const answer = await fetch(`${server().base}/api/v1${path}`, { method: 'PUT', headers: { ...json, Authorization: `Bearer ${token}` }, body: JSON.stringify(body) })
  expect(answer.status, await answer.clone().text()).toBe(200)
}

async function changeLevels(changes: Partial<ServiceLevels>): Promise<void> {
  const { history: _history, may_change: _mayChange, ...levels } = await (await admin()).get<ServiceLevelsView>('/service-levels')
  await change('/service-levels', { ...levels, ...changes })
}

async function changeCalendar(changed: (calendar: Calendar) => Calendar): Promise<void> {
  const { history: _history, may_change: _mayChange, year: _year, ...calendar } = await (await admin()).get<CalendarView>('/calendar')
  await change('/calendar', changed(calendar))
}

async function newTicket(phone: string, content: string): Promise<{ resident: Person; ticket: Ticket }> {
  const resident = await Person.resident(server(), phone)
  return { resident, ticket: await resident.submit(server().account('worker').grid_code, content) }
}

const dueAt = async (person: Person, ticket: Ticket): Promise<number> => Date.parse((await person.get<Ticket>(`/tickets/${ticket.id}`)).due_at ?? '')

async function confirm(page: Page): Promise<void> {
  await page.getByRole('button', { name: '确认保存' }).click()
  await expect(page.getByRole('dialog')).toBeHidden()
}

const rowOf = (within: Page | Locator, ticket: Ticket): Locator => within.getByRole('row').filter({ hasText: ticket.number })

test('a limit is changed after a look at its effect', async ({ open }) => {
  await changeLevels({ accept: { value: 30, unit: 'minutes', clock: 'continuous' }, exceptions: [] })
  const { resident, ticket } = await newTicket('13800003001', '村口的井盖松动，车压过去响')
  const before = await dueAt(resident, ticket)
  const { page } = await open(desk, await admin())
  await page.goto(`${server().base}/console`)
  await page.getByRole('link', { name: '服务时限' }).click()

  await page.getByRole('button', { name: '接单时限设为2 小时' }).click()
  await expect(page.getByText('有 1 处修改还没有保存')).toBeVisible()
  await expect(page.getByRole('list', { name: '超时未接单时由谁接手' })).toContainText('诉求提交后 8 小时')
  await page.getByRole('button', { name: '预览影响' }).click()
  const dialog = page.getByRole('dialog', { name: '保存前看一看影响' })
  await expect(dialog.getByText('30 分钟', { exact: true })).toBeVisible()
  await expect(rowOf(dialog, ticket)).toContainText('推后 1 小时 30 分')
  // Looking changes nothing.
  expect(await dueAt(resident, ticket)).toBe(before)
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await page.getByRole('button', { name: '预览影响' }).click()
  await confirm(page)
  await expect(page.getByText('服务时限已保存')).toBeVisible()
  await expect.poll(() => dueAt(resident, ticket)).toBe(before + 90 * minuteMs)
  await expect(page.locator('aside').getByRole('listitem').first()).toContainText('系统管理员')
  await expect(page.getByText('还没有保存')).toBeHidden()
})

test('an exception is added, and wrong input is shown where it stands', async ({ open }) => {
  await changeLevels({ exceptions: [] })
  const { page } = await open(desk, await admin())
  await page.goto(`${server().base}/console/service-levels`)
  const accept = page.getByLabel('接单时限：数值', { exact: true })
  await accept.fill('0')
  await page.getByLabel('到期预警').fill('99')
  await page.getByRole('button', { name: '＋ 新增例外' }).click()
  await page.getByLabel('第 1 条例外：类别').selectOption({ label: '矛盾纠纷' })
  await page.getByRole('button', { name: '预览影响' }).click()
  await expect(page.getByText('时限必须大于 0')).toBeVisible()
  await expect(page.getByText('请填写 0 到 95')).toBeVisible()
  await expect(page.getByText('请至少单独设定一项：接单或办结')).toBeVisible()
  await expect(accept).toBeFocused()
  await expect(page.getByRole('dialog')).toBeHidden()

  await accept.fill('30')
  await page.getByLabel('到期预警').fill('80')
  await page.getByLabel('第 1 条例外：层级').selectOption({ label: '村级' })
  await page.getByRole('button', { name: '办结时限单独设定' }).click()
  const limit = page.getByRole('group', { name: '矛盾纠纷 · 村级办结时限' })
  await limit.getByLabel('单位').selectOption({ label: '工作日' })
  await limit.getByLabel('数值').fill('5')
  await expect(limit.getByLabel('计时方式')).toBeDisabled()
  await page.getByLabel('看哪一类的升级').selectOption({ label: '矛盾纠纷' })
  await page.getByRole('button', { name: '超时未办结' }).click()
  await expect(page.getByRole('list', { name: '超时未办结时由谁接手' }).getByRole('listitem').nth(2)).toContainText('5 个工作日')
  await page.getByRole('button', { name: '预览影响' }).click()
  await confirm(page)
  const { exceptions } = await (await admin()).get<ServiceLevelsView>('/service-levels')
  expect(exceptions).toEqual([{ kind: 'dispute', level: 3, accept: null, finish: { value: 5, unit: 'workdays', clock: 'working' } }])

  await page.getByRole('button', { name: '删除例外：矛盾纠纷 · 村级' }).click()
  await page.getByRole('button', { name: '预览影响' }).click()
  await confirm(page)
  expect((await (await admin()).get<ServiceLevelsView>('/service-levels')).exceptions).toEqual([])
})

test('of two editors the second is told who was faster and loses nothing', async ({ open }) => {
  await changeLevels({ warn_percent: 80, reopen_days: 7 })
  const { page, tolerate } = await open(desk, await admin())
  tolerate(/status of 409/)
  await page.goto(`${server().base}/console/service-levels`)
  await page.getByLabel('到期预警').fill('60')
  await changeLevels({ reopen_days: 14 })
  await page.getByRole('button', { name: '预览影响' }).click()
  await confirm(page)
  const alert = page.getByRole('alert').filter({ hasText: '刚刚保存了第' })
  await expect(alert).toContainText('系统管理员')
  await expect(alert).toContainText('重新办理期限')
  await expect(page.getByLabel('到期预警')).toHaveValue('60')
  await page.getByRole('button', { name: '载入最新版，保留我的修改' }).click()
  await expect(page.getByLabel('重新办理')).toHaveValue('14')
  await page.getByRole('button', { name: '预览影响' }).click()
  await confirm(page)
  await expect(page.getByText('服务时限已保存')).toBeVisible()
  expect(await (await admin()).get<ServiceLevelsView>('/service-levels')).toMatchObject({ warn_percent: 60, reopen_days: 14 })
})

test('the notice of 2026 is imported after a look at it', async ({ open }) => {
  await changeCalendar((calendar) => ({ ...calendar, noticed: [2025], days: Object.fromEntries(Object.entries(calendar.days).filter(([date]) => yearOf(date) !== 2026)) }))
  const { page, tolerate } = await open(desk, await admin())
  tolerate(/status of 422/)
  await page.goto(`${server().base}/console/calendar?year=2026`)
  await expect(page.getByRole('status').filter({ hasText: '暂定' })).toBeVisible()
  await expect(page.getByRole('button', { name: '10月1日 星期四 上班' })).toBeVisible()
  await page.getByRole('button', { name: '导入 2026 年通知' }).click()
  const dialog = page.getByRole('dialog', { name: '导入放假通知' })

  const text = dialog.getByLabel('通知内容')
  await text.fill('{"year": 2026,\n"days": [}')
  await expect(dialog.getByRole('alert')).toContainText('第 2 行第 10 列')
  await expect(dialog.getByRole('button', { name: '预览影响' })).toBeDisabled()
  await text.fill('{"year": 2026, "days": [\n{"name": "元旦", "date": "2026-01-01", "isOffDay": true},\n{"name": "元旦", "date": "2026-13-01", "isOffDay": true}]}')
  await dialog.getByRole('button', { name: '预览影响' }).click()
  await expect(dialog.getByRole('alert')).toContainText('days.1.date：日期应写作')
  await dialog.getByRole('button', { name: '第 3 行' }).click()
  expect(await text.evaluate((area: HTMLTextAreaElement) => area.value.slice(area.selectionStart, area.selectionEnd))).toBe('"2026-13-01"')

  await dialog.getByLabel('选择文件').setInputFiles(noticeFile)
  await expect(dialog.getByRole('heading', { name: '2026 年：放假 33 天，调休上班 6 天' })).toBeVisible()
  await expect(dialog.getByText('新增 39 天，改变 0 天，相同 0 天')).toBeVisible()
  await dialog.getByRole('button', { name: '预览影响' }).click()
  await dialog.getByRole('button', { name: '确认导入 2026 年' }).click()
  await expect(page.getByText('已导入 2026 年放假通知：放假 33 天，调休上班 6 天')).toBeVisible()
  await expect(page.getByText('暂定')).toBeHidden()
  await expect(page.getByRole('button', { name: '10月1日 星期四 国庆节 放假' })).toBeVisible()
  await expect(page.getByRole('button', { name: '10月10日 星期六 国庆节 调休上班' })).toBeVisible()
  expect((await (await admin()).get<CalendarView>('/calendar?year=2026')).year).toMatchObject({ provisional: false, workdays: 248 })
})

test('a holiday moves the due date of a running request', async ({ open }) => {
  await changeLevels({ accept: { value: 1, unit: 'workdays', clock: 'working' }, exceptions: [] })
  const { resident, ticket } = await newTicket('13800003002', '灌渠的闸门关不上，水一直流')
  const before = await dueAt(resident, ticket)
  const date = dateInChina(before)
  const { page } = await open(desk, await admin())
  await page.goto(`${server().base}/console/calendar?year=${yearOf(date)}`)
  const day = page.getByRole('button', { name: new RegExp(`^${shortDate(date)} `) })
  await day.click()
  await page.getByRole('radio', { name: '放假' }).check()
  await page.getByLabel('名称').fill('停电')
  await expect(day).toHaveAccessibleName(/停电 放假.*未保存/)
  await page.getByRole('button', { name: '预览影响' }).click()
  const dialog = page.getByRole('dialog', { name: '保存前看一看影响' })
  await expect(dialog.getByText('放假（停电）')).toBeVisible()
  await expect(rowOf(dialog, ticket)).toContainText('推后')
  await confirm(page)
  await expect(page.getByText('工作日历已保存')).toBeVisible()
  await expect.poll(() => dueAt(resident, ticket)).toBeGreaterThan(before)

  // And back, with the keyboard alone.
  await day.focus()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowLeft')
  await expect(day).toBeFocused()
  await page.keyboard.press('Enter')
  await page.getByRole('radio', { name: /按平常/ }).press('Space')
  await page.getByRole('button', { name: '预览影响' }).press('Enter')
  await page.getByRole('button', { name: '确认保存' }).press('Enter')
  await expect.poll(() => dueAt(resident, ticket)).toBe(before)
})

test('office hours are edited, copied, and checked', async ({ open }) => {
  const { page } = await open(desk, await admin())
  await page.goto(`${server().base}/console/calendar`)
  await page.getByRole('tab', { name: '上班时间' }).click()
  const end = page.getByLabel('星期一第 1 段结束')
  await end.fill('730')
  await page.getByRole('button', { name: '预览影响' }).click()
  await expect(page.getByText('结束时间应晚于开始时间')).toBeVisible()
  await expect(end).toHaveAttribute('aria-invalid', 'true')
  await expect(end).toHaveValue('07:30')
  await end.fill('1130')
  await page.getByLabel('把星期一的时间复制到').selectOption({ label: '星期一至五' })
  await page.getByRole('button', { name: '星期六增加一段' }).click()
  await expect(page.getByLabel('星期五第 1 段结束')).toHaveValue('11:30')
  await page.getByRole('button', { name: '预览影响' }).click()
  await expect(page.getByRole('dialog').getByText('星期六上班时间')).toBeVisible()
  await confirm(page)
  const { week } = await (await admin()).get<CalendarView>('/calendar')
  expect(week[4]?.[0]).toEqual({ from: '08:30', to: '11:30' })
  expect(week[5]).toEqual([{ from: '08:30', to: '12:00' }])
  await page.getByRole('tab', { name: '修改记录' }).click()
  await expect(page.getByText('现行')).toBeVisible()
})

test('whoever is no administrator reads and changes nothing', async ({ open }) => {
  const { page, tolerate } = await open(desk, await Person.staff(server(), 'leader_l2'))
  tolerate(/status of 403/)
  await page.goto(`${server().base}/console/service-levels`)
  await expect(page.getByText('只读')).toBeVisible()
  await expect(page.getByRole('spinbutton')).toHaveCount(0)
  await expect(page.getByRole('checkbox')).toHaveCount(0)
  await expect(page.getByRole('button', { name: /新增|预览|设为/ })).toHaveCount(0)
  await page.getByRole('link', { name: '工作日历' }).click()
  await expect(page.getByText('只读')).toBeVisible()
  await page.getByRole('button', { name: /^5月1日 / }).click()
  await expect(page.getByRole('region', { name: '所选日期' })).toBeVisible()
  await expect(page.getByRole('radio')).toHaveCount(0)
  await page.getByRole('tab', { name: '上班时间' }).click()
  await expect(page.getByText('08:30–').first()).toBeVisible()
  await expect(page.getByRole('main').getByRole('textbox')).toHaveCount(0)
  await page.getByRole('link', { name: '外发渠道' }).click()
  await expect(page.getByText('这里由全县管理员查看')).toBeVisible()
})

test('what was sent outside is listed with its cost', async ({ open }) => {
  // Urgent, so that it goes out at any hour: the rest keeps quiet at night.
  await newTicket('13800003003', '着火了，快来人')
  const boss = await admin()
  await expect.poll(async () => (await boss.get<{ items: unknown[] }>('/deliveries?state=sent')).items.length).toBeGreaterThan(0)
  const { page } = await open(desk, boss)
  await page.goto(`${server().base}/console/channels`)
  await expect(page.getByRole('list', { name: '提醒的先后' }).getByRole('listitem')).toHaveCount(4)
  await page.getByRole('tab', { name: '已发送' }).click()
  await expect(page.getByRole('row').filter({ hasText: '紧急诉求' }).filter({ hasText: '短信' }).first()).toContainText('0.045 元')
  await expect(page.getByRole('region', { name: '每月数量与费用' })).toContainText('元')
  await page.getByRole('tab', { name: '发送失败' }).click()
  await expect(page.getByText('没有发送失败的消息')).toBeVisible()
})

for (const size of [desk, screen]) {
  for (const path of ['service-levels', 'calendar', 'channels']) {
    test(`axe finds nothing serious: ${path}, ${size.width}`, async ({ open }) => {
      const { page } = await open(size, await admin())
      await page.emulateMedia({ reducedMotion: 'reduce' })
      await page.goto(`${server().base}/console/${path}`)
      await expect(page.getByRole('heading', { level: 2 }).first()).toBeVisible()
      await expect(page.locator('.skeleton')).toHaveCount(0)
      if (path === 'calendar') await page.getByRole('button', { name: /^5月1日 / }).click()
      await accessible(page, { serious: true })
      expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0)
    })
  }
}
