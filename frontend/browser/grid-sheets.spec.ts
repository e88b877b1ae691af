import type { Locator, Page } from '@playwright/test'
import type { GridNode } from '@/shared/api/types'
import { accessible } from './support/accessible'
import { serverOfThisFile } from './support/demo-server'
import { Person } from './support/people'
import { desk, expect, test } from './support/windows'
import { workbook } from './support/workbook'

const server = serverOfThisFile()
const gridHead = ['上级网格编号*', '编号*', '名称*', '层级', '关联党组织', '户数', '排序', '状态', '中心经度', '中心纬度']
const staffHead = ['网格编号*', '姓名*', '手机号码', '账号', '职责*']

const found = (node: GridNode, fits: (node: GridNode) => boolean): GridNode[] => [...(fits(node) ? [node] : []), ...(node.children ?? []).flatMap((child) => found(child, fits))]

async function openVillage(page: Page, admin: Person): Promise<GridNode> {
  const tree = await admin.get<GridNode>('/grids/tree?depth=5')
  const [village] = found(tree, (node) => node.level === 3)
  if (!village) throw new Error('the demonstration has villages')
  await page.goto(`${server().base}/console/grids/${village.id}?tab=grid`)
  await expect(page.getByRole('button', { name: '导入网格' })).toBeVisible()
  return village
}

async function start(dialog: Locator, rows: string[][]): Promise<void> {
  await dialog.getByLabel('选择填好的文件').setInputFiles(workbook(rows))
  await dialog.getByRole('button', { name: '开始导入' }).click()
}

test('grids come from a sheet in any order; wrong cells are named; with the switch they change', async ({ open }) => {
  const admin = await Person.staff(server(), 'admin')
  const { page } = await open(desk, admin)
  const village = await openVillage(page, admin)
  await accessible(page)
  await page.screenshot({ path: test.info().outputPath('grids.png') })
  await page.getByRole('button', { name: '导入网格' }).click()
  const dialog = page.getByRole('dialog', { name: '导入网格' })
  await accessible(page)
  await page.screenshot({ path: test.info().outputPath('import.png') })
  const template = page.waitForEvent('download')
  await dialog.getByRole('link', { name: '下载模板' }).click()
  expect((await template).suggestedFilename()).toBe('grids-template.xlsx')

  const below = ['W-1', 'W-1-1', '新一组', '五级网格', '', '12', '1', '', '105.25', '24.75']
  const area = [village.number, 'W-1', '新片区', '', '', '', '', '', '', '']
  await start(dialog, [gridHead, below, ['无此编号', 'W-2', '甲', '', '', '很多', '', '休眠', '', ''], [village.number, 'W-3', '', '县级', '', '', '', '', '24', '105'], area])
  await expect(dialog.getByText('没有导入任何一行：2 行里有 6 处需要修改')).toBeVisible()
  for (const column of ['上级网格编号', '户数', '状态']) await expect(dialog.getByRole('row').filter({ hasText: '第 3 行' }).filter({ has: page.getByRole('cell', { name: column, exact: true }) })).toHaveCount(1)
  await accessible(page)
  await page.screenshot({ path: test.info().outputPath('wrong-cells.png') })
  await start(dialog, [gridHead, below, area])
  await expect(page.getByText('新建 2 个网格')).toBeVisible()
  await page.getByLabel('搜索网格').fill('片区')
  await expect(page.getByRole('treeitem').filter({ hasText: '新片区' })).toBeVisible()

  await page.getByRole('button', { name: '导入网格' }).click()
  const renamed = [gridHead, below, area.map((cell, column) => (column === 2 ? '改名片区' : cell))]
  await start(dialog, renamed)
  await expect(dialog.getByText('2 行里有 2 处需要修改')).toBeVisible()
  await dialog.getByLabel('更新已有数据').check()
  await expect(dialog.getByText('需要修改')).toHaveCount(0)
  await dialog.getByRole('button', { name: '开始导入' }).click()
  await expect(page.getByText('修改 1 个网格，1 行没有变化')).toBeVisible()
  await expect(page.getByRole('treeitem').filter({ hasText: '改名片区' })).toBeVisible()

  await page.getByRole('button', { name: '导出网格' }).click()
  const leaving = page.getByRole('dialog', { name: '导出网格' })
  await page.screenshot({ path: test.info().outputPath('export.png') })
  const download = page.waitForEvent('download')
  await leaving.getByRole('link', { name: '导出' }).click()
  expect(new URL((await download).url()).searchParams.get('below')).toBe(village.id)
  expect(await (await download).failure()).toBeNull()
})

test('staff come from a sheet, and their first passwords are given out once', async ({ open }) => {
  const admin = await Person.staff(server(), 'admin')
  const { page } = await open(desk, admin)
  const village = await openVillage(page, admin)
  await page.getByRole('button', { name: '导入人员' }).click()
  const dialog = page.getByRole('dialog', { name: '导入网格人员' })
  await start(dialog, [staffHead, [village.number, '石新人', '19900007701', 'shi.new', '副网格长'], [village.number, '石某', '19900007702', '', '组长']])
  await expect(dialog.getByText('没有导入任何一行：1 行里有 2 处需要修改')).toBeVisible()
  await start(dialog, [staffHead, [village.number, '石新人', '19900007701', 'shi.new', '副网格长'], [village.number, '石二', '19900007702', 'shi.two', '网格员']])
  await expect(page.getByText('新建 2 个账号，新增 2 项职责')).toBeVisible()
  const passwords = page.getByRole('dialog', { name: '首次密码' })
  await expect(passwords.getByText('账号已建好')).toBeVisible()
  await accessible(page)
  await page.screenshot({ path: test.info().outputPath('first-passwords.png') })
  // Nobody loses them by one careless click.
  await page.keyboard.press('Escape')
  await expect(passwords.getByText('还没有下载')).toBeVisible()
  const download = page.waitForEvent('download')
  await passwords.getByRole('link', { name: '下载账号和首次密码' }).click()
  expect((await download).suggestedFilename()).toBe('网格人员首次密码.xlsx')
  await passwords.getByRole('button', { name: '关闭' }).last().click()
  await expect(passwords).toHaveCount(0)
  await expect(page.getByRole('listitem').filter({ hasText: '石新人' })).toContainText('副网格长')

  await page.getByRole('button', { name: '导出人员' }).click()
  const leaving = page.getByRole('dialog', { name: '导出网格人员' })
  await leaving.getByLabel('导出完整手机号码').check()
  await page.screenshot({ path: test.info().outputPath('export-staff.png') })
  const exported = page.waitForEvent('download')
  await leaving.getByRole('link', { name: '导出' }).click()
  expect(new URL((await exported).url()).searchParams.get('unmasked')).toBe('true')
  expect(await (await exported).failure()).toBeNull()
})

test('who administers nothing is offered neither import nor export', async ({ open }) => {
  const { page } = await open(desk, await Person.staff(server(), 'leader_l3'))
  await page.goto(`${server().base}/console/grids?tab=grid`)
  await expect(page.getByRole('heading', { name: '网格人员' })).toBeVisible()
  await expect(page.getByRole('button', { name: /导入|导出/ })).toHaveCount(0)
})
