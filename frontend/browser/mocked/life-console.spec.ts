import type { Page } from '@playwright/test'
import { aLife, aLinked, aMaterial, aPart, lifeBranch, lifeId, returned, submitted } from '@/shared/organisational-life/fixture'
import type { LifeMeeting, OwnPart } from '@/shared/organisational-life/types'
import { problem, type Mocked } from '../support/mocked'
import { aMeeting, before, expect, origin, picture, test, type OpenWorld } from './world'
import { accessible } from '../support/accessible'

/** 组织生活会 at the desk: made, its materials decided on, its meetings linked, its report handed in. */

const secretary = { kind: 'staff', organisation_roles: [{ organisation: lifeBranch, role: 'secretary', role_title: '书记' }], membership: { member_id: 'm9', organisation: lifeBranch, standing: 'full', standing_title: '正式党员' } }
const branch = { ...lifeBranch, short_name: '柳河村党支部', kind: 'branch', kind_title: '党支部', level: 3, parent_id: null, order: 1, status: 'active', ends_on: null, leaders: [], own_members: 5, members: 5, may_administer: false, may_manage: true, children: [] }
const topic = `organisational_life:${lifeId}`
const path = `/organisational-life/${lifeId}`
const parts = (): OwnPart[] => [
  aPart({ member_id: 'm1', name: '黄志强', ...submitted }),
  aPart({ member_id: 'm2', name: '罗秀英', ...returned }),
  aPart({ member_id: 'm3', name: '覃桂花', state: 'approved', state_title: '已通过', version: 2, submitted_at: '2026-11-18T03:00:00.000Z', decided_by: { id: 'acc-9', name: '韦建国' }, decided_at: '2026-11-18T09:00:00.000Z' }),
  aPart({ member_id: 'm4', name: '陆永福' }),
  aPart({ member_id: 'm5', name: '梁少芬' }),
]

async function opened(world: OpenWorld, life: LifeMeeting, width = 1366, height = 768): Promise<{ page: Page; server: Mocked; materials: OwnPart[] }> {
  const { page, server } = await world({ at: before, name: '韦建国', me: secretary, width, height, scale: 1 })
  const materials = parts()
  server.at('GET', '/organisations/tree', { body: branch })
  server.at('GET', path, { body: life })
  server.at('GET', `${path}/materials`, () => ({ body: { items: materials } }))
  await page.goto(`${origin}/console/organisational-life/${lifeId}`)
  await expect(page.getByRole('heading', { name: life.topic })).toBeVisible()
  return { page, server, materials }
}

test('one is found by phase and year, made for some of the branch, and what is missing is told', async ({ world }) => {
  const { page, server } = await world({ at: before, name: '韦建国', me: secretary, width: 1366, height: 768, scale: 1 })
  server.at('GET', '/organisations/tree', { body: branch })
  server.at('GET', '/organisational-life', ({ query }) => ({ body: { items: query.get('phase') === 'after' ? [] : [aLife(), aLife({ id: 'l2', topic: '2025 年度组织生活会', year: 2025, phase: 'completed', phase_title: '已完成', materials_due_at: '2025-12-10T10:00:00.000Z', ends_at: '2025-12-25T10:00:00.000Z', counts: { participants: 24, submitted: 0, approved: 24, returned: 0, missing: 0, late: 0 } })], next_cursor: null } }))
  server.at('GET', '/members', { body: { items: ['黄志强', '罗秀英', '覃桂花'].map((name, index) => ({ id: `m${index}`, name, positions: [], position_titles: [], standing_title: '正式党员' })), total: 3, page: 1, size: 200 } })
  server.at('POST', '/organisational-life', { status: 201, body: aLife() })
  server.at('GET', path, { body: aLife() })
  server.at('GET', `${path}/materials`, { body: { items: parts() } })
  await page.goto(`${origin}/console`)
  await page.getByRole('link', { name: '组织生活会' }).click()
  await expect(page.getByRole('link', { name: '2025 年度组织生活会' })).toBeVisible()
  await picture(page, 'life-list')
  await accessible(page)
  await page.getByLabel('阶段').selectOption('after')
  await expect(page.getByText('没有符合条件的组织生活会')).toBeVisible()
  await expect(page).toHaveURL(/phase=after/)
  await page.getByRole('button', { name: '重置' }).click()
  await page.getByRole('button', { name: '发起组织生活会' }).click()
  const form = page.getByRole('dialog', { name: '发起组织生活会' })
  await form.getByRole('button', { name: '发起并通知' }).click()
  await expect(form.getByText('请填写会议名称')).toBeVisible()
  await expect(form.getByLabel('会议名称')).toBeFocused()
  await form.getByLabel('会议名称').fill('2026 年度组织生活会')
  await form.getByLabel('议题和要求').fill('查摆问题，开展批评和自我批评。')
  await form.getByLabel('部分党员').check()
  await form.getByLabel(/罗秀英/).uncheck()
  await expect(form.getByText('已选 2 / 3 人')).toBeVisible()
  await form.getByLabel('站内消息和短信').check()
  await picture(page, 'life-form')
  await accessible(page)
  await form.getByRole('button', { name: '发起并通知' }).click()
  await expect(page.getByText('参加人员已收到通知')).toBeVisible()
  expect(server.calls('POST', '/organisational-life')[0]?.body).toMatchObject({ org_id: lifeBranch.id, year: 2026, notice: 'message_and_sms', members: ['m0', 'm2'], materials_due_at: '2026-12-01T10:00:00.000Z' })
  await expect(page).toHaveURL(new RegExp(lifeId))
})

