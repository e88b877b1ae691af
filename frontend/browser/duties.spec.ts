import type { Locator, Page } from '@playwright/test'
import { serverOfThisFile } from './support/demo-server'
import { Person } from './support/people'
import { desk, expect, phone, screen, test } from './support/windows'
import { accessible } from './support/accessible'

const server = serverOfThisFile()

/** The host's branch is entered as founded long ago: from then on it owes what it did not hold. */
async function grownUp(): Promise<{ id: string; name: string }> {
  const own = (await (await Person.staff(server(), 'host')).me()).membership?.organisation
  if (!own) throw new Error('the host is a member')
  const admin = await Person.staff(server(), 'admin')
  await admin.patch(`/organisations/${own.id}`, { founded_on: '2012-07-01' })
  const red = async (): Promise<number> => (await admin.get<{ items: unknown[] }>(`/duties?org=${own.id}&level=red`)).items.length
  await expect.poll(red, { message: 'the branch is warned' }).toBeGreaterThan(3)
  return own
}

async function lookAround(page: Page, name: string): Promise<void> {
  const before = page.viewportSize() ?? desk
  for (const size of [screen, desk, phone]) {
    await page.setViewportSize(size)
    await page.screenshot({ path: test.info().outputPath(`${name}-${size.width}.png`), animations: 'disabled' })
    expect(await page.evaluate(() => document.documentElement.scrollWidth), `${name} at ${size.width}`).toBeLessThanOrEqual(size.width)
  }
  await page.setViewportSize(before)
  await accessible(page)
}

const line = (page: Page, words: string | RegExp): Locator => page.getByRole('region', { name: '预警列表' }).getByRole('row').filter({ hasText: words })

test('a branch misses a duty; the superior nudges, the secretary answers on the phone, the superior sees it', async ({ open }) => {
  await grownUp()
  const { page } = await open(desk, await Person.staff(server(), 'supervisor'))
  await page.goto(`${server().base}/console`)
  await page.getByRole('link', { name: '组织生活督查' }).click()
  const row = line(page, /主题党日未召开/).first()
  await expect(row).toContainText('红色预警')
  await lookAround(page, 'warnings')
  await row.getByRole('button', { name: /^催办/ }).click()
  await page.getByLabel('说明（可以不写）').fill('请周五前补开主题党日')
  await page.getByRole('dialog').getByRole('button', { name: '催办', exact: true }).click()
  await expect(row).toContainText('待答复')

  const { page: own } = await open(phone, await Person.staff(server(), 'host'))
  await own.goto(`${server().base}/m/inbox`)
  await own.getByRole('button', { name: /收到催办/ }).click()
  const card = own.getByRole('article', { name: /请周五前补开主题党日/ })
  await expect(card).toContainText('前未答复将上报上一级')
  await expect(card).toContainText('主题党日未召开')
  await card.getByRole('button', { name: '答复' }).click()
  await own.getByLabel('答复内容').fill('周五下午补开')
  await own.getByRole('dialog').getByRole('button', { name: '答复', exact: true }).click()
  await expect(card).toContainText('周五下午补开')
  await lookAround(own, 'orders-phone')

  // Nobody touched the superior's page meanwhile.
  await expect(row).toContainText('已答复')
  await row.getByRole('button', { name: /^详情/ }).click()
  const drawer = page.getByRole('dialog').filter({ hasText: '看这个支部的召开日历' })
  await expect(drawer.getByText('周五下午补开')).toBeVisible()
  await drawer.getByRole('button', { name: '标记已处理' }).click()
  await page.getByRole('textbox', { name: '处理情况' }).fill('已答复，周五到场指导')
  await page.getByRole('button', { name: '标记为已处理' }).click()
  await expect(drawer.getByText('已答复，周五到场指导')).toBeVisible()
  await drawer.getByRole('button', { name: '办结' }).click()
  await page.getByRole('dialog', { name: '办结这条催办？' }).getByRole('button', { name: '办结' }).click()
  await expect(drawer.getByText('已办结')).toBeVisible()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: '已处理', exact: true }).click()
  await expect(line(page, /主题党日未召开/)).toContainText('督导员')

  await page.getByRole('link', { name: '召开日历' }).click()
  const grid = page.getByRole('grid')
  await expect(grid.getByRole('gridcell', { name: /党小组会 .*：不要求，未设党小组/ }).first()).toBeVisible()
  await expect(grid.getByRole('gridcell', { name: /主题党日 .*：未召开/ }).first()).toBeVisible()
  await lookAround(page, 'calendar')
})

