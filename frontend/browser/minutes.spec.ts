import { readFileSync } from 'node:fs'
import type { Page } from '@playwright/test'
import { serverOfThisFile } from './support/demo-server'
import { Person } from './support/people'
import { portrait } from './support/portrait'
import { desk, expect, phone, test } from './support/windows'

/** What follows a meeting as it is lived through: a desk, a second writer, a member's phone, the three files. */

const server = serverOfThisFile()
const minute = 60_000
const came = 6

/** A short meeting of the host's branch with a vote; it has just ended. */
async function held(host: Person, members: readonly Person[]): Promise<string> {
  const { membership } = await host.me()
  const at = (minutes: number): string => new Date(Date.now() + minutes * minute).toISOString()
  const { id } = await host.post<{ id: string }>('/meetings', {
    topic: '第四季度党员大会：部署冬季防火',
    type: 'general_meeting',
    org_id: membership?.organisation.id,
    starts_at: at(5),
    ends_at: at(100),
    place: '村部会议室',
    attendees: { whole_branch: true },
    agenda: [{ title: '支部工作报告', minutes: 20, presenter: '周立新' }, { title: '讨论冬季防火分工', minutes: 30 }],
  })
  const path = `/meetings/${id}`
  await host.post(`${path}/launch`)
  await host.post(`${path}/start`)
  for (const member of members) await host.post(`${path}/sign-in/manual`, { member_id: (await member.me()).membership?.member_id, reason: '手机没电' })
  await host.post(`${path}/agenda`, { index: 0 })
  await host.post(`${path}/agenda`, { index: 1 })
  const vote = await host.post<{ id: string }>(`${path}/votes`, { title: '通过冬季防火分工方案', method: 'yes_no_abstain', secrecy: 'open', quorum: null, majority: { base: 'present', numerator: 1, denominator: 2, more_than: true }, show: 'after_close' })
  await host.post(`${path}/votes/${vote.id}/open`)
  for (const [place, member] of members.entries()) await member.post(`${path}/votes/${vote.id}/ballots`, { round: 1, choices: [place === 0 ? 'no' : 'yes'] })
  await host.post(`${path}/votes/${vote.id}/close`, { publish: true })
  await host.post(`${path}/end`)
  return id
}

const written = (page: Page) => page.locator('.bar .state')

async function file(page: Page, button: string): Promise<{ name: string; head: string; size: number }> {
  const started = page.waitForEvent('download')
  await page.getByRole('button', { name: button }).click()
  const download = await started
  const content = readFileSync(await download.path())
  return { name: download.suggestedFilename(), head: content.subarray(0, 4).toString('latin1'), size: content.length }
}

