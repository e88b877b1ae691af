import type { Page } from '@playwright/test'
import { governs, leader, places } from '../support/tickets'
import { problem, type Mocked } from '../support/mocked'
import { during, expect, origin, picture, test, type OpenWorld } from './world'
import { accessible } from '../support/accessible'

const newId = '019ab000-0000-7000-8000-000000000099'

async function opened(world: OpenWorld, me: object = leader, path = `/grids/${places.village}?tab=grid`): Promise<{ page: Page; server: Mocked }> {
  const { page, server } = await world({ at: during, name: '王管理', me, width: 1366, height: 768, scale: 1 })
  governs(server)
  server.on(({ path: asked }) => (asked.endsWith('/qr.svg') ? { picture: Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64') } : undefined))
  await page.goto(`${origin}/console${path}`)
  return { page, server }
}

test('a grid is made below another; what is wrong stands beside its field', async ({ world }) => {
  const { page, server } = await opened(world)
  await page.getByRole('button', { name: '新建下级网格' }).click()
  const form = page.getByRole('dialog', { name: '新建下级网格' })
  await form.getByRole('button', { name: '保存' }).click()
  await expect(form.getByText('请填写名称')).toBeVisible()
  await form.getByLabel('名称').fill('三组')
  await form.getByLabel('编号').fill('452699')
  server.at('POST', '/grids', problem(422, 'grid.number_taken', '编号已被使用', { fields: [{ field: 'number', code: 'grid.number_taken', message: '编号已被使用，请换一个编号或稍后再试' }] }))
  await form.getByRole('button', { name: '保存' }).click()
  await expect(form.getByText('编号已被使用')).toBeVisible()
  await picture(page, 'grid-form-1366')
  await accessible(page)
  await form.getByLabel('编号').fill('452698')
  server.at('POST', '/grids', { status: 201, body: { id: newId, code: 'NEW' } })
  await form.getByRole('button', { name: '保存' }).click()
  await expect(page.getByText('已新建“三组”')).toBeVisible()
  expect(server.calls('POST', '/grids').at(-1)?.body).toEqual({ parent_id: places.village, name: '三组', number: '452698', order: 0 })
  await expect(page).toHaveURL(new RegExp(`/console/grids/${newId}\\?tab=grid$`))
})

test('a grid is renamed and stopped', async ({ world }) => {
  const { page, server } = await opened(world)
  await page.getByRole('button', { name: '修改' }).click()
  const form = page.getByRole('dialog', { name: '修改网格资料' })
  await expect(form.getByLabel('编号')).toHaveCount(0)
  await form.getByLabel('名称').fill('柳河新村')
  await form.getByLabel('停用这个网格').check()
  await expect(form.getByText('停用后群众不能再向它提交诉求')).toBeVisible()
  server.at('PATCH', `/grids/${places.village}`, problem(409, 'grid.changed', '网格刚被别人修改，请刷新后再试'))
  await form.getByRole('button', { name: '保存' }).click()
  await expect(form.getByText('网格刚被别人修改')).toBeVisible()
  server.at('PATCH', `/grids/${places.village}`, { body: { version: 4, warnings: [] } })
  await form.getByRole('button', { name: '保存' }).click()
  await expect(page.getByText('网格资料已保存')).toBeVisible()
  expect(server.calls('PATCH', `/grids/${places.village}`).at(-1)?.body).toEqual({ version: 3, name: '柳河新村', order: 1, status: 'disabled' })
})

test('somebody new gets an account and a duty; a second try makes no second account', async ({ world }) => {
  const { page, server } = await opened(world)
  await page.getByRole('button', { name: '添加人员' }).click()
  const form = page.getByRole('dialog', { name: '添加人员' })
  await form.getByRole('tab', { name: '新建账号' }).click()
  await form.getByLabel('姓名').fill('莫师傅')
  await form.getByLabel('账号').fill('moshifu')
  await form.getByLabel('手机号码').fill('19900000001')
  await form.getByRole('radio', { name: '副网格长' }).check()
  server.at('POST', '/accounts', { status: 201, body: { account_id: newId, account: 'moshifu', first_password: 'Ab3-kkkk-9999' } })
  server.at('POST', `/grids/${places.village}/staff`, problem(409, 'record.changed', '刚被别人修改，请再试一次'))
  await form.getByRole('button', { name: '添加', exact: true }).click()
  await expect(form.getByText('账号已建好，但职务没有加上')).toBeVisible()
  await expect(form.getByLabel('账号')).toBeDisabled()
  server.at('POST', `/grids/${places.village}/staff`, { status: 204 })
  await form.getByRole('button', { name: '添加', exact: true }).click()
  const done = page.getByRole('dialog', { name: '人员已添加' })
  await expect(done.getByText('Ab3-kkkk-9999')).toBeVisible()
  await picture(page, 'grid-staff-1366')
  await accessible(page)
  expect(server.calls('POST', '/accounts')).toHaveLength(1)
  expect(server.calls('POST', `/grids/${places.village}/staff`).at(-1)?.body).toEqual({ account_id: newId, duty: 'deputy' })
  await done.getByRole('button', { name: '已记下，关闭' }).click()
  await expect(done).toBeHidden()

  await page.getByRole('button', { name: '移出覃干事' }).click()
  const question = page.getByRole('dialog', { name: '移出覃干事？' })
  server.on(({ method, path }) => (method === 'DELETE' && path.startsWith(`/grids/${places.village}/staff/`) ? { status: 204 } : undefined))
  await question.getByRole('button', { name: '移出', exact: true }).click()
  await expect(question).toBeHidden()
})

test('somebody who has an account is found and gets a duty', async ({ world }) => {
  const { page, server } = await opened(world)
  await page.getByRole('button', { name: '添加人员' }).click()
  const form = page.getByRole('dialog', { name: '添加人员' })
  await expect(form.getByRole('button', { name: '添加', exact: true })).toBeDisabled()
  const people = [
    { account_id: newId, name: '韦师傅', account: 'weishifu', phone: '199****0001', duties: [{ grid_id: places.group, grid_name: '云溪镇 柳河村 一组', duty: 'worker', duty_title: '网格员' }] },
    { account_id: '019ab000-0000-7000-8000-000000000098', name: '韦小妹', account: 'weixiaomei', phone: null, duties: [] },
  ]
  server.at('GET', `/grids/${places.village}/staff/candidates`, ({ query }) => ({ body: { items: query.get('q') === '韦' ? people : [], more: query.get('q') === '韦' } }))
  await form.getByLabel('姓名、账号').fill('没有的人')
  await form.getByRole('button', { name: '查找' }).click()
  await expect(form.getByText('没有找到')).toBeVisible()
  await form.getByLabel('姓名、账号').fill('韦')
  await form.getByLabel('姓名、账号').press('Enter')
  await expect(form.getByText('云溪镇 柳河村 一组 网格员')).toBeVisible()
  await form.getByRole('radio', { name: /韦师傅/ }).check()
  await form.getByRole('radio', { name: '网格长', exact: true }).check()
  await picture(page, 'grid-colleague-1366')
  await accessible(page)
  server.at('POST', `/grids/${places.village}/staff`, { status: 204 })
  await form.getByRole('button', { name: '添加', exact: true }).click()
  await expect(page.getByText('韦师傅现在是柳河村的网格长')).toBeVisible()
  expect(server.calls('POST', `/grids/${places.village}/staff`).at(-1)?.body).toEqual({ account_id: newId, duty: 'leader' })
  await expect(form).toBeHidden()
})

test('a grid is moved under another one of the same level; what it cannot is told', async ({ world }) => {
  const { page, server } = await opened(world)
  await page.getByRole('button', { name: '移动' }).click()
  const form = page.getByRole('dialog', { name: '移动网格' })
  await form.getByRole('treeitem', { name: '青岚县' }).click()
  await expect(form.getByText('请选择乡镇网格')).toBeVisible()
  await form.getByRole('treeitem', { name: '云溪镇' }).click()
  await expect(form.getByText('现在就在这个网格下面')).toBeVisible()
  await expect(form.getByRole('button', { name: '移动', exact: true })).toBeDisabled()
  await form.getByRole('treeitem', { name: '石门镇' }).click()
  await expect(form.getByText('下面的 2 个四级网格，6 名人员的职务')).toBeVisible()
  await picture(page, 'grid-move-1366')
  await accessible(page)
  const refused = '该网格已有诉求，不能整体移动；请停用后新建'
  server.at('POST', `/grids/${places.village}/move`, problem(422, 'grid.has_tickets', refused))
  await form.getByRole('button', { name: '移到石门镇' }).click()
  await expect(form.getByText(refused)).toBeVisible()
  server.at('POST', `/grids/${places.village}/move`, { status: 204 })
  await form.getByRole('button', { name: '移到石门镇' }).click()
  await expect(page.getByText('“柳河村”已移到石门镇')).toBeVisible()
  expect(server.calls('POST', `/grids/${places.village}/move`).at(-1)?.body).toEqual({ parent_id: places.other, version: 3 })
})

test('who does not administer grids changes none', async ({ world }) => {
  const { page } = await opened(world, { ...leader, roles: [] })
  await expect(page.getByText('农支书')).toBeVisible()
  for (const name of ['修改', '移动', '新建下级网格', '添加人员', '移出农支书']) await expect(page.getByRole('button', { name, exact: true })).toHaveCount(0)
  await picture(page, 'grid-card-1366')
  await accessible(page)
})

test('codes of all below are printed on A4 sheets, several or one on each', async ({ world }) => {
  const { page } = await opened(world, leader, `/grids/print?below=${places.county}`)
  await expect(page.getByText('3 个网格，1 页')).toBeVisible()
  await expect(page.getByRole('img', { name: '云溪镇 柳河村 一组的二维码' })).toBeVisible()
  await page.getByLabel('只要最下一级').uncheck()
  await expect(page.getByText('6 个网格，2 页')).toBeVisible()
  await picture(page, 'grid-print-1366')
  await accessible(page)
  await page.emulateMedia({ media: 'print' })
  await expect(page.getByRole('button', { name: '打印' })).toBeHidden()
  const sheet = await page.getByRole('region', { name: '第 1 页' }).boundingBox()
  // A4 at 96 points an inch.
  expect([Math.round(sheet?.width ?? 0), Math.round(sheet?.height ?? 0)]).toEqual([794, 1119])
  await page.emulateMedia({ media: 'screen' })
  await page.getByLabel('版式').selectOption({ label: '每页一个（张贴）' })
  await expect(page.getByText('6 个网格，6 页')).toBeVisible()
})
