import type { Page } from '@playwright/test'
import type { Member } from '@/shared/api/members'
import { serverOfThisFile } from './support/demo-server'
import { Person } from './support/people'
import { desk, expect, phone, screen, test } from './support/windows'
import { workbook } from './support/workbook'
import { accessible } from './support/accessible'

const server = serverOfThisFile()
const head = ['姓名*', '性别', '手机号码', '账号', '所属党组织*', '党员类型*', '职务', '入党日期', '转正日期', '排序']
const branch = '中共柳河村党支部'
const other = '中共大湾村党支部'

const toolbar = (page: Page, name: string): ReturnType<Page['getByRole']> => page.getByRole('main').getByRole('button', { name, exact: true })
const row = (page: Page, name: string): ReturnType<Page['getByRole']> => page.getByRole('region', { name: '党员名册' }).getByRole('row').filter({ hasText: name })
const rowsOf = (page: Page): ReturnType<Page['getByRole']> => page.getByRole('region', { name: '党员名册' }).locator('tbody').getByRole('row')

async function openPage(page: Page): Promise<void> {
  await page.goto(`${server().base}/console/members`)
  await expect(rowsOf(page).nth(1).getByRole('rowheader')).toBeVisible()
}

async function findMembers(person: Person, name: string, status = 'active'): Promise<Member[]> {
  return (await person.get<{ items: Member[] }>(`/members?include_below=true&status=${status}&q=${encodeURIComponent(name)}`)).items
}

test('a secretary takes somebody in, changes what is written down, and takes the person off the roster', async ({ open }) => {
  const secretary = await Person.staff(server(), 'host')
  const { page } = await open(desk, secretary)
  await openPage(page)
  await accessible(page)
  await page.screenshot({ path: test.info().outputPath('members.png') })
  await toolbar(page, '新增党员').click()
  const drawer = page.getByRole('dialog')
  await expect(drawer.getByLabel('所属组织').getByRole('option', { selected: true })).toHaveText(branch)
  await drawer.getByLabel('姓名').fill('石小梅')
  await drawer.getByLabel('性别').selectOption('female')
  await drawer.getByLabel('手机号码').fill('138 0000 7777')
  await drawer.getByLabel('党员类型').selectOption('probationary')
  // Who is probationary has no day of becoming full.
  await expect(drawer.getByLabel('转正日期')).toHaveCount(0)
  await drawer.getByLabel('入党日期').fill('2026-07-01')
  await accessible(page)
  await page.screenshot({ path: test.info().outputPath('new.png') })
  await drawer.getByRole('button', { name: '保存' }).click()
  await expect(page.getByText('已新增党员石小梅')).toBeVisible()
  await expect(row(page, '石小梅')).toContainText('13800007777')
  await expect(row(page, '石小梅')).toContainText('预备党员')

  await page.getByRole('button', { name: '编辑石小梅' }).click()
  await drawer.getByLabel('党员类型').selectOption('full')
  await drawer.getByLabel('转正日期').fill('2026-11-01')
  await drawer.getByLabel('宣传委员').check()
  await page.screenshot({ path: test.info().outputPath('edit.png') })
  await drawer.getByRole('button', { name: '保存' }).click()
  await expect(row(page, '石小梅')).toContainText('正式党员')
  await expect(row(page, '石小梅')).toContainText('宣传委员')
  expect(await findMembers(secretary, '石小梅')).toMatchObject([{ standing: 'full', positions: ['publicity_commissioner'], joined_on: '2026-07-01', became_full_on: '2026-11-01' }])

  await page.getByRole('button', { name: '移出石小梅' }).click()
  const sheet = page.getByRole('dialog', { name: '把石小梅移出名册' })
  await sheet.getByRole('button', { name: '移出', exact: true }).click()
  await expect(sheet.getByText('请写明移出原因。')).toBeVisible()
  await sheet.getByRole('button', { name: '组织关系转往外地' }).click()
  await page.screenshot({ path: test.info().outputPath('remove.png') })
  await sheet.getByRole('button', { name: '移出', exact: true }).click()
  await expect(row(page, '石小梅')).toHaveCount(0)
  await page.getByLabel('状态').selectOption('history')
  await expect(row(page, '石小梅')).toContainText('组织关系转往外地')
  await expect(page.getByRole('button', { name: '编辑石小梅' })).toHaveCount(0)
})