test('minutes are written, illustrated, signed, read, rated and taken home', async ({ open }) => {
  test.slow()
  const host = await Person.staff(server(), 'host')
  const members = await Promise.all(Array.from({ length: came }, (_, index) => Person.staff(server(), 'member', index)))
  const id = await held(host, members)
  const reader = members[2] as Person

  // The member's phone: not signed yet, and pictures will come.
  const { page: hand, tolerate } = await open(phone, reader)
  // What is not signed yet is refused, and browsers log every refusal.
  tolerate(/status of 403 .*\/minutes$/)
  await hand.goto(`${server().base}/m/meetings/${id}`)
  const after = hand.getByRole('region', { name: '会后' })
  await expect(after).toContainText('未上传')
  await after.getByRole('link', { name: /会议记录/ }).click()
  await expect(hand.getByText('会议纪要还没有签发')).toBeVisible()

  // The desk finds the facts drafted, by way of the list.
  const { page } = await open(desk, host)
  await page.goto(`${server().base}/console/meetings`)
  await page.getByRole('row', { name: /部署冬季防火/ }).getByRole('link', { name: '纪要未上传，打开会议记录' }).click()
  const facts = page.getByRole('region', { name: /自动记录/ })
  await expect(facts).toContainText(`实到 ${came} 人`)
  await expect(facts).toContainText('通过冬季防火分工方案')
  await expect(facts).toContainText('赞成 5 票')
  await expect(facts.getByRole('row', { name: new RegExp((await reader.me()).name) })).toContainText('准时')
  await page.getByLabel('会议内容').fill('听取支部工作报告，讨论冬季防火分工。')
  await page.getByLabel(/^2．讨论冬季防火分工/).fill('三组守北坡，四组守水库边。')

  // The secretary saves from another place: nothing that is being typed is touched.
  await host.put(`/meetings/${id}/minutes`, { version: 0, decisions: '十一月底前备齐工具。' })
  await expect(page.getByText('有新版本：')).toBeVisible()
  await expect(page.getByLabel('会议内容')).toHaveValue('听取支部工作报告，讨论冬季防火分工。')
  await page.getByRole('button', { name: '对比' }).click()
  await page.screenshot({ path: test.info().outputPath('compare.png') })
  await page.getByRole('button', { name: '合并，继续写' }).click()
  await page.getByRole('button', { name: '保存', exact: true }).click()
  await expect(written(page)).toContainText('已保存')
  await expect(page.getByLabel('决议事项')).toHaveValue('十一月底前备齐工具。')

  // A picture of the hall; the phone that looks at the gallery sees it come.
  await hand.goto(`${server().base}/m/meetings/${id}/media`)
  await expect(hand.getByText('还没有图片和视频')).toBeVisible()
  await page.getByRole('tab', { name: '影像' }).click()
  await page.getByLabel('选择图片或视频').setInputFiles({ name: '会场.png', mimeType: 'image/png', buffer: portrait(2) })
  await page.getByLabel('会场.jpg 的说明').fill('会场全景')
  await page.getByRole('button', { name: '加入会议影像（1）' }).click()
  await expect(hand.getByRole('button', { name: '查看图片：会场全景' })).toBeVisible()
  await expect.poll(() => hand.locator('.tile img').evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0)

  // Signed, while the phone waits for it.
  await hand.goto(`${server().base}/m/meetings/${id}/minutes`)
  await expect(hand.getByText('会议纪要还没有签发')).toBeVisible()
  await page.getByRole('tab', { name: '正文' }).click()
  await page.getByRole('button', { name: '签发', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: '签发' }).click()
  await expect(page.getByText('纪要已签发', { exact: true })).toBeVisible()
  await expect(hand.getByText('三组守北坡，四组守水库边。')).toBeVisible()
  await expect(hand.getByText('十一月底前备齐工具。')).toBeVisible()
  await page.screenshot({ path: test.info().outputPath('signed.png') })
  await hand.screenshot({ path: test.info().outputPath('phone.png'), fullPage: true })

  // Rated by one: the desk learns that somebody did, not what.
  await hand.goto(`${server().base}/m/meetings/${id}`)
  await hand.getByRole('radio', { name: /4 星/ }).check({ force: true })
  await hand.getByLabel('想说的话').fill('分工清楚')
  await hand.getByRole('button', { name: '提交评价' }).click()
  await expect(hand.getByRole('heading', { name: '我的评价' })).toBeVisible()
  await hand.reload()
  await expect(hand.getByText('分工清楚')).toBeVisible()
  await page.getByRole('tab', { name: '评价' }).click()
  await expect(page.getByText('已有 1 人评价')).toBeVisible()
  for (const [place, member] of members.entries()) if (place !== 2) await member.post(`/meetings/${id}/rating`, { stars: 5 })
  await page.getByRole('button', { name: '看有没有新的' }).click()
  await expect(page.getByRole('tabpanel')).toContainText('4.8')

  // The three files, by their first bytes: two archives and a PDF.
  const docx = await file(page, '下载 Word 文件')
  expect(docx).toMatchObject({ name: '第四季度党员大会：部署冬季防火-会议纪要.docx', head: 'PK\x03\x04' })
  const xlsx = await file(page, '下载 Excel 文件')
  expect(xlsx.head).toBe('PK\x03\x04')
  const pdf = await file(page, '下载 PDF 文件')
  expect(pdf.head).toBe('%PDF')
  for (const { size } of [docx, xlsx, pdf]) expect(size).toBeGreaterThan(2_000)

  // Taken back with a reason: the member reads them no longer, the desk goes on writing.
  await hand.goto(`${server().base}/m/meetings/${id}/minutes`)
  await expect(hand.getByText('三组守北坡，四组守水库边。')).toBeVisible()
  await page.getByRole('button', { name: '退回修改' }).click()
  const sheet = page.getByRole('dialog', { name: '退回修改' })
  await sheet.getByLabel('退回原因').fill('漏了责任人')
  await sheet.getByRole('button', { name: '退回修改' }).click()
  await expect(hand.getByText('会议纪要还没有签发')).toBeVisible()
  await page.getByRole('tab', { name: '正文' }).click()
  await expect(page.getByLabel('决议事项')).toHaveValue('十一月底前备齐工具。')
})
