import { aDelivery, aWebhook, someKinds } from '@/console/components/webhooks/fixture'
import { accessible } from '../support/accessible'
import { problem } from '../support/mocked'
import { before, expect, origin, picture, test } from './world'

/** 事件推送: setting up who is told, the secret shown once, and what became of the messages. */

const admin = { id: 'acc-0', kind: 'staff', roles: ['admin'], organisation_roles: [], grids: [{ id: 'g1', name: '青岚县', full_name: '青岚县', level: 1, duty: 'leader', duty_title: '网格长' }] }
const tree = { id: 'g1', number: '451021', name: '青岚县', full_name: '青岚县', level: 1, parent_id: null, organisation: null, center: null, area: null, order: 0, status: 'active', vacant: false, leaders: [], counters: null, children: [] }
const secret = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='
const minute = 60_000
const at = (minutes: number): string => new Date(Date.parse(before) + minutes * minute).toISOString()
const desk = { at: before, me: admin, width: 1366, height: 768, scale: 1 } as const

test('an administrator sees how each receiver does, and switches one on again', async ({ world }) => {
  const { page, server } = await world(desk)
  const items = [
    aWebhook({ last_taken_at: at(-3) }),
    aWebhook({ id: 'w2', name: '县融媒体中心民情直通车栏目采编系统（试运行）', url: 'https://media.example.cn/api/v2/open/integrations/lianxin/receive?channel=minqing&token=0123456789', failures: 3, last_status: 503, paused_until: at(5), waiting: 12, kinds: someKinds.map(({ kind }) => kind) }),
    aWebhook({ id: 'w3', version: 4, name: '云溪镇值班群', enabled: false, stopped: 'gone', stopped_title: '接收方表示不再接收（410）', grid: { id: 'g2', name: '云溪镇', full_name: '云溪镇', level: 2 } }),
    aWebhook({ id: 'w4', name: '数据看板', last_taken_at: null, last_status: null }),
  ]
  server.at('GET', '/grids/tree', { body: tree })
  server.at('GET', '/webhooks', () => ({ body: { items, kinds: someKinds } }))
  server.at('PATCH', '/webhooks/w3', () => ((items[2] = { ...items[2]!, version: 5, enabled: true, stopped: null, stopped_title: null, last_taken_at: null }), { body: items[2] }))
  await page.goto(`${origin}/console/webhooks`)
  await expect(page.getByRole('row')).toHaveCount(5)
  await expect(page.getByRole('row', { name: /融媒体/ })).toContainText('连续失败 3 次')
  await expect(page.getByRole('row', { name: /值班群/ })).toContainText('不再接收')
  await picture(page, 'webhooks')
  await accessible(page)
  await page.getByRole('button', { name: '启用 云溪镇值班群' }).click()
  await expect(page.getByRole('button', { name: '停用 云溪镇值班群' })).toBeVisible()
  expect(server.asked.find(({ method }) => method === 'PATCH')?.body).toEqual({ version: 4, enabled: true })
})

test('a new one shows its secret once, and what the server refuses stands beside its field', async ({ world }) => {
  const { page, server } = await world(desk)
  const items: unknown[] = []
  server.at('GET', '/grids/tree', { body: tree })
  server.at('GET', '/webhooks', () => ({ body: { items, kinds: someKinds } }))
  const wrong = problem(422, 'request.fields', '不能推送到内部网络的地址', { fields: [{ field: 'url', code: 'webhook.address', message: '不能推送到内部网络的地址' }] })
  server.at('POST', '/webhooks', ({ body }) => (String(body['url']).includes('10.') ? wrong : (items.push(aWebhook({ last_taken_at: null })), { status: 201, body: { webhook: aWebhook(), secret } })))
  await page.goto(`${origin}/console/webhooks`)
  await expect(page.getByText('还没有设置推送')).toBeVisible()
  await picture(page, 'webhooks-none')
  await accessible(page)
  await page.getByRole('button', { name: '新增推送' }).click()
  await page.getByRole('button', { name: '保存并生成密钥' }).click()
  await expect(page.getByText('请填写名称')).toBeVisible()
  await page.getByLabel('名称').fill('县政务服务平台')
  await page.getByLabel('接收网址').fill('https://10.1.2.3/hook')
  await page.getByLabel('已评价').check()
  await page.getByRole('button', { name: '保存并生成密钥' }).click()
  await expect(page.getByText('不能推送到内部网络的地址', { exact: true })).toBeVisible()
  await picture(page, 'webhooks-drawer')
  await accessible(page)
  await page.getByLabel('接收网址').fill('https://events.example.cn/lianxin')
  await page.getByRole('button', { name: '保存并生成密钥' }).click()
  await expect(page.getByLabel('签名密钥', { exact: true })).toHaveText(secret)
  await picture(page, 'webhooks-secret')
  await accessible(page)
  await page.getByRole('button', { name: '我已保存，关闭' }).click()
  await expect(page.getByText(secret)).toHaveCount(0)
  await expect(page.getByRole('row')).toHaveCount(2)
  expect(server.calls('POST', '/webhooks').at(-1)?.body).toEqual({ grid_id: 'g1', name: '县政务服务平台', url: 'https://events.example.cn/lianxin', kinds: ['ticket.submitted', 'ticket.accepted', 'ticket.completed', 'ticket.rated'] })
})

