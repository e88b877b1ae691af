import type { Page } from '@playwright/test'
import { cards, code, figure, names } from './support/meeting-wall'
import { serverOfThisFile } from './support/demo-server'
import { Person } from './support/people'
import { expect, phone, screen, test, type OpenWindow } from './support/windows'

/** A meeting from its launch to its end, as it is lived through: a wall, a host and four phones over the real server. */

const server = serverOfThisFile()
const minute = 60_000

interface Code {
  url: string
}

/** A meeting of the host's branch that begins in ten minutes; still a draft. */
async function planned(host: Person): Promise<string> {
  const { membership } = await host.me()
  const at = (minutes: number): string => new Date(Date.now() + minutes * minute).toISOString()
  const { id } = await host.post<{ id: string }>('/meetings', {
    topic: '第四季度党员大会：民主议事',
    type: 'general_meeting',
    org_id: membership?.organisation.id,
    starts_at: at(10),
    ends_at: at(100),
    place: '村部会议室',
    attendees: { whole_branch: true },
    sign_in: { required: true, opens_minutes_before: 60, late_after_minutes: 5 },
    agenda: [{ title: '支部工作报告', minutes: 20, presenter: '周立新' }, { title: '讨论冬季防火分工', minutes: 30 }],
  })
  return id
}

/** Where somebody's phone is led by the system's scanner: what the wall shows at this moment. */
async function scan(page: Page, host: Person, id: string): Promise<void> {
  const { url } = await host.get<Code>(`/meetings/${id}/sign-in/code`)
  await page.goto(url)
}

async function member(open: OpenWindow, index: number): Promise<{ page: Page; name: string; who: Person }> {
  const who = await Person.staff(server(), 'member', index)
  const { page } = await open(phone, who)
  return { page, who, name: (await who.me()).name }
}

test('a meeting lives from its launch to its end, on the wall, at the desk and on four phones', async ({ open }) => {
  test.slow()
  const host = await Person.staff(server(), 'host')
  const id = await planned(host)

  // The host launches it at the desk; everybody on the list is told.
  const { page: desk } = await open(phone, host)
  await desk.goto(`${server().base}/m/meetings/${id}/host`)
  await desk.getByRole('button', { name: '启动会议' }).click()
  await desk.getByRole('button', { name: '启动并通知' }).click()
  await expect(desk.getByText('会议已启动，参会人会收到通知')).toBeVisible()

  // A television in the hall waits with six digits, and the host brings the wall up on it.
  const { page: wall } = await open(screen)
  await wall.goto(`${server().base}/screen`)
  const digits = wall.getByRole('img', { name: /^配对码/ })
  await expect(digits).toBeVisible()
  await desk.getByRole('button', { name: '连接大屏' }).click()
  await desk.getByLabel('大屏上的 6 位数字').fill((await digits.innerText()).replace(/\D/g, ''))
  await desk.getByRole('button', { name: '连接', exact: true }).click()
  await expect(code(wall)).toBeVisible()
  await expect(wall.getByRole('heading', { name: '第四季度党员大会：民主议事' })).toBeVisible()
  await expect(wall.getByText('等待第一位同志签到')).toBeVisible()
  const expected = Number(await figure(wall, '应到').innerText())
  expect(expected).toBeGreaterThan(10)
  await wall.screenshot({ path: test.info().outputPath('wall-waiting.png') })

  // The first phone has the meeting open and answers; then its system's scanner reads the wall.
  const one = await member(open, 0)
  await one.page.goto(`${server().base}/m/meetings/${id}`)
  await one.page.getByRole('button', { name: '参加', exact: true }).click()
  await expect(one.page.getByRole('button', { name: '参加', exact: true })).toHaveAttribute('aria-pressed', 'true')
  await scan(one.page, host, id)
  await expect(one.page.getByRole('heading', { name: '已签到' })).toBeVisible()
  await expect(one.page.getByText('第 1 位')).toBeVisible()
  await expect(cards(wall)).toHaveText([new RegExp(`${one.name}.*第 1 位`, 's')])
  await expect(figure(wall, '实到')).toHaveText('1')
  await one.page.screenshot({ path: test.info().outputPath('phone-signed-in.png') })

  // The second asks for leave, and the answer appears by itself.
  const two = await member(open, 1)
  await two.page.goto(`${server().base}/m/meetings/${id}`)
  await two.page.getByRole('button', { name: '请假' }).click()
  await two.page.getByRole('button', { name: '因病就医' }).click()
  await two.page.getByRole('button', { name: '提交请假' }).click()
  await expect(two.page.getByText('请假等待批准')).toBeVisible()
  await desk.getByRole('tab', { name: /请假/ }).click()
  await desk.getByRole('button', { name: new RegExp(two.name) }).click()
  await desk.getByRole('button', { name: '批准请假' }).click()
  await expect(two.page.getByText('请假已批准')).toBeVisible()

  // The third comes by the hand of the host; its page learns of it.
  const three = await member(open, 2)
  await three.page.goto(`${server().base}/m/meetings/${id}`)
  await desk.getByRole('tab', { name: /未到/ }).click()
  await desk.getByRole('button', { name: new RegExp(three.name) }).click()
  await desk.getByRole('button', { name: '代签', exact: true }).click()
  await desk.getByRole('button', { name: '手机没电或不会操作' }).click()
  await desk.getByRole('button', { name: `为 ${three.name} 代签` }).click()
  await expect(three.page.getByText('第 2 位')).toBeVisible()
  await expect(figure(wall, '实到')).toHaveText('2')

  // The meeting begins; whoever looks at a phone sees it, and the item with its time.
  await desk.getByRole('button', { name: '开始会议' }).click()
  await expect(one.page.getByRole('heading', { name: '已签到' })).toBeVisible()
  await three.page.getByText('进行中').first().waitFor()
  await desk.getByRole('button', { name: '第一项：支部工作报告' }).click()
  await expect(three.page.locator('[aria-current=step]')).toContainText('支部工作报告')
  await expect(three.page.locator('[aria-current=step]')).toContainText(/剩余\s*(20:00|19:\d\d)/)
  await expect(wall.getByText('议程 1 / 2')).toBeVisible()

  // The fourth, late but not too late, whose phone is not signed in anywhere else.
  const four = await member(open, 9)
  await scan(four.page, host, id)
  await expect(four.page.getByRole('heading', { name: '已签到' })).toBeVisible()
  await expect(names(wall, 3)).toBeVisible()
  await wall.screenshot({ path: test.info().outputPath('wall-running.png') })
  // F5 on the television: it is back at once, with everybody on it.
  await wall.reload()
  await expect(names(wall, 3)).toBeVisible()
  await expect(figure(wall, '实到')).toHaveText('3')

  // On to the next item, and to the end.
  await desk.getByRole('button', { name: '下一项：讨论冬季防火分工' }).click()
  await expect(three.page.locator('[aria-current=step]')).toContainText('讨论冬季防火分工')
  await desk.screenshot({ path: test.info().outputPath('desk-running.png'), fullPage: true })
  await desk.getByRole('button', { name: '结束会议' }).click()
  await expect(desk.getByRole('dialog')).toContainText(`应到 ${expected} 人，实到 3 人`)
  await desk.getByRole('dialog').getByRole('button', { name: '结束会议' }).click()
  await expect(desk.getByText('会议已结束').first()).toBeVisible()
  await expect(three.page.getByRole('heading', { name: '我的到会情况' })).toBeVisible()
  await three.page.screenshot({ path: test.info().outputPath('phone-ended.png'), fullPage: true })
  await expect(wall.getByText('会议结束').first()).toBeVisible()
  await wall.screenshot({ path: test.info().outputPath('wall-ended.png') })

  // What the archive says is what was seen.
  const roster = await host.get<{ figures: { present: number; leave: number }; items: { name: string; status: string; number: number | null }[] }>(`/meetings/${id}/roster`)
  expect(roster.figures).toMatchObject({ present: 3, leave: 1 })
  const of = (name: string): { status: string; number: number | null } | undefined => roster.items.find((item) => item.name === name)
  expect(of(one.name)).toMatchObject({ status: 'on_time', number: 1 })
  expect(of(two.name)).toMatchObject({ status: 'leave_approved', number: null })
  expect(of(three.name)).toMatchObject({ status: 'on_time', number: 2 })
  expect(of(four.name)).toMatchObject({ number: 3 })
})

