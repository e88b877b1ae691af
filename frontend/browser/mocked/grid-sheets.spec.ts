import type { Page } from '@playwright/test'
import { governs, leader, places } from '../support/tickets'
import { during, expect, origin, picture, test, type OpenWorld } from './world'
import { accessible } from '../support/accessible'
import { workbook } from '../support/workbook'

/** Any workbook: the server is played. */
const sheet = workbook([['网格编号', '姓名'], ['1', '韦一']])
const progress = [{ hashed: 0, of: 60 }, { hashed: 20, of: 60 }]
const passwords = { workbook: 'UEs=' }
const report = { imported: 60, accounts: 60, assigned: 60, changed: 0, unchanged: 0, errors: [] }

async function importing(world: OpenWorld, lines: readonly object[]): Promise<Page> {
  const { page, server } = await world({ at: during, name: '王管理', me: leader, width: 1366, height: 768, scale: 1 })
  governs(server)
  server.on(({ path: asked }) => (asked.endsWith('/qr.svg') ? { picture: Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64') } : undefined))
  await page.route('**/api/v1/grid-staff/import', (route) => route.fulfill({ contentType: 'application/x-ndjson', body: lines.map((line) => `${JSON.stringify(line)}\n`).join('') }))
  await page.goto(`${origin}/console/grids/${places.village}?tab=grid`)
  await page.getByRole('button', { name: '导入人员' }).click()
  const dialog = page.getByRole('dialog', { name: '导入网格人员' })
  await dialog.getByLabel('选择填好的文件').setInputFiles(sheet)
  await dialog.getByRole('button', { name: '开始导入' }).click()
  return page
}

test('first passwords that came are kept although the answer broke off, and what to do is said', async ({ world }) => {
  const page = await importing(world, [...progress, passwords])
  const given = page.getByRole('dialog', { name: '首次密码' })
  await expect(given.getByText('连接中断了')).toBeVisible()
  await accessible(page)
  await picture(page, 'first-passwords-uncertain-1366')
  const download = page.waitForEvent('download')
  await given.getByRole('link', { name: '下载账号和首次密码' }).click()
  expect((await download).suggestedFilename()).toBe('网格人员首次密码.xlsx')
})

test('a refusal after the passwords says what was in the way and keeps no passwords', async ({ world }) => {
  const page = await importing(world, [...progress, passwords, { status: 409, code: 'import.overtaken', detail: '导入时有人修改了相关数据，没有导入任何一行，请重试' }])
  await expect(page.getByRole('dialog', { name: '导入网格人员' }).getByRole('alert')).toContainText('没有导入任何一行，请重试')
  await expect(page.getByRole('dialog', { name: '首次密码' })).toHaveCount(0)
})

test('an import without new people gives no passwords', async ({ world }) => {
  const page = await importing(world, [{ ...report, accounts: 0, assigned: 0, unchanged: 60 }])
  await expect(page.getByText('60 行没有变化')).toBeVisible()
  await expect(page.getByRole('dialog')).toHaveCount(0)
})