test('a material is read and approved, another returned for a reason that outlives a colleague who was faster', async ({ world }) => {
  const { page, server, materials } = await opened(world, aLife())
  await expect(page.getByText('有 1 份材料等待审核。还有 3 人没有交齐')).toBeVisible()
  server.at('GET', `${path}/materials/m1`, () => ({ body: aMaterial(materials[0] as OwnPart, { may: { submit: false, decide: materials[0]?.state === 'submitted' } }) }))
  server.at('POST', `${path}/materials/m1/return`, ({ body }) => {
    if (body['version'] === 1) {
      materials[0] = { ...(materials[0] as OwnPart), version: 2 }
      return problem(409, 'material.changed', '对照检查材料已重新提交，请查看最新内容后再审核', { version: 2 })
    }
    materials[0] = { ...(materials[0] as OwnPart), ...returned, version: 2 }
    return { body: materials[0] }
  })
  await picture(page, 'life-before')
  await accessible(page)
  await page.getByRole('button', { name: '审核 黄志强' }).click()
  const drawer = page.getByRole('dialog', { name: '黄志强的对照检查材料' })
  await expect(drawer.getByText('联系群众不够经常')).toBeVisible()
  await picture(page, 'life-material')
  await drawer.getByRole('button', { name: '退回', exact: true }).click()
  await drawer.getByRole('button', { name: '退回给本人' }).click()
  await expect(drawer.getByText('请写明退回原因')).toBeVisible()
  await drawer.getByLabel(/退回原因/).fill('请补充整改措施')
  await drawer.getByRole('button', { name: '退回给本人' }).click()
  await expect(drawer.getByText('对照检查材料已重新提交')).toBeVisible()
  await picture(page, 'life-overtaken')
  await accessible(page)
  await drawer.getByRole('button', { name: '查看最新' }).click()
  await expect(drawer.getByText('（第 2 稿）')).toBeVisible()
  await expect(drawer.getByLabel(/退回原因/)).toHaveValue('请补充整改措施')
  await drawer.getByRole('button', { name: /第 1 次提交/ }).click()
  await expect(drawer.getByText('（第 1 稿）')).toBeVisible()
  await drawer.getByRole('button', { name: '退回给本人' }).click()
  await expect(page.getByText('已退回 黄志强 的材料')).toBeVisible()
  expect(server.calls('POST', `${path}/materials/m1/return`).at(-1)?.body).toEqual({ version: 2, reason: '请补充整改措施' })
})

