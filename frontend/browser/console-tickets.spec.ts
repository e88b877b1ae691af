import { serverOfThisFile } from './support/demo-server'
import { Person } from './support/people'
import { desk, expect, test } from './support/windows'

const server = serverOfThisFile()

test('a leader narrows the list, gives what is found to somebody, exports it, and finds it counted', async ({ open }) => {
  const resident = await Person.resident(server(), '19900006601')
  const worker = await Person.staff(server(), 'worker')
  const county = await Person.staff(server(), 'leader_l1')
  const words = `水渠塌了 ${Date.now()}`
  const code = server().account('worker').grid_code
  const first = await resident.submit(code, `${words} 上游`)
  const second = await resident.submit(code, `${words} 下游`)
  const { page } = await open(desk, county)
  await page.goto(`${server().base}/console?words=${encodeURIComponent(words)}&state=submitted`)

  const rows = page.getByRole('row').filter({ hasText: words })
  await expect(rows).toHaveCount(2)
  await page.getByRole('checkbox', { name: '全选' }).check()
  // Meanwhile somebody takes one of them and finishes it: it leaves the list, and with it the batch.
  await page.getByRole('button', { name: '批量改派（2 件）' }).click()
  const drawer = page.getByRole('dialog', { name: '批量改派 2 件诉求' })
  await worker.act(second, 'accept')
  await worker.act(second, 'complete', { note: '已经修好' })
  await drawer.getByRole('radio', { name: new RegExp(server().account('worker').name) }).check()
  await drawer.getByRole('button', { name: /^改派给/ }).click()
  const result = page.getByRole('dialog', { name: '改派结果' })
  await expect(result.getByRole('status')).toContainText('已改派 1 件')
  await expect(result.getByRole('row').filter({ hasText: second.number })).toContainText('没有改派：这件诉求已经办结')
  await result.getByRole('button', { name: '完成' }).click()

  await page.getByLabel('状态').selectOption({ label: '办理中' })
  await expect(rows).toHaveCount(1)
  await expect(rows).toContainText(server().account('worker').name)
  expect((await county.get<{ state: string }>(`/tickets/${first.id}`)).state).toBe('accepted')

  const kept = page.waitForEvent('download')
  await page.getByRole('button', { name: '导出筛选结果' }).click()
  const download = await kept
  expect(download.suggestedFilename()).toMatch(/^诉求-\d{4}-\d\d-\d\d\.xlsx$/)
  expect(await download.failure()).toBeNull()

  await page.getByRole('link', { name: '诉求统计' }).click()
  await expect(page.getByRole('row').filter({ hasText: '合计' })).toBeVisible()
  await page.getByRole('button', { name: '按网格' }).click()
  await expect(page.getByRole('img', { name: /^收到与办结/ })).toBeVisible()
})
