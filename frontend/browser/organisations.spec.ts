import type { Page } from '@playwright/test'
import { readFileSync } from 'node:fs'
import { serverOfThisFile } from './support/demo-server'
import { Person } from './support/people'
import { desk, expect, phone, screen, test } from './support/windows'
import { workbook } from './support/workbook'
import { accessible } from './support/accessible'

const server = serverOfThisFile()
const head = ['上级党组织*', '全称*', '简称', '类别*', '排序', '状态', '撤销日期']
const town = '中共云溪镇党委'
const branch = '中共柳河村党支部'

const tree = (page: Page): ReturnType<Page['getByRole']> => page.getByRole('tree', { name: '组织' })
const toolbar = (page: Page, name: string): ReturnType<Page['getByRole']> => page.getByRole('main').getByRole('button', { name, exact: true })

async function openPage(page: Page): Promise<void> {
  await page.goto(`${server().base}/console/organisations`)
  await expect(tree(page).getByRole('treeitem').nth(1)).toBeVisible()
}

/** Searches the tree and opens what is found. */
async function choose(page: Page, name: string): Promise<void> {
  await page.getByLabel('搜索组织').fill(name)
  await tree(page).getByRole('treeitem', { name }).first().click()
  await page.getByLabel('搜索组织').fill('')
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible()
}

test('an administrator makes an organisation, changes it, moves it, disables it and deletes it', async ({ open }) => {
  const { page } = await open(desk, await Person.staff(server(), 'admin'))
  await openPage(page)
  await expect(tree(page).getByTitle(/^党员 \d{2} 人（本级 \d+ 人），下级组织 4 个$/)).toHaveText(/^\d{2}$/)
  await expect(page.getByText(/^提醒：党委一般有党员/)).toBeVisible()
  await accessible(page)
  await page.screenshot({ path: test.info().outputPath('organisations.png') })

  await choose(page, town)
  await toolbar(page, '新建下级组织').click()
  const drawer = page.getByRole('dialog')
  // A party committee takes everything but a group.
  await expect(drawer.getByLabel('类别').getByRole('option')).toHaveText(['党委', '党总支', '党支部', '联合党支部', '临时党支部'])
  await drawer.getByLabel('全称').fill('中共石桥村党支部')
  await drawer.getByLabel('类别').selectOption('branch')
  await page.screenshot({ path: test.info().outputPath('new.png') })
  await drawer.getByRole('button', { name: '保存' }).click()
  await expect(page.getByRole('heading', { level: 1, name: '中共石桥村党支部' })).toBeVisible()
  await expect(tree(page).getByRole('treeitem', { name: '中共石桥村党支部' })).toHaveAttribute('aria-selected', 'true')
  await expect(page.getByText('提醒：党支部正式党员应有 3 名以上，现有 0 名')).toBeVisible()

  await toolbar(page, '编辑').click()
  await drawer.getByLabel('简称').fill('石桥支部')
  await drawer.getByLabel('上级组织').selectOption({ label: '中共青岚县党委' })
  await page.screenshot({ path: test.info().outputPath('edit.png') })
  await drawer.getByRole('button', { name: '保存' }).click()
  await expect(drawer).toBeHidden()
  await expect(page.getByRole('definition').filter({ hasText: '石桥支部' })).toBeVisible()
  await expect(page.getByRole('definition').filter({ hasText: '中共青岚县党委' })).toHaveText('中共青岚县党委')

  await toolbar(page, '停用').click()
  await drawer.getByRole('button', { name: '停用', exact: true }).click()
  await expect(page.getByText('已停用', { exact: true })).toBeVisible()
  await toolbar(page, '恢复使用').click()
  await drawer.getByRole('button', { name: '恢复使用', exact: true }).click()
  await expect(page.getByText('已停用', { exact: true })).toBeHidden()

  await toolbar(page, '删除').click()
  await drawer.getByRole('button', { name: '删除', exact: true }).click()
  await expect(page.getByText('“中共石桥村党支部”已删除')).toBeVisible()
  await expect(page.getByRole('heading', { level: 1, name: '中共青岚县党委' })).toBeVisible()
  await expect(tree(page).getByRole('treeitem', { name: '中共石桥村党支部' })).toHaveCount(0)
})

