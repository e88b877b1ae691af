import { anIntegration } from '@/shared/service/fixture'
import { accessible } from '../support/accessible'
import { everything } from '../support/console'
import { places, tree } from '../support/tickets'
import { problem } from '../support/mocked'
import { before, expect, origin, picture, test } from './world'

/** 开放接口: a system is let in, its key is shown once, and it is switched off. */

const key = 'Zk3bX0mT9aQ4vL7cR2yH8wN5sE1uP6dJ-fG_oKiBtMx'
const administrator = { me: { ...everything }, at: before, width: 1366, height: 768, scale: 1 } as const

test('a system is let in and its key is shown this once', async ({ world }) => {
  const { page, server } = await world(administrator)
  const items = [anIntegration({ id: 'i2', name: '城市管理综合执法指挥调度与群众诉求受理平台（试运行）', enabled: false, last_used_at: null, grid: { id: 'g2', name: '云溪镇', full_name: '云溪镇', level: 2 } })]
  server.at('GET', '/grids/tree', { body: tree })
  server.at('GET', '/integrations', () => ({ body: { items } }))
  server.at('POST', '/integrations', () => (items.unshift(anIntegration({ last_used_at: null })), { status: 201, body: { integration: items[0], key } }))
  await page.goto(`${origin}/console/integrations`)
  await expect(page.getByRole('row')).toHaveCount(2)
  await page.getByRole('button', { name: '接入新系统' }).click()
  await page.getByRole('button', { name: '生成密钥' }).click()
  await expect(page.getByText('请填写系统名称')).toBeVisible()
  await page.getByLabel('系统名称').fill('12345 热线')
  await page.getByLabel('联系人').fill('韦工 19900001234')
  await picture(page, 'integrations-new')
  await accessible(page)
  await page.getByRole('button', { name: '生成密钥' }).click()
  await expect(page.getByLabel('密钥', { exact: true })).toHaveValue(key)
  expect(server.asked.find(({ method }) => method === 'POST')?.body).toEqual({ name: '12345 热线', contact: '韦工 19900001234', grid_id: places.county })
  await picture(page, 'integrations-key')
  await accessible(page)
  // Who has not copied it is asked once.
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: '关闭', exact: true }).last().click()
  await expect(page.getByText('还没有复制')).toBeVisible()
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.getByRole('button', { name: '复制密钥' }).click()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(key)
  await dialog.getByRole('button', { name: '关闭', exact: true }).last().click()
  await expect(dialog).toHaveCount(0)
  await expect(page.getByRole('row')).toHaveCount(3)
  await expect(page.getByText(key)).toHaveCount(0)
  await picture(page, 'integrations')
  await accessible(page)
})

test('a key is switched off and renewed, and whoever is too late is told', async ({ world }) => {
  const { page, server } = await world(administrator)
  let item = anIntegration()
  server.at('GET', '/grids/tree', { body: tree })
  server.at('GET', '/integrations', () => ({ body: { items: [item] } }))
  server.at('PATCH', '/integrations/i1', ({ body }) => {
    if (body['version'] !== item.version) return problem(409, 'integration.changed', '这个接入系统刚刚被其他人修改，请先查看最新内容', { current: item })
    item = { ...item, ...body, version: item.version + 1 }
    return { body: item }
  })
  server.at('POST', '/integrations/i1/key', () => ({ body: { integration: item, key } }))
  await page.goto(`${origin}/console/integrations`)
  await page.getByRole('button', { name: '停用 12345 热线' }).click()
  await expect(page.getByRole('button', { name: '启用 12345 热线' })).toBeVisible()
  await page.getByRole('button', { name: '修改 12345 热线' }).click()
  await page.getByLabel('系统名称').fill('县热线')
  item = { ...item, version: 9, name: '别人改的' }
  await page.getByRole('button', { name: '保存' }).click()
  await expect(page.getByRole('alert')).toContainText('别人改的')
  await page.getByRole('button', { name: '保留我的修改' }).click()
  await page.getByRole('button', { name: '保存' }).click()
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(page.getByRole('row')).toHaveCount(2)
  await page.getByRole('button', { name: '更换密钥 县热线' }).click()
  await expect(page.getByText('立即失效')).toBeVisible()
  await page.getByRole('dialog').getByRole('button', { name: '更换密钥' }).click()
  await expect(page.getByLabel('密钥', { exact: true })).toHaveValue(key)
})

test('with no system yet the page says what to do, and a refusal can be tried again', async ({ world }) => {
  const { page, server } = await world(administrator)
  server.at('GET', '/grids/tree', { body: tree })
  server.at('GET', '/integrations', () => problem(403, 'integration.not_permitted', '只有管理员可以管理开放接口'))
  await page.goto(`${origin}/console/integrations`)
  await expect(page.getByRole('alert')).toContainText('只有管理员可以管理开放接口')
  server.at('GET', '/integrations', { body: { items: [] } })
  await page.getByRole('button', { name: '重试' }).click()
  await expect(page.getByText('还没有接入的系统')).toBeVisible()
  await picture(page, 'integrations-empty')
  await accessible(page)
})
