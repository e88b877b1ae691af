import { portrait } from '../support/portrait'
import { anAttendee, desk, during, expect, meetingId, origin, path, picture, running, test, topic, someFigures } from './world'

/** The desk in the console: hands and pictures; the picture of a member in the roster of an organisation. */

const secretary = { kind: 'staff', organisation_roles: [{ organisation: { id: 'o1', name: '柳河村党支部' }, role: 'secretary', role_title: '书记' }], membership: { member_id: 'm9', organisation: { id: 'o1', name: '柳河村党支部' }, standing: 'full', standing_title: '正式党员' } }
const names = ['罗秀英', '黄志强', '覃桂花', '陆永福', '梁少芬', '农春兰', '蒙国庆', '李春生', '岑美珍', '班玉莲', '黎海波', '韦建国']
const branch = { id: 'o1', name: '中共柳河村党支部', short_name: '柳河村党支部', kind: 'branch', kind_title: '党支部', level: 3, parent_id: null, order: 1, status: 'active', ends_on: null, leaders: [], may_administer: false, may_manage: true, children: [] }

test('the desk shows hands in their order, beside people with their pictures', async ({ world }) => {
  const { page, server } = await world({ at: during, name: '韦建国', me: secretary, width: 1366, height: 768 })
  const people = names.map((name, index) =>
    anAttendee({ member_id: `m${index}`, name, number: index + 1, present: true, status: index === 4 ? 'late' : 'on_time', photo: index % 3 === 2 ? null : `t${index}`, hand_raised_at: index === 1 ? '2026-11-21T06:39:10.000Z' : index === 5 ? '2026-11-21T06:38:00.000Z' : null, presence: [{ from: '2026-11-21T06:21:00.000Z', until: null, way: 'code' }], evidence: { grade: 'strong', flags: [], slot_age_ms: 900, distance_m: 12, accuracy_m: 20, manual: null } }),
  )
  server.on(({ path: asked }) => (asked.includes('/photos/') ? { picture: portrait(Number(asked.slice(-1))) } : undefined))
  server.at('GET', '/organisations/tree', { body: branch })
  server.at('GET', '/meeting-types', { body: { items: [] } })
  server.at('GET', `${path}/sign-in/code`, { body: { code: 'AB3K9XQ2LM7P', url: `${origin}/s/AAAB.AB3K9XQ2LM7P`, slot_ends_at: '2026-11-21T06:41:25.000Z', rotates_every_ms: 5000, now: during } })
  desk(server, running(), people, { expected: 14, present: 12, on_time: 11, late: 1, missing: 2, hands: 2 })
  server.at('POST', `${path}/hand`, { body: { ...running(), manages: true } })
  await page.goto(`${origin}/console/meetings/${meetingId}`)
  await expect(page.locator('.hands li')).toHaveText([/农春兰/, /黄志强/])
  await expect(page.locator('tbody img')).toHaveCount(8)
  await expect(page.locator('tbody tr', { hasText: '黄志强' })).toContainText('举手')
  await page.waitForTimeout(300)
  await picture(page, 'console-desk')
  await page.getByRole('button', { name: /放下\s*农春兰的手/ }).click()
  expect(server.calls('POST', `${path}/hand`)[0]?.body).toEqual({ raised: false, member_id: 'm5' })
  server.event(topic, 'meeting.hand_lowered', { member_id: 'm5', name: '农春兰', version: 9 })
  server.figures(topic, someFigures({ state: 'running', expected: 14, present: 12, hands: 1 }))
  await expect(page.locator('.hands li')).toHaveText([/黄志强/])
})

test('who manages a branch gives a member a picture, and takes it away', async ({ world }) => {
  const { page, server } = await world({ at: during, name: '韦建国', me: secretary, width: 1366, height: 768 })
  let photo: string | null = 't1'
  const member = (): object => ({ id: 'm1', name: '罗秀英', gender: 'female', phone: '138****2233', account: null, organisation: { id: 'o1', name: '柳河村党支部' }, standing: 'full', standing_title: '正式党员', positions: ['deputy_secretary'], position_titles: ['副书记'], joined_on: '2011-07-01', became_full_on: '2012-07-01', order: 1, status: 'active', status_title: '在册', history_reason: null, may_manage: true, photo })
  server.at('GET', '/organisations/tree', { body: branch })
  server.at('GET', '/members', () => ({ body: { items: [member()], total: 1, page: 1, size: 50 } }))
  server.at('GET', '/members/m1/photo', () => ({ picture: portrait(3) }))
  server.at('PUT', '/members/m1/photo', () => ({ body: { photo: (photo = 't2') } }))
  server.at('DELETE', '/members/m1/photo', () => {
    photo = null
    return { status: 204 }
  })
  await page.goto(`${origin}/console/members/o1`)
  await page.getByRole('button', { name: '编辑罗秀英' }).click()
  await expect(page.locator('.editor img')).toHaveAttribute('src', /v=t1$/)
  await page.waitForTimeout(300)
  await picture(page, 'console-member-photo')
  await page.getByLabel('换一张').setInputFiles({ name: '新照片.png', mimeType: 'image/png', buffer: portrait(1) })
  await page.getByRole('button', { name: '使用这张照片' }).click()
  await expect(page.locator('.editor img')).toHaveAttribute('src', /v=t2$/)
  await page.getByRole('button', { name: '移除', exact: true }).click()
  await expect(page.locator('.editor img')).toHaveCount(0)
  await expect(page.getByLabel('选择照片')).toBeAttached()
})