test('what cannot be is said beside its field, and what stands in the way of deleting is said plainly', async ({ open }) => {
  const { page, tolerate } = await open(desk, await Person.staff(server(), 'admin'))
  tolerate(/status of (422|409) .*\/organisations/)
  await openPage(page)
  await choose(page, town)
  await toolbar(page, '新建下级组织').click()
  const drawer = page.getByRole('dialog')
  await drawer.getByLabel('类别').selectOption('temporary_branch')
  await drawer.getByRole('button', { name: '保存' }).click()
  await expect(drawer.getByLabel('全称')).toHaveAttribute('aria-invalid', 'true')
  await expect(drawer.getByText('临时党支部须填写撤销日期')).toBeVisible()
  await page.screenshot({ path: test.info().outputPath('wrong.png') })
  await drawer.getByLabel('类别').selectOption('branch')
  await drawer.getByLabel('全称').fill(branch)
  await drawer.getByRole('button', { name: '保存' }).click()
  await expect(drawer.getByText('同级已有同名组织')).toBeVisible()
  await drawer.getByLabel('排序').fill('前面')
  await drawer.getByRole('button', { name: '保存' }).click()
  await expect(drawer.getByText('排序请填写整数')).toBeVisible()
  await drawer.getByRole('button', { name: '取消' }).click()

  await toolbar(page, '删除').click()
  await expect(drawer.getByText(/^还有 3 个下级组织/)).toBeVisible()
  await expect(drawer.getByText(/^还有 \d+ 名党员/)).toBeVisible()
  await expect(drawer.getByRole('button', { name: '删除', exact: true })).toHaveCount(0)
  await page.screenshot({ path: test.info().outputPath('delete.png') })
  await drawer.getByRole('button', { name: '知道了' }).click()
  await choose(page, branch)
  await toolbar(page, '编辑').click()
  // Below itself or a branch it cannot go; a township's committee it can.
  await expect(drawer.getByLabel('上级组织').getByRole('option', { name: branch })).toBeDisabled()
  await expect(drawer.getByLabel('上级组织').getByRole('option', { name: '中共青岚县党委' })).toBeEnabled()
})