test('its messages are listed with what became of them, one is sent again, and the secret is renewed', async ({ world }) => {
  const { page, server } = await world(desk)
  const failed = aDelivery({ id: 'w1-811', state: 'given_up', kind: 'ticket.completed', kind_title: '已办结', attempts: 19, status: null, error: 'timeout', error_title: '接收方没有及时回应', created_at: at(-4400) })
  const messages = [aDelivery({ id: 'w1-814', state: 'owed', kind_title: '已接单', attempts: 2, status: 503, error: 'status', created_at: at(-2), next_at: at(1) }), aDelivery({ created_at: at(-5) }), failed, aDelivery({ id: 'w1-ping-1', kind: 'webhook.ping', kind_title: '测试推送', ticket_number: null, seq: null, created_at: at(-4500) })]
  server.at('GET', '/grids/tree', { body: tree })
  server.at('GET', '/webhooks', { body: { items: [aWebhook()], kinds: someKinds } })
  server.at('GET', '/webhooks/w1/deliveries', ({ query }) => ({ body: { items: messages.filter(({ state }) => (query.get('state') ?? state) === state), next_cursor: null } }))
  server.at('POST', '/webhooks/w1/deliveries/w1-811/redeliver', () => ((messages[2] = { ...failed, state: 'sent', status: 204, attempts: 1 }), { status: 202, body: messages[2] }))
  server.at('POST', '/webhooks/w1/secret', { body: { webhook: aWebhook({ old_secret_until: at(1440) }), secret } })
  await page.goto(`${origin}/console/webhooks`)
  await page.getByRole('button', { name: '推送记录 县政务服务平台' }).click()
  await expect(page.getByRole('dialog').getByRole('listitem')).toHaveCount(4)
  await page.getByRole('button', { name: '内容 新诉求' }).click()
  await expect(page.getByLabel('推送的内容')).toContainText('"number": "20261121-0007"')
  await picture(page, 'webhooks-deliveries')
  await accessible(page)
  await page.getByRole('button', { name: '已放弃' }).click()
  await expect(page.getByRole('dialog').getByRole('listitem')).toHaveCount(1)
  await page.getByRole('button', { name: '重发 已办结' }).click()
  await expect(page.getByText('没有已放弃的消息')).toBeVisible()
  await page.getByRole('button', { name: '关闭' }).click()
  await page.getByRole('button', { name: '修改 县政务服务平台' }).click()
  await page.getByRole('button', { name: '更换密钥' }).click()
  await page.getByRole('button', { name: '生成新密钥' }).click()
  await expect(page.getByText('旧密钥到')).toBeVisible()
})

test('who administers nothing has no such entry and is told so by the page', async ({ world }) => {
  const { page, server } = await world({ ...desk, me: { ...admin, roles: [] } })
  server.at('GET', '/grids/tree', { body: tree })
  server.at('GET', '/webhooks', problem(403, 'webhook.not_permitted', '只有管理员可以设置事件推送'))
  await page.goto(`${origin}/console/webhooks`)
  await expect(page.getByText('这里由管理员设置')).toBeVisible()
  await expect(page.getByRole('navigation', { name: '主菜单' }).getByRole('link', { name: '事件推送' })).toHaveCount(0)
  await accessible(page)
})
