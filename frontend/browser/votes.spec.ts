import type { Page } from '@playwright/test'
import { names } from './support/meeting-wall'
import { serverOfThisFile } from './support/demo-server'
import { Person } from './support/people'
import { expect, phone, screen, test, type OpenWindow } from './support/windows'

/** A secret vote as it is lived through: a wall, a host's phone, three phones that vote and many voters beside them. */

const server = serverOfThisFile()
const minute = 60_000
const voters = 9

interface Code {
  url: string
}

/** A meeting of the host's branch that runs. */
async function running(host: Person): Promise<string> {
  const { membership } = await host.me()
  const at = (minutes: number): string => new Date(Date.now() + minutes * minute).toISOString()
  const { id } = await host.post<{ id: string }>('/meetings', {
    topic: '第四季度党员大会：接收预备党员',
    type: 'general_meeting',
    org_id: membership?.organisation.id,
    starts_at: at(5),
    ends_at: at(100),
    place: '村部会议室',
    attendees: { whole_branch: true },
    agenda: [{ title: '表决接收预备党员', minutes: 20 }],
  })
  await host.post(`/meetings/${id}/launch`, {})
  await host.post(`/meetings/${id}/start`, {})
  return id
}

async function arrived(open: OpenWindow, host: Person, id: string, index: number): Promise<Page> {
  const { page } = await open(phone, await Person.staff(server(), 'member', index))
  await page.goto((await host.get<Code>(`/meetings/${id}/sign-in/code`)).url)
  await expect(page.getByRole('heading', { name: '已签到' })).toBeVisible()
  await page.goto(`${server().base}/m/meetings/${id}`)
  return page
}

/** Votes and answers the receipt. */
async function vote(page: Page, answer: string): Promise<string> {
  await page.getByRole('radio', { name: answer }).check()
  await page.getByRole('button', { name: '投票', exact: true }).click()
  await page.getByRole('button', { name: '确认投票' }).click()
  const card = page.getByRole('region', { name: /^表决：/ })
  await expect(card).toContainText('已投票')
  return /([0-9A-Z]{4} ){3}[0-9A-Z]{4}/.exec(await card.innerText())?.[0] ?? ''
}

test('a secret vote opens, is cast, closes and is published before everybody', async ({ open }) => {
  test.slow()
  const host = await Person.staff(server(), 'host')
  const id = await running(host)
  const { page: wall } = await open(screen, host)
  await wall.goto(`${server().base}/screen/meeting/${id}`)
  const first = await arrived(open, host, id, 0)
  const phones = [first, await arrived(open, host, id, 1), await arrived(open, host, id, 2)]
  const card = first.getByRole('region', { name: /^表决：/ })
  const others = await Promise.all(Array.from({ length: voters - phones.length }, (_, place) => Person.staff(server(), 'member', place + phones.length)))
  for (const other of others) {
    const { membership } = await other.me()
    await host.post(`/meetings/${id}/sign-in/manual`, { member_id: membership?.member_id, reason: '手机没电' })
  }
  await expect(names(wall, voters)).toBeVisible()

  // The host asks for it at the desk, as the rules for taking somebody in want it, and opens it.
  const { page: desk } = await open(phone, host)
  await desk.goto(`${server().base}/m/meetings/${id}/host`)
  await desk.getByRole('button', { name: '新建表决' }).click()
  const form = desk.getByRole('dialog', { name: '新建表决' })
  await form.getByText('自定义').click()
  await form.getByLabel('表决什么').fill('同意接收林晓梅同志为中共预备党员')
  await form.getByText('无记名', { exact: true }).click()
  await form.getByLabel(/^到会要求/).selectOption('不要求')
  await desk.screenshot({ path: test.info().outputPath('desk-form.png'), fullPage: true })
  await form.getByRole('button', { name: '保存' }).click()
  await desk.getByRole('button', { name: '开始表决' }).click()
  await desk.getByRole('dialog').getByRole('button', { name: '开始表决' }).click()

  // Everybody sees it at once, and what is filled in stays while others vote.
  await expect(card).toContainText('同意接收林晓梅同志为中共预备党员')
  await expect(wall.getByText('无记名').first()).toBeVisible()
  await first.getByRole('radio', { name: '反对' }).check()
  const { items } = await host.get<{ items: { id: string }[] }>(`/meetings/${id}/votes`)
  const voteId = items[0]?.id ?? ''
  for (const [place, other] of others.entries()) {
    await other.post(`/meetings/${id}/votes/${voteId}/ballots`, { round: 1, choices: ['yes'], receipt: `ABCD${String(place).padStart(12, '0')}` })
  }
  await expect(wall.getByText(String(others.length), { exact: true }).first()).toBeVisible()
  await expect(first.getByRole('radio', { name: '反对' })).toBeChecked()
  await wall.screenshot({ path: test.info().outputPath('wall-open.png') })
  await first.screenshot({ path: test.info().outputPath('phone-filling.png') })
  const receipts: string[] = []
  for (const [place, page] of phones.entries()) receipts.push(await vote(page, place === 0 ? '反对' : '赞成'))
  expect(new Set(receipts).size).toBe(phones.length)
  await first.screenshot({ path: test.info().outputPath('phone-voted.png') })
  // F5: still voted, the receipt still there.
  await first.reload()
  await expect(card).toContainText(receipts[0] ?? '-')

  await desk.getByRole('button', { name: '截止', exact: true }).click()
  await desk.getByRole('button', { name: '截止并公布' }).click()
  for (const page of phones) await expect(page.getByRole('region', { name: /^表决：/ })).toContainText('8 票')
  await expect(wall.locator('.stamp').last()).toContainText('未通过')
  await wall.screenshot({ path: test.info().outputPath('wall-result.png') })
  await first.screenshot({ path: test.info().outputPath('phone-result.png'), fullPage: true })
  await first.getByRole('button', { name: '核对回执' }).click()
  await expect(card).toContainText('已计入')
  await desk.screenshot({ path: test.info().outputPath('desk-result.png'), fullPage: true })
  // A minute later the wall shows the names again.
  await expect(wall.locator('.stamp')).toHaveCount(0, { timeout: 75_000 })
  await expect(names(wall, voters)).toBeVisible()
})
