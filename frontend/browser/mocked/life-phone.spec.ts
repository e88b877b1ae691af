import type { Page } from '@playwright/test'
import { aLife, aLinked, aMaterial, aPart, lifeBranch, lifeId, returned, submitted } from '@/shared/organisational-life/fixture'
import type { LifeMeeting, Material, OwnPart } from '@/shared/organisational-life/types'
import { problem, type Mocked } from '../support/mocked'
import { before, expect, origin, picture, test, type Wishes, type World } from './world'
import { accessible } from '../support/accessible'

/** 组织生活会 on a member's phone: what is due, and one's own material. */

const path = `/organisational-life/${lifeId}`
const me = { membership: { member_id: 'm1', organisation: lifeBranch, standing: 'full', standing_title: '正式党员' } }
const none = { edit: false, delete: false, review: false, link: false, report: false, submit: false }

function mine(own: OwnPart, open = true, changes: Partial<LifeMeeting> = {}): LifeMeeting {
  return aLife({ counts: null, own, may: { ...none, submit: open }, ...changes })
}

/** What the server has of it, which a test may change. */
interface Known {
  own: OwnPart
  open: boolean
  changes: Partial<LifeMeeting>
  material: Partial<Material>
}

function told(server: Mocked, own: OwnPart): Known {
  const known: Known = { own, open: true, changes: {}, material: {} }
  server.at('GET', path, () => ({ body: mine(known.own, known.open, known.changes) }))
  server.at('GET', `${path}/material`, () => ({ body: aMaterial(known.own, { may: { submit: known.open, decide: false }, ...known.material }) }))
  server.at('GET', '/organisational-life/mine', () => ({ body: { items: [mine(known.own, known.open, known.changes), aLife({ id: 'l0', topic: '2025 年度组织生活会', year: 2025, phase: 'completed', phase_title: '已完成', counts: null, own: aPart({ state: 'approved', state_title: '已通过', version: 1 }), may: none })], next_cursor: null } }))
  return known
}

async function opened(world: (wishes?: Wishes) => Promise<World>, own: OwnPart, wishes: Wishes = {}): Promise<World & { known: Known }> {
  const opening = await world({ at: before, me, ...wishes })
  const known = told(opening.server, own)
  await opening.page.goto(`${origin}/m/organisational-life/${lifeId}`)
  await expect(opening.page.getByRole('heading', { name: '2026 年度组织生活会' })).toBeVisible()
  return { ...opening, known }
}

async function fits(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
  await accessible(page)
}

test('a material is written, kept over a reload, and handed in once the server takes it', async ({ world }) => {
  const { page, server, tolerate } = await world({ at: before, me })
  tolerate(/status of 503/)
  const known = told(server, aPart())
  server.at('GET', '/meetings', { body: { items: [], next_cursor: null } })
  await page.goto(`${origin}/m/meetings`)
  await page.getByRole('link', { name: /^组织生活会/ }).click()
  await expect(page.getByRole('region', { name: '待提交材料' })).toContainText('2026 年度组织生活会')
  await picture(page, 'life-phone-list')
  await fits(page)
  await page.getByRole('link', { name: /2026 年度组织生活会/ }).click()
  await expect(page.getByText(/提交对照检查材料，逾期不能提交/)).toBeVisible()
  await page.getByRole('button', { name: '提交', exact: true }).click()
  await expect(page.getByText('请填写材料，或上传附件')).toBeVisible()
  await page.getByLabel('对照检查材料').last().fill('联系群众不够经常。')
  await expect(page.getByText('已保存在这部手机上，还没有提交')).toBeVisible()
  await page.reload()
  await expect(page.getByText('接着上次没有提交的内容')).toBeVisible()
  await expect(page.locator('textarea')).toHaveValue('联系群众不够经常。')
  await page.locator('input[type=file]').setInputFiles({ name: '对照检查.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4') })
  await expect(page.getByRole('button', { name: '重新上传 对照检查.pdf' })).toBeVisible()
  server.at('POST', '/attachments', { status: 201, body: { id: 'f1', kind: 'document', media_type: 'application/pdf', size: 8, name: '对照检查.pdf', url: '/api/v1/attachments/f1', duration_ms: null, width: null, height: null } })
  await page.getByRole('button', { name: '重新上传 对照检查.pdf' }).click()
  await expect(page.getByRole('link', { name: '对照检查.pdf' })).toBeVisible()
  await picture(page, 'life-phone-writing')
  await fits(page)
  server.on(({ method }) => (method === 'PUT' ? problem(503, 'server.busy', '服务器正忙') : undefined))
  await page.getByRole('button', { name: '提交', exact: true }).click()
  await expect(page.getByRole('alert')).toBeVisible()
  server.at('PUT', `${path}/material`, () => {
    Object.assign(known.own, submitted)
    return { body: known.own }
  })
  await page.getByRole('button', { name: '提交', exact: true }).click()
  await expect(page.getByText('已提交，待审核')).toBeVisible()
  const sent = server.calls('PUT', `${path}/material`)
  expect(sent.at(-1)?.body).toEqual({ text: '联系群众不够经常。', attachments: ['f1'] })
  expect(new Set(sent.map(({ key }) => key)).size).toBe(1)
  await expect(page.locator('textarea')).toHaveCount(0)
  await expect(page.getByText('第 1 次提交')).toBeVisible()
})

