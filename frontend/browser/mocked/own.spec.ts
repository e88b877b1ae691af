import { portrait } from '../support/portrait'
import { expect, origin, picture, test } from './world'

/** What belongs to a member: the picture, and the record of meetings. */

const membership = { member_id: 'm1', organisation: { id: 'o1', name: '柳河村党支部' }, standing: 'full', standing_title: '正式党员' }
const member = { id: 'm1', name: '黄志强', photo: null }

test('a picture is chosen, looked at, sent, and removed again', async ({ world }) => {
  const { page, server } = await world({ me: { membership } })
  let photo: string | null = null
  server.at('GET', '/members/m1', () => ({ body: { ...member, photo } }))
  server.at('GET', '/members/m1/photo', () => ({ picture: portrait(2) }))
  server.at('PUT', '/members/m1/photo', () => ({ body: { photo: (photo = 't1') } }))
  server.at('DELETE', '/members/m1/photo', () => {
    photo = null
    return { status: 204 }
  })
  await page.goto(`${origin}/m/me`)
  await page.getByRole('button', { name: '头像', exact: false }).last().click()
  await expect(page.getByText('拍照')).toBeVisible()
  await picture(page, 'photo-none')
  await page.getByLabel('从相册选').setInputFiles({ name: '证件照.png', mimeType: 'image/png', buffer: portrait(2) })
  await expect(page.getByRole('button', { name: '使用这张照片' })).toBeVisible()
  await picture(page, 'photo-chosen')
  await page.getByRole('button', { name: '使用这张照片' }).click()
  await expect(page.getByText('头像已更新')).toBeVisible()
  await expect(page.getByRole('button', { name: '移除' })).toBeVisible()
  expect(server.calls('PUT', '/members/m1/photo')).toHaveLength(1)
  await page.getByRole('button', { name: '关闭' }).click()
  await expect(page.locator('.own-face img')).toHaveAttribute('src', /\/members\/m1\/photo\?v=t1$/)
  await picture(page, 'me')
  await page.getByRole('button', { name: '更换头像' }).click()
  await page.getByRole('button', { name: '移除' }).click()
  await expect(page.getByText('头像已移除')).toBeVisible()
  await expect(page.locator('.own-face img')).toHaveCount(0)
})

test('a year of meetings: the rate, the months, and how each was', async ({ world }) => {
  const { page, server } = await world({ me: { membership } })
  const kinds = [['on_time', '准时'], ['on_time', '准时'], ['late', '迟到'], ['leave_approved', '请假'], ['online', '线上'], ['absent', '缺席'], ['left_early', '早退'], ['guest', '列席'], ['substitute', '替会']] as const
  const topics = ['学习贯彻全会精神，部署冬季防火', '11 月主题党日：慰问困难党员', '讨论发展党员', '党课：支部工作条例', '民主评议党员，酝酿年度先进名单并讨论村集体经济分红方案']
  const items = Array.from({ length: 14 }, (_, index) => ({
    meeting_id: `m${index}`, topic: topics[index % topics.length], type_name: index % 2 ? '党员大会' : '主题党日', org_name: '柳河村党支部',
    starts_at: new Date(Date.parse('2026-11-18T06:30:00.000Z') - index * 9 * 86_400_000).toISOString(), status: kinds[index % kinds.length]?.[0], status_title: kinds[index % kinds.length]?.[1],
  }))
  server.at('GET', '/my/attendance', ({ query }) => ({ body: query.get('from') === '2026-01-01' ? { from: '2026-01-01', until: '2026-12-31', items, total: { meetings: 13, expected: 13, present: 10, on_time: 6, late: 2, left_early: 1, leave: 2, absent: 1, substituted: 1, online: 1, rate: 0.769 } } : { from: '2025-01-01', until: '2025-12-31', items: [], total: { meetings: 0, expected: 0, present: 0 } } }))
  await page.goto(`${origin}/m/attendance`)
  await expect(page.getByText('76.9%')).toBeVisible()
  await expect(page.getByRole('heading', { name: /^11 月/ })).toContainText('2 次会议')
  await expect(page.getByText('迟到 2 次')).toBeVisible()
  await expect(page.getByRole('listitem')).toHaveCount(14)
  await picture(page, 'attendance-own')
  await page.getByRole('button', { name: '上一年' }).click()
  await expect(page.getByText('2025 年没有参会记录')).toBeVisible()
  await picture(page, 'attendance-own-none')
})
