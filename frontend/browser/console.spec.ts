import { serverOfThisFile } from './support/demo-server'
import { Person } from './support/people'
import { desk, expect, test } from './support/windows'

const server = serverOfThisFile()

test('tree and table show the same live numbers', async ({ open }) => {
  const county = await Person.staff(server(), 'leader_l1')
  const resident = await Person.resident(server(), '13800006666')
  const worker = await Person.staff(server(), 'worker')
  const { id, full_name: place } = await worker.topGrid()
  const { page } = await open(desk, county)

  await page.goto(`${server().base}/console`)
  const tree = page.getByRole('tree', { name: '网格' })
  await expect(tree.getByRole('treeitem').nth(1)).toBeVisible()
  await expect(page.getByRole('button', { name: '详情' }).first()).toBeVisible()

  await page.getByLabel('搜索网格').fill(place.split(' ').at(-1) ?? '')
  await tree.getByTitle(place).and(page.getByRole('treeitem')).click()
  await expect(page).toHaveURL(new RegExp(`/console/grids/${id}$`))
  await expect(page.getByRole('heading', { name: place })).toBeVisible()

  const ticket = await resident.submit(server().account('worker').grid_code, '健身器材松动，老人使用不安全')
  const row = page.getByRole('row').filter({ hasText: ticket.content }).filter({ hasText: '李小明' })
  await expect(row).toContainText('未接服务')
  await expect(page.locator('.counts')).toContainText(`未接 ${(await county.counters(id)).submitted}`)
  await worker.act(ticket, 'accept')
  await expect(row).toContainText('办理中')
  await expect(row).toContainText(server().account('worker').name)
  await expect(page.locator('.counts')).toContainText(`办理中 ${(await county.counters(id)).accepted}`)

  await row.getByRole('button', { name: '详情' }).click()
  const drawer = page.getByRole('dialog', { name: '诉求详情' })
  await expect(drawer.getByText(ticket.number)).toBeVisible()
  await expect(drawer.getByText(`${server().account('worker').name} 已接单`)).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(drawer).toBeHidden()
  await page.getByLabel('状态').selectOption({ label: '已评价' })
  await expect(row).toBeHidden()
})

test('a QR code is shown, and replaced only after a question', async ({ open }) => {
  const admin = await Person.staff(server(), 'admin')
  const { id, code } = await (await Person.staff(server(), 'worker', 2)).topGrid()
  const { page } = await open(desk, admin)
  await page.goto(`${server().base}/console/grids/${id}`)
  await page.getByRole('tab', { name: '网格资料与二维码' }).click()
  const picture = page.getByAltText(/的二维码$/)
  await expect(picture).toBeVisible()
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.complete && image.naturalWidth)).toBeGreaterThan(0)
  await expect(page.getByRole('link', { name: '打开群众页面' })).toHaveAttribute('href', `/g/${code}`)

  const sheet = page.getByRole('dialog', { name: '更换二维码？' })
  await page.getByRole('button', { name: '更换二维码' }).click()
  await sheet.getByRole('button', { name: '不更换' }).click()
  await expect(sheet).toBeHidden()
  expect((await admin.get<{ code: string }>(`/grids/${id}`)).code).toBe(code)

  await page.getByRole('button', { name: '更换二维码' }).click()
  const oldPicture = await (await page.request.get(`${server().base}/api/v1/grids/${id}/qr.svg`)).text()
  const newPicture = page.waitForResponse(/qr\.svg\?v=/)
  await sheet.getByRole('button', { name: '更换', exact: true }).click()
  await expect(page.getByText('已换成新二维码，请重新打印张贴。')).toBeVisible()
  expect(await (await newPicture).text()).not.toBe(oldPicture)
  const codeNow = async (): Promise<string> => (await admin.get<{ code: string }>(`/grids/${id}`)).code
  await expect.poll(codeNow).not.toBe(code)
  await expect(page.getByRole('link', { name: '打开群众页面' })).toHaveAttribute('href', `/g/${await codeNow()}`)
})