test('what is wrong with a member is said beside its field, before and after the server looked at it', async ({ open }) => {
  const { page, tolerate } = await open(desk, await Person.staff(server(), 'host'))
  tolerate(/status of 422 .*\/members/)
  await openPage(page)
  await toolbar(page, '新增党员').click()
  const drawer = page.getByRole('dialog')
  await drawer.getByLabel('姓名').fill('123')
  await drawer.getByLabel('手机号码').fill('110')
  await drawer.getByLabel('党员类型').selectOption('probationary')
  await drawer.getByLabel('入党日期').fill('2099-01-01')
  await drawer.getByLabel('书记', { exact: true }).check()
  await drawer.getByRole('button', { name: '保存' }).click()
  for (const field of ['姓名', '手机号码', '入党日期']) await expect(drawer.getByLabel(field)).toHaveAttribute('aria-invalid', 'true')
  await expect(drawer.getByText('日期不能晚于今天')).toBeVisible()
  await expect(drawer.getByText('预备党员没有被选举权，不能担任职务')).toBeVisible()
  await page.screenshot({ path: test.info().outputPath('wrong.png') })
  await drawer.getByLabel('姓名').fill('石小梅')
  await drawer.getByLabel('手机号码').fill('')
  await drawer.getByLabel('书记', { exact: true }).uncheck()
  await drawer.getByLabel('入党日期').fill('2026-07-01')
  await drawer.getByRole('button', { name: '保存' }).click()
  await expect(drawer.getByText('请填写手机号码或账号')).toBeVisible()
  await drawer.getByLabel('手机号码').fill('')
  await drawer.getByLabel('账号').fill(server().account('member').account)
  await drawer.getByRole('button', { name: '保存' }).click()
  await expect(drawer.getByText('这个账号已登记为党员')).toBeVisible()
  await drawer.getByRole('button', { name: '取消' }).click()

  const { name } = server().account('host')
  await page.getByRole('button', { name: `编辑${name}` }).click()
  for (const day of ['入党日期', '转正日期']) await drawer.getByLabel(day).fill('')
  await drawer.getByLabel('性别').selectOption({ label: '未填' })
  await drawer.getByRole('button', { name: '保存' }).click()
  await expect(drawer).toHaveCount(0)
  const [emptied] = await findMembers(await Person.staff(server(), 'admin'), name)
  expect(emptied).toMatchObject({ joined_on: null, became_full_on: null, gender: null })
})

test('a member moves to another branch and leaves the position behind; filters and pages find people', async ({ open }) => {
  const admin = await Person.staff(server(), 'admin')
  const { page } = await open(desk, admin)
  await openPage(page)
  const { total } = await admin.get<{ total: number }>('/members')
  await expect(page.getByRole('navigation', { name: '分页' })).toContainText(`共 ${total} 名，第 1 / 2 页`)
  await expect(rowsOf(page)).toHaveCount(50)
  await page.getByRole('button', { name: '下一页' }).click()
  await expect(rowsOf(page)).toHaveCount(total - 50)

  await page.getByLabel('职务').selectOption('organisation_commissioner')
  await expect(rowsOf(page).first()).toContainText('组织委员')
  await page.getByLabel('搜索组织').fill(branch)
  await page.getByRole('treeitem', { name: branch }).click()
  await expect(rowsOf(page)).toHaveCount(1)
  const name = (await rowsOf(page).getByRole('rowheader').textContent()) ?? ''
  const [before] = (await findMembers(admin, name)).filter((member) => member.organisation.name === branch)
  await page.getByRole('button', { name: `转移${name}` }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByLabel('转到').getByRole('option', { name: branch })).toBeDisabled()
  await dialog.getByLabel('转到').selectOption({ label: `　　${other}` })
  await page.screenshot({ path: test.info().outputPath('move.png') })
  await dialog.getByRole('button', { name: '转移' }).click()
  await expect(page.getByText(`${name}已转到“${other}”`)).toBeVisible()
  await expect(page.getByText('没有符合条件的党员')).toBeVisible()
  expect(await admin.get<Member>(`/members/${before?.id ?? ''}`)).toMatchObject({ organisation: { name: other }, positions: [] })

  await page.getByRole('button', { name: '重置' }).click()
  await page.getByLabel('姓名，或完整手机号码').fill('没有这个人')
  await page.keyboard.press('Enter')
  await expect(page.getByText('没有符合条件的党员')).toBeVisible()
})

