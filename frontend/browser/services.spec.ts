import { serverOfThisFile } from './support/demo-server'
import { Person } from './support/people'
import { lampPhoto } from './support/photo'
import { desk, expect, phone, test } from './support/windows'

const server = serverOfThisFile()
const title = '本村老年饭堂本周开张'

test('what an administrator publishes residents find after scanning, until it is switched off', async ({ open }) => {
  const { page: console } = await open(desk, await Person.staff(server(), 'leader_l3'))
  const { page: resident, tolerate } = await open(phone)
  // Browsers log what is not there any more.
  tolerate(/status of 404 .*\/policies\//)
  const scanned = `${server().base}/g/${server().account('worker').grid_code}`

  await console.goto(`${server().base}/console/services`)
  await console.getByRole('button', { name: '新增政策' }).click()
  await console.getByLabel('标题').fill(title)
  await console.getByLabel('正文').fill('六十岁以上老人每餐三元。\n地点：村部一楼。')
  await console.getByRole('button', { name: '保存' }).click()
  await expect(console.getByRole('rowheader', { name: title })).toBeVisible()

  await resident.goto(scanned)
  await resident.getByRole('link', { name: new RegExp(`^政策.*${title}`) }).click()
  await resident.getByRole('link', { name: new RegExp(title) }).click()
  await expect(resident.getByRole('article')).toContainText('地点：村部一楼。')
  // The address may be handed on.
  await resident.reload()
  await expect(resident.getByRole('heading', { name: title })).toBeVisible()

  await console.getByRole('button', { name: `禁用 ${title}` }).click()
  await expect(console.getByRole('button', { name: `启用 ${title}` })).toBeVisible()
  await resident.reload()
  await expect(resident.getByRole('alert')).toContainText('没有找到这条政策信息')
  await resident.goto(scanned)
  await expect(resident.getByRole('link', { name: /^政策/ })).toBeVisible()
  await expect(resident.getByText(title)).toHaveCount(0)
})

test('a worker writes a record with a photo, finds it again, and the leader reads it', async ({ open, browser }) => {
  const words = '帮覃奶奶换了灯泡，教她用呼叫器'
  const { page: worker } = await open(phone, await Person.staff(server(), 'worker', 0))
  await worker.goto(`${server().base}/m/me`)
  await worker.getByRole('link', { name: '服务日记' }).click()
  await worker.getByRole('link', { name: '写一条服务记录' }).click()
  await worker.getByText('帮办代办').click()
  await worker.getByLabel('做了什么').fill(words)
  await worker.getByLabel('服务对象（可以不写）').fill('覃秀莲')
  await worker.getByLabel('拍照片').setInputFiles(await lampPhoto(browser, false))
  await expect(worker.getByAltText('已选照片')).toBeVisible()
  await worker.getByRole('button', { name: '提交' }).click()
  await expect(worker.getByText('前可以修改或删除')).toBeVisible()
  await expect(worker.getByAltText('照片 1')).toBeVisible()
  await worker.goto(`${server().base}/m/diary`)
  await worker.getByLabel('查找').fill('覃秀莲')
  await worker.getByRole('button', { name: '查找' }).click()
  await expect(worker.getByRole('main').getByRole('listitem')).toHaveCount(1)
  await expect(worker.getByText(words)).toBeVisible()

  const { page: leader } = await open(phone, await Person.staff(server(), 'leader_l3'))
  await leader.goto(`${server().base}/m/diary`)
  await leader.getByRole('button', { name: '本网格及下级' }).click()
  await leader.getByRole('link', { name: new RegExp(words) }).click()
  await expect(leader.getByAltText('照片 1')).toBeVisible()
  await expect(leader.getByRole('button', { name: '修改' })).toHaveCount(0)
})

test('a leader goes down the map of the county to a group and its people', async ({ open }) => {
  const { page } = await open(phone, await Person.staff(server(), 'leader_l3'))
  await page.goto(`${server().base}/m/map`)
  const place = page.getByRole('navigation', { name: '当前位置' })
  await expect(place).toContainText('柳河村')
  await place.getByRole('button').first().click()
  await expect(page.locator('path.shape').first()).toBeVisible()
  for (const name of [/云溪镇/, /柳河村/]) await page.getByRole('main').getByRole('listitem').getByRole('button', { name }).click()
  await expect(page.getByRole('button', { name: /打电话/ }).first()).toBeVisible()
})
