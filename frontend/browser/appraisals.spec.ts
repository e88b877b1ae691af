import type { Page } from '@playwright/test'
import { serverOfThisFile } from './support/demo-server'
import { Person } from './support/people'
import { desk, expect, phone, test } from './support/windows'

/** An appraisal as a branch lives it: started at the desk, filled in on a phone, graded, told, and locked. */

const server = serverOfThisFile()
const second = 1000
/** Time to fill in a form; the rest of the deadline is waited for. */
const ratingMs = 45 * second
const raters = 4

async function memberOf(person: Person): Promise<string> {
  return (await person.me()).membership?.member_id ?? ''
}

const rate = (page: Page, name: string, grade: string): Promise<void> => page.getByRole('group', { name, exact: true }).getByText(grade, { exact: true }).click()

test('a branch appraises its members from the start to the lock', async ({ open }) => {
  test.slow()
  const host = await Person.staff(server(), 'host')
  const others = await Promise.all(Array.from({ length: raters - 1 }, (_, index) => Person.staff(server(), 'member', index)))
  const { name, membership } = await host.me()
  const ids = await Promise.all([host, ...others].map(memberOf))
  const deadline = Date.now() + ratingMs
  const { id } = await host.post<{ id: string }>('/appraisals', { org_id: membership?.organisation.id, topic: '年度民主评议党员', year: new Date().getFullYear(), deadline: new Date(deadline).toISOString(), member_ids: ids })

  const { page: console } = await open(desk, host)
  await console.goto(`${server().base}/console/appraisals/${id}`)
  await console.getByRole('button', { name: '启动' }).click()
  await console.getByRole('dialog').getByRole('button', { name: '启动' }).click()
  await expect(console.getByText(`0 / ${raters} 人已提交`)).toBeVisible()

  // A member fills in the form; the desk sees a number move, and no name.
  const [first] = others
  if (!first) throw new Error('the demonstration has members')
  const { page: mine } = await open(phone, first)
  await mine.goto(`${server().base}/m/appraisals`)
  await mine.getByRole('main').getByRole('link').filter({ hasText: '待我填写' }).click()
  await rate(mine, '给自己评什么等次', '合格')
  await mine.getByLabel('对照检查，写几句').fill('按时参加组织生活')
  for (const person of await mine.getByRole('listitem').getByRole('group').all()) await person.getByText('合格', { exact: true }).click()
  await expect(mine.getByText(`已评 ${raters - 1}/${raters - 1}`)).toBeVisible()
  await mine.getByRole('button', { name: '提交', exact: true }).click()
  await expect(mine.getByText('已提交', { exact: true })).toBeVisible()
  await mine.screenshot({ path: test.info().outputPath('form.png') })
  await expect(console.getByText(`1 / ${raters} 人已提交`)).toBeVisible()
  // What was sent can be read and changed by its author.
  await mine.reload()
  await expect(mine.getByText(`已评 ${raters - 1}/${raters - 1}`)).toBeVisible()

  // The deadline passes: both pages go on by themselves.
  await expect(console.getByRole('heading', { name: '现在：通知召开评定会议' })).toBeVisible({ timeout: 2 * ratingMs })
  await expect(console.getByText('少于5人，不显示').first()).toBeVisible()
  await expect(mine.getByText('支部将通知召开评定会议')).toBeVisible()
  const starts = Date.now() + 15 * second
  const meeting = await host.post<{ id: string }>('/meetings', { topic: '民主评议党员大会', type: 'appraisal', org_id: membership?.organisation.id, starts_at: new Date(starts).toISOString(), ends_at: new Date(starts + 5400 * second).toISOString(), place: '村部会议室', attendees: { whole_branch: true } })
  await host.post(`/meetings/${meeting.id}/launch`)
  await console.reload()
  await console.getByRole('button', { name: '选定 民主评议党员大会' }).click()
  await expect(console.getByRole('heading', { name: '现在：逐人组织评定' })).toBeVisible({ timeout: ratingMs })

  // 四名正式党员：优秀名额 1 人。
  await expect(console.getByText('优秀名额 1 人')).toBeVisible()
  await console.getByRole('button', { name: /^鉴定与本人见面/ }).click()
  await expect(console.getByText('还有党员待评定，全部党员评定完成后才能进行此操作！')).toBeVisible()
  await console.getByRole('button', { name: '知道了' }).click()
  for (let place = 0; place < raters; place += 1) {
    await console.getByRole('button', { name: /^评定 / }).first().click()
    const drawer = console.getByRole('dialog', { name: /^组织评定：/ })
    await drawer.getByLabel(place === 0 ? '优秀' : '合格', { exact: true }).check()
    await drawer.getByLabel('鉴定意见').fill('能够履行党员义务。')
    await drawer.getByRole('button', { name: '保存评定' }).click()
    await expect(console.getByRole('button', { name: /^修改 / })).toHaveCount(place + 1)
  }
  await console.screenshot({ path: test.info().outputPath('graded.png') })
  await console.getByRole('button', { name: '鉴定与本人见面' }).click()
  await expect(console.getByText('鉴定同本人见面后，将不能修改评定内容，是否确认？')).toBeVisible()
  await console.getByRole('button', { name: '确认' }).click()
  await expect(console.getByRole('heading', { name: '评议已结束，内容已锁定' })).toBeVisible()
  await expect(console.getByRole('button', { name: `查看 ${name}` })).toBeVisible()

  // The member reads the own result, and takes note.
  await expect(mine.getByText('能够履行党员义务。')).toBeVisible()
  await mine.getByRole('button', { name: '本人已阅' }).click()
  await expect(mine.getByText(/^✓ 您于 .* 已阅$/)).toBeVisible()
  await mine.screenshot({ path: test.info().outputPath('result.png'), fullPage: true })
  await expect(console.getByText(`1 / ${raters} 人已阅`)).toBeVisible()
})