test('what comes live is shown at once, and says so beside what somebody reads', async ({ world }) => {
  const { page, server, materials } = await opened(world, aLife())
  await expect.poll(() => server.follows(topic)).toBe(true)
  server.at('GET', `${path}/materials/m1`, () => ({ body: aMaterial(aPart({ ...submitted }), { may: { submit: false, decide: true } }) }))
  server.at('POST', `${path}/materials/m1/approve`, problem(409, 'material.decided', '韦建国已审核通过', { state: 'approved' }))
  await page.getByRole('button', { name: '审核 黄志强' }).click()
  const drawer = page.getByRole('dialog')
  await expect(drawer.getByText('联系群众不够经常')).toBeVisible()
  materials[0] = { ...(materials[0] as OwnPart), state: 'approved', state_title: '已通过', decided_by: { id: 'x', name: '农春兰' }, decided_at: before }
  materials[3] = aPart({ member_id: 'm4', name: '陆永福', ...submitted })
  server.event(topic, 'organisational_life.material_approved', { organisation_id: 'o1', member_id: 'm1', state: 'approved', number: 1, version: 3 })
  await expect(drawer.getByText('农春兰刚刚审核了这份材料（已通过）')).toBeVisible()
  await expect(drawer.getByRole('button', { name: '审核通过' })).toBeDisabled()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('row', { name: /陆永福/ })).toContainText('待审核')
  await page.getByRole('button', { name: /^未提交/ }).click()
  await expect(page.getByRole('row')).toHaveCount(2)
})

const during = (changes: Partial<LifeMeeting> = {}): LifeMeeting =>
  aLife({ phase: 'during', phase_title: '会中', materials_due_at: '2026-11-20T10:00:00.000Z', counts: { participants: 5, submitted: 0, approved: 4, returned: 0, missing: 1, late: 1 }, may: { ...aLife().may, link: true }, ...changes })

test('the committee meets in a meeting that is made from here, the members in one that is there', async ({ world }) => {
  const { page, server } = await opened(world, during())
  await expect(page.getByText('请通知召开支委会和党员会')).toBeVisible()
  await picture(page, 'life-during')
  await accessible(page)
  server.at('GET', '/meeting-types', { body: { items: [{ code: 'committee_meeting', name: '支委会', enabled: true }, { code: 'organisation_life', name: '组织生活会', enabled: true }] } })
  server.at('GET', '/members', { body: { items: [{ id: 'm1', account_id: 'acc-1', name: '韦建国', positions: ['secretary'], position_titles: ['书记'], organisation: lifeBranch }, { id: 'm2', account_id: 'acc-2', name: '黄志强', positions: [], position_titles: [], organisation: lifeBranch }], total: 2, page: 1, size: 200 } })
  server.at('GET', '/members/m1', { body: { id: 'm1', name: '韦建国' } })
  server.at('POST', '/meetings', { status: 201, body: aMeeting({ id: 'mt9', topic: '2026 年度组织生活会（支委会）', state: 'draft' }) })
  server.at('PUT', `${path}/meetings/committee`, { body: during({ version: 2, meetings: { committee: aLinked({ id: 'mt9', topic: '2026 年度组织生活会（支委会）', state: 'draft', state_title: '草稿' }), members: null } }) })
  await page.getByRole('button', { name: '通知召开支委会' }).click()
  const form = page.getByRole('dialog', { name: '发起会议' })
  await expect(form.getByLabel('会议主题')).toHaveValue('2026 年度组织生活会（支委会）')
  await expect(form.getByLabel('会议类型')).toHaveValue('committee_meeting')
  await expect(form.getByRole('button', { name: '去掉 韦建国' })).toBeVisible()
  await form.getByLabel('会议地点').fill('村部二楼')
  await form.getByRole('button', { name: '保存草稿' }).click()
  await expect(page.getByText('核对后请启动')).toBeVisible()
  expect(server.calls('PUT', `${path}/meetings/committee`)[0]?.body).toEqual({ meeting_id: 'mt9' })
  await expect(page.getByRole('link', { name: '去启动会议' })).toHaveAttribute('href', '/console/meetings/mt9')

  server.at('GET', '/meetings', { body: { items: [aMeeting({ id: 'mt5', topic: '党员会（11 月 25 日）', type: 'organisation_life', starts_at: '2026-11-25T06:30:00.000Z', ends_at: '2026-11-25T08:00:00.000Z' })], next_cursor: null } })
  server.at('PUT', `${path}/meetings/members`, ({ body }) => (body['meeting_id'] === null ? { body: during({ version: 4 }) } : { body: during({ version: 3, meetings: { committee: aLinked({ id: 'mt9', state: 'ended', state_title: '已结束', minutes_state: 'signed', minutes_title: '已签发' }), members: aLinked({ id: 'mt5' }) } }) }))
  await page.getByRole('region', { name: '党员会' }).getByRole('button', { name: '选择已有会议' }).click()
  await page.getByRole('button', { name: '选择 党员会（11 月 25 日）' }).click()
  await expect(page.getByText('两个会议都已安排')).toBeVisible()
  expect(server.calls('GET', '/meetings').at(-1)?.query.get('type')).toBe('organisation_life')
  await expect(page.getByRole('region', { name: '支委会' })).toContainText('已签发')
  await expect(page.getByText('邀请上级派员')).toBeVisible()
  await picture(page, 'life-during-linked')
  // That it is over is told by the topic of the meeting itself.
  await expect.poll(() => server.follows('meeting:mt5')).toBe(true)
  server.at('GET', path, { body: during({ version: 3, meetings: { committee: null, members: aLinked({ id: 'mt5', state: 'running', state_title: '进行中' }) } }) })
  server.event('meeting:mt5', 'meeting.started', {})
  await expect(page.getByText('党员会正在进行')).toBeVisible()
  server.at('GET', path, { body: during({ version: 3, meetings: { committee: null, members: aLinked({ id: 'mt5' }) } }) })
  server.event('meeting:mt5', 'meeting.minutes_reopened', {})
  await page.getByRole('region', { name: '党员会' }).getByRole('button', { name: '取消关联' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '取消关联' }).click()
  await expect(page.getByText('已取消关联党员会')).toBeVisible()
})

