import type { LifeMeeting } from '@/shared/organisational-life/types'
import type { Meeting } from '@/shared/meeting/types'
import { serverOfThisFile } from './support/demo-server'
import { Person } from './support/people'
import { desk, expect, phone, test } from './support/windows'

/** A 组织生活会 as a branch lives through it: its secretary at a desk, a member with a phone. */

const server = serverOfThisFile()
const host = (): Promise<Person> => Person.staff(server(), 'host')
const minuteMs = 60_000

test('a material is asked for, handed in, returned, handed in again and approved, each seen at once by the other', async ({ open }) => {
  const { page } = await open(desk, await host())
  await page.goto(`${server().base}/console/organisational-life`)
  await page.getByRole('button', { name: '发起组织生活会' }).click()
  const form = page.getByRole('dialog', { name: '发起组织生活会' })
  await form.getByLabel('会议名称').fill('专题组织生活会')
  await form.getByLabel('议题和要求').fill('围绕为民服务办实事，查摆问题。')
  await form.getByRole('button', { name: '发起并通知' }).click()
  await expect(page.getByRole('heading', { name: /专题组织生活会/ })).toBeVisible()
  await expect(page.getByText(/没有交齐对照检查材料/)).toBeVisible()

  const member = await Person.staff(server(), 'member')
  const { name } = await member.me()
  const { page: mine } = await open(phone, member)
  await mine.goto(`${server().base}/m/organisational-life`)
  await mine.getByRole('link', { name: /专题组织生活会/ }).click()
  await mine.locator('textarea').fill('联系群众不够经常。')
  await mine.getByRole('button', { name: '提交', exact: true }).click()
  await expect(mine.getByText('已提交，待审核')).toBeVisible()

  await page.getByRole('button', { name: `审核 ${name}` }).click()
  const drawer = page.getByRole('dialog')
  await expect(drawer.getByText('联系群众不够经常。')).toBeVisible()
  await drawer.getByRole('button', { name: '退回', exact: true }).click()
  await drawer.getByLabel(/退回原因/).fill('请写明整改时限')
  await drawer.getByRole('button', { name: '退回给本人' }).click()
  await expect(mine.getByText('请写明整改时限')).toBeVisible()
  await mine.getByRole('button', { name: '修改材料' }).click()
  await mine.locator('textarea').fill('联系群众不够经常，年底前改到每月两次。')
  await mine.getByRole('button', { name: '再次提交' }).click()
  await expect(mine.getByText('第 2 次提交')).toBeVisible()

  await page.getByRole('button', { name: `审核 ${name}` }).click()
  await drawer.getByRole('button', { name: '审核通过' }).click()
  await expect(page.getByRole('row', { name: new RegExp(name) })).toContainText('已通过')
  await expect(mine.getByText('材料已通过审核，不用再修改。')).toBeVisible()
})

test('its phases follow from the clock, from its 党员会 and from the report', async ({ open }) => {
  const by = await host()
  const own = (await by.me()).membership?.organisation.id
  const at = (ms: number): string => new Date(Date.now() + ms).toISOString()
  const soonMs = 8_000
  const life = await by.post<LifeMeeting>('/organisational-life', { org_id: own, topic: '补开的组织生活会', year: Number(at(0).slice(0, 4)), content: '查摆问题。', materials_due_at: at(soonMs), ends_at: at(60 * minuteMs) })
  const { page } = await open(desk, by)
  await page.goto(`${server().base}/console/organisational-life/${life.id}`)
  await expect(page.getByText('请通知召开支委会和党员会')).toBeVisible()
  const meeting = await by.post<Meeting>('/meetings', { topic: '党员会', type: 'organisation_life', org_id: own, starts_at: at(5 * minuteMs), ends_at: at(30 * minuteMs), place: '村部', attendees: { whole_branch: true, members: [], orgs: [] } })
  await page.getByRole('region', { name: '党员会' }).getByRole('button', { name: '选择已有会议' }).click()
  await page.getByRole('button', { name: '选择 党员会' }).click()
  await expect(page.getByText('党员会已安排，还没有通知召开支委会')).toBeVisible()

  await page.getByRole('button', { name: '通知召开支委会' }).click()
  const form = page.getByRole('dialog', { name: '发起会议' })
  await expect(form.getByLabel('会议类型')).toHaveValue('committee_meeting')
  await form.getByLabel('会议地点').fill('村部二楼')
  await form.getByRole('button', { name: '保存草稿' }).click()
  await expect(page.getByRole('link', { name: '去启动会议' }).first()).toBeVisible()

  for (const step of ['launch', 'start']) await by.post(`/meetings/${meeting.id}/${step}`)
  await expect(page.getByText('党员会正在进行')).toBeVisible()
  await by.post(`/meetings/${meeting.id}/end`)
  await expect(page.getByText('党员会已结束，请上传会后报告')).toBeVisible()
  await page.getByLabel('报告内容').fill('查摆问题 12 条，整改措施已分工到人。')
  await page.getByRole('button', { name: '提交报告' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '提交报告' }).click()
  await expect(page.getByText('本次组织生活会已完成。')).toBeVisible()
  await expect(page.getByText('整改措施已分工到人')).toBeVisible()
})