test('one that was returned says why, and is changed and handed in again; a push does not touch it', async ({ world }) => {
  const { page, server, known } = await opened(world, aPart(returned))
  await expect(page.getByText('请补充整改措施，写明完成时间。')).toBeVisible()
  await picture(page, 'life-phone-returned')
  await fits(page)
  await page.getByRole('button', { name: '修改材料' }).click()
  await page.locator('textarea').fill('补充后的整改措施：12 月底前完成。')
  known.own = aPart({ ...submitted, version: 2 })
  server.event('inbox', 'inbox.notified', { cause: 'c1', type: 'progress', urgency: 'normal', title: '对照检查材料', text: '', subject: { kind: 'organisational_life', id: lifeId } })
  await expect(page.getByText('您在别处又提交过一次（第 2 次）')).toBeVisible()
  await expect(page.locator('textarea')).toHaveValue('补充后的整改措施：12 月底前完成。')
  server.at('PUT', `${path}/material`, () => ({ body: (known.own = aPart({ ...submitted, version: 3 })) }))
  await page.getByRole('button', { name: '再次提交' }).click()
  await expect(page.getByText('第 3 次提交')).toBeVisible()
  await page.getByRole('button', { name: /第 2 次提交/ }).click()
  await expect(page.getByText('（第 2 稿）')).toBeVisible()
})

test('after the deadline it says so plainly, and what was not handed in is still there', async ({ world }) => {
  const { page, server, known } = await opened(world, aPart())
  await page.locator('textarea').fill('写了一半的材料')
  server.at('PUT', `${path}/material`, () => {
    Object.assign(known, { open: false, own: aPart({ late: true }), changes: { phase: 'during', phase_title: '会中', materials_due_at: '2026-11-21T06:09:00.000Z', meetings: { committee: null, members: aLinked() } } })
    return problem(409, 'material.too_late', '对照检查材料提交已截止')
  })
  await page.getByRole('button', { name: '提交', exact: true }).click()
  await expect(page.getByText('提交已截止，没有收到您的材料')).toBeVisible()
  await expect(page.getByText('写了一半的材料')).toBeVisible()
  await expect(page.getByRole('link', { name: /党员会：/ })).toHaveAttribute('href', '/m/meetings/mt1')
  await picture(page, 'life-phone-late')
  await fits(page)
  await page.getByRole('button', { name: '删除' }).click()
  await page.getByRole('button', { name: '确认删除' }).click()
  await expect(page.getByText('写了一半的材料')).toHaveCount(0)
})

test('the phase turns by the clock while the page is open', async ({ world }) => {
  const { page, known } = await opened(world, aPart(submitted), { at: '2026-11-23T09:59:00.000Z' })
  await expect(page.getByRole('button', { name: '修改后再次提交' })).toBeVisible()
  Object.assign(known, { open: false, changes: { phase: 'during', phase_title: '会中' } })
  await page.clock.fastForward(70_000)
  await expect(page.getByText('提交已截止，材料正等待审核')).toBeVisible()
  await expect(page.getByRole('button', { name: '修改后再次提交' })).toHaveCount(0)
})

test('one that is gone says so, in the elders’ edition too it fits', async ({ world }) => {
  const { page, known, server } = await opened(world, aPart(returned), { elder: true })
  await page.getByRole('button', { name: '修改材料' }).click()
  expect(known.own.state).toBe('returned')
  await picture(page, 'life-phone-elder')
  await fits(page)
  server.at('GET', path, problem(404, 'organisational_life.not_found', '没有找到'))
  await page.reload()
  await expect(page.getByText('没有找到这次组织生活会')).toBeVisible()
})