test('a sheet with wrong cells takes nobody in and names each of them; corrected, everybody comes in', async ({ open }) => {
  const secretary = await Person.staff(server(), 'host')
  const { page } = await open(desk, secretary)
  const count = async (): Promise<number> => (await secretary.get<{ total: number }>('/members')).total
  const before = await count()
  await openPage(page)
  await toolbar(page, '导入').click()
  const dialog = page.getByRole('dialog', { name: '导入党员' })
  const good = ['石大山', '男', '13800008881', '', branch, '正式党员', '', '2019-07-01', '2020-07-01', '']
  const wrong = [
    ['石二山', '男', '110', '', branch, '积极分子', '村长', '昨天', '', ''],
    // Another branch's secretary has to do this.
    ['石三山', '', '13800008883', '', other, '正式党员', '', '', '', ''],
    ['石四山', '', '13800008881', '', branch, '正式党员', '', '', '', ''],
  ]
  await dialog.getByLabel('选择填好的文件').setInputFiles(workbook([head, good, ...wrong]))
  await dialog.getByRole('button', { name: '开始导入' }).click()
  await expect(dialog.getByText(/^没有导入任何一行：3 行里有 \d+ 处需要修改/)).toBeVisible()
  const rows = dialog.getByRole('row')
  for (const column of ['手机号码', '党员类型', '职务', '入党日期']) await expect(rows.filter({ hasText: '第 3 行' }).filter({ has: page.getByRole('cell', { name: column, exact: true }) })).toHaveCount(1)
  await expect(rows.filter({ hasText: '第 4 行' })).toContainText('所属党组织')
  await expect(rows.filter({ hasText: '第 5 行' })).toContainText('与第 2 行是同一个账号')
  await page.screenshot({ path: test.info().outputPath('wrong-cells.png') })
  expect(await count()).toBe(before)

  await dialog.getByLabel('选择填好的文件').setInputFiles(workbook([head, good, ['石二山', '男', '13800008882', '', branch, '预备党员', '', '2026-07-01', '', '']]))
  await dialog.getByRole('button', { name: '开始导入' }).click()
  await expect(page.getByText('已导入 2 名党员')).toBeVisible()
  expect(await count()).toBe(before + 2)
  await expect(row(page, '石大山')).toBeVisible()

  await page.getByLabel('类型').selectOption('probationary')
  await expect(row(page, '石大山')).toHaveCount(0)
  await toolbar(page, '导出').click()
  const leaving = page.getByRole('dialog', { name: '导出党员' })
  await leaving.getByLabel('导出完整手机号码').check()
  await page.screenshot({ path: test.info().outputPath('export.png') })
  const download = page.waitForEvent('download')
  await leaving.getByRole('link', { name: '导出' }).click()
  const address = new URL((await download).url())
  expect(Object.fromEntries(address.searchParams)).toMatchObject({ standing: 'probationary', include_below: 'true', unmasked: 'true', status: 'active' })
  expect(await (await download).failure()).toBeNull()
})

test('a supervisor sees masked numbers and changes nothing; who has no right is told so', async ({ open }) => {
  const { page } = await open(desk, await Person.staff(server(), 'supervisor'))
  await openPage(page)
  await expect(rowsOf(page).first()).toContainText(/1\d\d\*{4}\d{4}/)
  await expect(page.getByRole('main').getByText(/\b1\d{10}\b/)).toHaveCount(0)
  for (const word of ['新增党员', '导入']) await expect(toolbar(page, word)).toHaveCount(0)
  await expect(page.getByRole('button', { name: /^(编辑|转移|移出)/ })).toHaveCount(0)
  await toolbar(page, '导出').click()
  await expect(page.getByRole('dialog').getByLabel('导出完整手机号码')).toHaveCount(0)

  const { page: leader } = await open(desk, await Person.staff(server(), 'leader_l3'))
  await leader.goto(`${server().base}/console/members`)
  await expect(leader.getByText('您没有这项权限')).toBeVisible()
  await expect(leader.getByRole('navigation', { name: '主菜单' }).getByText('党员')).toHaveCount(0)
})

test('a roster that cannot be reached says so, and opens again at a click', async ({ open }) => {
  const { page, context, tolerate } = await open(desk, await Person.staff(server(), 'admin'))
  tolerate(/ERR_INTERNET_DISCONNECTED|WebSocket/)
  await openPage(page)
  await context.setOffline(true)
  await page.getByLabel('状态').selectOption('history')
  await expect(page.getByRole('alert')).toContainText('网络不通')
  await context.setOffline(false)
  await page.getByRole('button', { name: '重试' }).click()
  await expect(page.getByRole('alert')).toHaveCount(0)
  await expect(page.getByRole('region', { name: '党员名册' })).toBeVisible()
})

for (const [name, size] of [['wide', screen], ['phone', phone]] as const) {
  test(`${name}: nothing lies beyond the edge of the page`, async ({ open }) => {
    const { page } = await open(size, await Person.staff(server(), 'admin'))
    await openPage(page)
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0)
    await page.screenshot({ path: test.info().outputPath('members.png') })
    await page.getByRole('button', { name: /^编辑/ }).first().click()
    await expect(page.getByRole('dialog')).toBeVisible()
    await page.screenshot({ path: test.info().outputPath('edit.png') })
  })
}