test('somebody becomes an administrator of a branch, finds the pages of it, and is taken off again', async ({ open }) => {
  const admin = await Person.staff(server(), 'admin')
  const { page } = await open(desk, admin)
  await openPage(page)
  await choose(page, branch)
  const roles = page.getByRole('region', { name: '管理员和督导员' })
  await expect(roles.getByText('还没有专门的管理员和督导员')).toBeVisible()
  await roles.getByRole('button', { name: '添加' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('党员姓名，或完整手机号码').fill('不存在的人')
  await page.keyboard.press('Enter')
  await expect(dialog.getByText('没有找到这名党员')).toBeVisible()
  const { name } = server().account('member')
  await dialog.getByLabel('党员姓名，或完整手机号码').fill(name)
  await page.keyboard.press('Enter')
  await dialog.getByRole('group', { name: '选择一人' }).getByText(branch).first().click()
  await page.screenshot({ path: test.info().outputPath('role.png') })
  await dialog.getByRole('button', { name: '添加' }).click()
  await expect(roles.getByRole('listitem')).toContainText([name])

  const member = await Person.staff(server(), 'member')
  expect((await member.me()).organisation_roles).toMatchObject([{ role: 'administrator' }])
  const { page: theirs } = await open(desk, member)
  await theirs.goto(`${server().base}/console/organisations`)
  await expect(theirs.getByRole('heading', { level: 1, name: branch })).toBeVisible()
  await expect(toolbar(theirs, '编辑')).toBeVisible()

  await roles.getByRole('button', { name: `撤销${name}的管理员` }).click()
  await dialog.getByRole('button', { name: '撤销管理员' }).click()
  await expect(roles.getByText('还没有专门的管理员和督导员')).toBeVisible()
  expect((await member.me()).organisation_roles).toEqual([])
})

test('a sheet with wrong cells changes nothing and names each of them; corrected, all of it comes in', async ({ open }) => {
  const admin = await Person.staff(server(), 'admin')
  const { page, tolerate } = await open(desk, admin)
  const count = async (): Promise<number> => (await admin.get<{ total: number }>('/organisations')).total
  const before = await count()
  await openPage(page)
  await toolbar(page, '导入').click()
  const dialog = page.getByRole('dialog', { name: '导入组织' })
  const template = page.waitForEvent('download')
  await dialog.getByRole('link', { name: '下载模板' }).click()
  expect((await template).suggestedFilename()).toMatch(/\.xlsx$/)

  const start = dialog.getByRole('button', { name: '开始导入' })
  await expect(start).toBeDisabled()
  await dialog.getByLabel('选择填好的文件').setInputFiles(workbook([head, [town, '中共龙泉村党支部', '', '党支部'], [town, '', '', '支部'], ['中共没有镇党委', '中共某村党支部', '', '党支部']]))
  await start.click()
  await expect(dialog.getByText('没有导入任何一行：2 行里有 3 处需要修改。')).toBeVisible()
  const rows = dialog.getByRole('row')
  await expect(rows).toHaveCount(4)
  await expect(rows.filter({ hasText: '第 3 行' })).toHaveCount(2)
  await expect(rows.filter({ hasText: '第 4 行' })).toContainText('上级党组织')
  await accessible(page)
  await page.screenshot({ path: test.info().outputPath('wrong-cells.png') })
  expect(await count()).toBe(before)

  tolerate(/status of 415 .*\/import$/)
  await dialog.getByLabel('选择填好的文件').setInputFiles({ name: '照片.xlsx', mimeType: 'image/png', buffer: Buffer.from('no workbook') })
  await start.click()
  await expect(dialog.getByRole('alert')).toContainText('请上传 .xlsx 格式的 Excel 文件')

  // The second row stands below the first one of the same sheet.
  await dialog.getByLabel('选择填好的文件').setInputFiles(workbook([head, [town, '中共龙泉村党支部', '', '党支部'], ['中共龙泉村党支部', '第一党小组', '', '党小组']]))
  await start.click()
  await expect(page.getByText('已导入 2 个组织')).toBeVisible()
  await expect(dialog).toBeHidden()
  expect(await count()).toBe(before + 2)
  await choose(page, '第一党小组')
  await expect(toolbar(page, '新建下级组织')).toBeDisabled()

  await choose(page, town)
  await toolbar(page, '导出').click()
  await page.getByRole('dialog').getByLabel('排序').uncheck()
  const download = page.waitForEvent('download')
  await page.getByRole('dialog').getByRole('link', { name: '导出' }).click()
  const file = await download
  expect(file.url()).toContain('columns=parent%2Cname%2Cshort_name%2Ckind%2Cleaders%2Cstatus%2Cends_on')
  expect(readFileSync(await file.path()).subarray(0, 2).toString()).toBe('PK')
})

test('a secretary and a supervisor see what is theirs and change nothing; who has no right is told so', async ({ open }) => {
  const { page: secretary } = await open(desk, await Person.staff(server(), 'host'))
  await secretary.goto(`${server().base}/console`)
  // The meetings are a secretary's daily work, so there it begins.
  await expect(secretary).toHaveURL(/\/console\/meetings$/)
  await expect(secretary.getByRole('navigation', { name: '主菜单' }).getByRole('link')).toHaveText(['领导视图', '会议', '组织生活会', '民主评议', '会议督导', '组织生活督查', '到会统计', '会议类型', '组织机构', '党员', '大屏管理'])
  await secretary.getByRole('link', { name: '组织机构' }).click()
  await expect(secretary.getByRole('heading', { level: 1, name: branch })).toBeVisible()
  for (const word of ['新建下级组织', '编辑', '删除', '导入']) await expect(toolbar(secretary, word)).toHaveCount(0)
  await expect(toolbar(secretary, '导出')).toBeVisible()
  await secretary.screenshot({ path: test.info().outputPath('secretary.png') })

  const { page: supervisor } = await open(desk, await Person.staff(server(), 'supervisor'))
  await openPage(supervisor)
  await expect(supervisor.getByRole('region', { name: '管理员和督导员' }).getByRole('listitem')).toHaveCount(1)
  await expect(toolbar(supervisor, '编辑')).toHaveCount(0)
  await expect(supervisor.getByRole('button', { name: /^撤销/ })).toHaveCount(0)

  const { page: worker } = await open(desk, await Person.staff(server(), 'leader_l1'))
  await worker.goto(`${server().base}/console/organisations`)
  await expect(worker.getByText('您没有这项权限')).toBeVisible()
  await expect(worker.getByRole('navigation', { name: '主菜单' }).getByText('组织机构')).toHaveCount(0)

  const { page: member } = await open(desk, await Person.staff(server(), 'member'))
  await member.goto(`${server().base}/console/organisations`)
  await expect(member.getByText(/没有管理端的权限/)).toBeVisible()
})

test('an organisation that is gone and a server that cannot be reached are told apart', async ({ open }) => {
  const { page, context, tolerate } = await open(desk, await Person.staff(server(), 'admin'))
  tolerate(/status of 404 |ERR_INTERNET_DISCONNECTED|WebSocket/)
  await page.goto(`${server().base}/console/organisations/01a1dac3-0000-7000-8000-000000000000`)
  await expect(page.getByRole('alert')).toContainText('没有找到这个组织')
  await openPage(page)
  await context.setOffline(true)
  await tree(page).getByRole('treeitem', { name: town }).click()
  await expect(page.getByRole('alert')).toContainText('网络不通')
  await context.setOffline(false)
  await page.getByRole('button', { name: '重试' }).first().click()
  await expect(page.getByRole('heading', { level: 1, name: town })).toBeVisible()
})

test('who is not known yet because the server is away is not taken for somebody without a right', async ({ open }) => {
  const { page, tolerate } = await open(desk, await Person.staff(server(), 'admin'))
  tolerate(/ERR_CONNECTION_REFUSED/)
  await page.route('**/api/v1/**', (route) => route.abort('connectionrefused'))
  await page.goto(`${server().base}/console/organisations`)
  await expect(page.getByRole('alert')).toContainText('网络不通')
  await expect(page.getByText('您没有这项权限')).toHaveCount(0)
  await page.unroute('**/api/v1/**')
  // Nobody has to press anything: the session asks again by itself.
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await expect(page.getByRole('alert')).toHaveCount(0)
})

for (const [name, size] of [['wide', screen], ['phone', phone]] as const) {
  test(`${name}: nothing lies beyond the edge of the page`, async ({ open }) => {
    const { page } = await open(size, await Person.staff(server(), 'admin'))
    await openPage(page)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0)
    await page.screenshot({ path: test.info().outputPath('organisations.png') })
  })
}