test('an administrator names a cadre, who looks after the branch on the phone; a rule that is taken away ends its warnings', async ({ open }) => {
  const branch = await grownUp()
  const cadre = await Person.staff(server(), 'member', 3)
  const { name } = server().account('member', 3)
  const { page } = await open(desk, await Person.staff(server(), 'admin'))
  await page.goto(`${server().base}/console/organisations/${branch.id}`)
  const cadres = page.getByRole('region', { name: '联系支部的党员干部' })
  await cadres.getByRole('button', { name: '添加' }).click()
  const dialog = page.getByRole('dialog', { name: '添加联系支部的党员干部' })
  await dialog.getByLabel('党员姓名，或完整手机号码').fill(name)
  await dialog.getByRole('button', { name: '查找' }).click()
  // Of several of this name only one belongs to this branch.
  await dialog.getByRole('radio', { name: new RegExp(`${name}.*${branch.name}`) }).check()
  await dialog.getByRole('button', { name: '添加', exact: true }).click()
  await expect(cadres.getByRole('listitem')).toContainText(name)
  await lookAround(page, 'cadres')

  const { page: own } = await open(phone, cadre)
  await own.goto(`${server().base}/m/me`)
  await own.getByRole('link', { name: '联系支部' }).click()
  await own.getByRole('link', { name: /红色预警/ }).click()
  await expect(own.getByRole('article').first()).toBeVisible()
  await own.getByRole('button', { name: /下达指令$/ }).click()
  await own.getByLabel('指令内容').fill('请报送本季度党课安排')
  await own.getByRole('dialog').getByRole('button', { name: '下达指令' }).click()
  await own.getByRole('tab', { name: /指令与催办/ }).click()
  await expect(own.getByRole('article', { name: '指令：请报送本季度党课安排' })).toContainText('待答复')
  await lookAround(own, 'cadre-phone')

  await page.getByRole('link', { name: '组织生活督查' }).click()
  await page.getByRole('link', { name: '制度规则' }).click()
  await lookAround(page, 'rules')
  await page.getByRole('button', { name: '修改 支部评议' }).click()
  const drawer = page.getByRole('dialog', { name: '支部评议 · 制度规则' })
  await drawer.getByLabel('要求召开').uncheck()
  await drawer.getByRole('button', { name: '看看影响' }).click()
  await expect(drawer.getByText('不再要求召开支部评议')).toBeVisible()
  await drawer.getByRole('button', { name: '确认保存' }).click()
  await expect(page.getByRole('row').filter({ hasText: '支部评议' })).toContainText('内置（已修改）')
  await page.getByRole('link', { name: '未召开预警' }).click()
  await page.getByRole('combobox', { name: '召开' }).selectOption({ label: '不再要求' })
  await expect
    .poll(async () => {
      await page.getByRole('button', { name: /^刷新/ }).click()
      return line(page, '支部评议').count()
    })
    .toBeGreaterThan(0)
})

test('a leader looks at the county and down to a branch, on the phone and at the desk', async ({ open }) => {
  const branch = await grownUp()
  const admin = await Person.staff(server(), 'admin')
  const { page } = await open(phone, admin)
  await page.goto(`${server().base}/m/leader`)
  const own = page.locator('section.own')
  await expect(own).toContainText('党支部')
  await expect(own.getByText('今天')).toBeVisible()
  await expect(own).toContainText('群众诉求')
  await lookAround(page, 'leader')
  await page.getByRole('region', { name: '下级组织' }).getByRole('button').first().click()
  await page.getByRole('region', { name: '下级组织' }).getByRole('button', { name: /红色/ }).click()
  await expect(own).toContainText(branch.name.replace(/^中共/, ''))
  await own.getByRole('link', { name: '全部预警' }).click()
  await expect(page.getByRole('article').first()).toContainText('未召开')
})