test('a code that was forwarded is worth nothing when it arrives', async ({ open }) => {
  const host = await Person.staff(server(), 'host')
  const id = await planned(host)
  await host.post(`/meetings/${id}/launch`)
  const { url } = await host.get<Code>(`/meetings/${id}/sign-in/code`)
  // It changes every five seconds; the one before is still taken, so two changes make it old.
  for (let changes = 0, last = url; changes < 2; ) {
    const now = await host.get<Code>(`/meetings/${id}/sign-in/code`)
    if (now.url !== last) [last, changes] = [now.url, changes + 1]
  }
  const { page } = await member(open, 4)
  await page.goto(url)
  await expect(page.getByRole('heading', { name: '这个二维码已经过期' })).toBeVisible()
  await expect(page.getByRole('button', { name: '扫一扫' })).toBeVisible()
})

test('a member takes the meetings into a calendar, and ends that again', async ({ open }) => {
  const { page } = await member(open, 5)
  await page.goto(`${server().base}/m/me`)
  await page.getByRole('button', { name: '会议日历订阅' }).click()
  await page.getByRole('button', { name: '生成订阅地址' }).click()
  const address = page.getByLabel('订阅地址')
  await expect(address).toHaveValue(/\/calendar\/[\w-]+\.ics$/)
  const first = await address.inputValue()
  expect(await (await fetch(first)).text()).toContain('SUMMARY:第四季度党员大会')
  await page.screenshot({ path: test.info().outputPath('calendar.png') })
  await page.getByRole('button', { name: '换一个地址' }).click()
  await expect(address).not.toHaveValue(first)
  expect((await fetch(first)).status).toBe(404)
  await page.getByRole('button', { name: '停用' }).click()
  await expect(page.getByRole('button', { name: '生成订阅地址' })).toBeVisible()
})
