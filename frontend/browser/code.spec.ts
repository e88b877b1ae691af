import { serverOfThisFile } from './support/demo-server'
import { Person } from './support/people'
import { expect, phone, test } from './support/windows'

const server = serverOfThisFile()

test('a replaced code and an unknown one say what to do; the new one works', async ({ open }) => {
  const admin = await Person.staff(server(), 'admin')
  const worker = await Person.staff(server(), 'worker')
  const { id, code: old } = await worker.topGrid()
  const { code } = await admin.post<{ code: string }>(`/grids/${id}/qr/rotate`)
  expect(code).not.toBe(old)

  const { page, tolerate } = await open(phone)
  tolerate(/status of (404|410) .*\/api\/v1\/entry\//)
  await page.goto(`${server().base}/g/${old}`)
  await expect(page.getByText('这张二维码已经更换')).toBeVisible()
  await expect(page.getByText('请扫描网格公示牌上新的二维码，或联系村（社区）工作人员。')).toBeVisible()
  await expect(page.getByRole('link', { name: /意见建议/ })).toBeHidden()
  await page.goto(`${server().base}/g/0000000000000000AA`)
  await expect(page.getByText('没有找到这个网格')).toBeVisible()
  await expect(page.getByText('请确认扫描的是网格公示牌上的二维码。')).toBeVisible()
  await page.goto(`${server().base}/g/${code}`)
  await expect(page.getByRole('link', { name: /意见建议/ })).toBeVisible()
})