test('the report is written, survives a reload, and completes the meeting', async ({ world }) => {
  const after = during({ phase: 'after', phase_title: '会后', meetings: { committee: aLinked({ state: 'ended', state_title: '已结束' }), members: aLinked({ state: 'ended', state_title: '已结束' }) }, may: { ...aLife().may, link: true, report: true, delete: false } })
  const { page, server } = await opened(world, after)
  await page.getByLabel('报告内容').fill('查摆问题 12 条，整改措施已分工到人。')
  await page.reload()
  await expect(page.getByLabel('报告内容')).toHaveValue('查摆问题 12 条，整改措施已分工到人。')
  await picture(page, 'life-after')
  await accessible(page)
  const done = { ...after, version: 5, phase: 'completed' as const, phase_title: '已完成', reported_at: before, may: { ...after.may, edit: false, link: false } }
  server.at('PUT', `${path}/report`, { body: done })
  server.at('GET', `${path}/report`, { body: { text: '查摆问题 12 条，整改措施已分工到人。', attachments: [], by: { id: 'acc-1', name: '韦建国' }, at: before } })
  server.at('GET', path, { body: done })
  await page.getByRole('button', { name: '提交报告' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '提交报告' }).click()
  await expect(page.getByText('本次组织生活会已完成。')).toBeVisible()
  await expect(page.getByRole('button', { name: '修改报告' })).toBeVisible()
  expect(server.calls('PUT', `${path}/report`)[0]?.key).toBeTruthy()
  await picture(page, 'life-completed')
})

test('it is changed without touching what a colleague changed, and deleted after a question', async ({ world }) => {
  const { page, server } = await opened(world, aLife())
  server.at('PATCH', path, { body: aLife({ version: 2, topic: '2026 年度组织生活会（修订）' }) })
  await page.getByRole('button', { name: '修改', exact: true }).click()
  const form = page.getByRole('dialog', { name: '修改组织生活会' })
  await expect(form.getByText('参加人员（5 人）和通知形式')).toBeVisible()
  await form.getByLabel('会议名称').fill('2026 年度组织生活会（修订）')
  await form.getByRole('button', { name: '保存' }).click()
  await expect(page.getByRole('heading', { name: '2026 年度组织生活会（修订）' })).toBeVisible()
  expect(server.calls('PATCH', path)[0]?.body).toEqual({ topic: '2026 年度组织生活会（修订）' })
  server.at('DELETE', path, { status: 204 })
  server.at('GET', '/organisational-life', { body: { items: [], next_cursor: null } })
  await page.getByRole('button', { name: '删除' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '删除' }).click()
  await expect(page.getByText('还没有组织生活会')).toBeVisible()
})

test('who looks over the branch sees how materials stand, and no button', async ({ world }) => {
  const { page } = await opened(world, aLife({ may: { edit: false, delete: false, review: false, link: false, report: false, submit: false } }), 390, 844)
  await expect(page.getByRole('row', { name: /黄志强/ })).toBeVisible()
  for (const name of [/^审核/, /^查看/, '修改', '删除']) await expect(page.getByRole('button', { name })).toHaveCount(0)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
  await picture(page, 'life-before-390')
  await accessible(page)
})
