import type { Page } from '@playwright/test'
import { aForm, anAppraisal, appraisalId, aResult, somePeople } from '@/shared/appraisal/fixture'
import { problem, type Mocked } from '../support/mocked'
import { before, expect, origin, picture, test, type Wishes, type World, type OpenWorld } from './world'
import { accessible } from '../support/accessible'

const path = `/appraisals/${appraisalId}`
const topic = `appraisal:${appraisalId}`
const at = `${origin}/m${path}`
const member = { membership: { member_id: 'm2', organisation: { id: 'o', name: '柳河村党支部' } }, organisation_roles: [] }
const told = { appraisal_id: appraisalId, organisation_id: 'o', state: 'rating', deadline: anAppraisal().deadline, version: 2 }

async function opened(world: OpenWorld, wishes: Wishes = {}, play: (server: Mocked) => void = () => undefined): Promise<World> {
  const opening = await world({ me: member, ...wishes })
  const { page, server } = opening
  server.at('GET', path, { body: anAppraisal() })
  server.at('GET', `${path}/form`, { body: aForm() })
  server.at('PUT', `${path}/form`, { body: { appraisal_id: appraisalId, submitted: true, deadline: anAppraisal().deadline } })
  play(server)
  await page.goto(at)
  return opening
}

const rate = (page: Page, name: string, grade: string): Promise<void> => page.getByRole('group', { name, exact: true }).getByText(grade, { exact: true }).click()
const write = (page: Page, text: string): Promise<void> => page.getByLabel('对照检查，写几句').fill(text)
const others = somePeople().filter((person) => person.standing === 'full' && person.member_id !== 'm2')

async function fill(page: Page): Promise<void> {
  await rate(page, '给自己评什么等次', '合格')
  await write(page, '按时参加组织生活')
  for (const [index, person] of others.entries()) await rate(page, person.name, index < 3 ? '优秀' : '合格')
}

async function fits(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(await page.evaluate(() => window.innerWidth))
  await accessible(page)
}

test('a form is filled in with one thumb, sent whole, and changed until the deadline', async ({ world }) => {
  const { page, server } = await opened(world)
  await expect(page.getByText('已评 0/11')).toBeVisible()
  await expect(page.getByRole('group', { name: '黄志强' })).toHaveCount(0)
  await page.getByRole('button', { name: '提交', exact: true }).click()
  await expect(page.getByRole('alert')).toHaveText('请先选自己的自评等次。')
  await rate(page, '给自己评什么等次', '合格')
  await write(page, '按时参加组织生活')
  await rate(page, '韦建国', '优秀')
  await expect(page.getByText('已评 1/11')).toBeVisible()
  await picture(page, 'appraisal-form')
  await page.getByRole('button', { name: /^已评 1\/11/ }).click()
  await expect(page.getByRole('alert')).toHaveText('还有 10 人没有评，从罗秀英开始。')
  await picture(page, 'appraisal-form-missing')
  for (const person of others.slice(1)) await rate(page, person.name, '合格')
  await page.getByRole('button', { name: '提交', exact: true }).click()
  await expect(page.getByText('截止前可以修改')).toBeVisible()
  expect(server.calls('PUT', `${path}/form`)[0]?.body).toEqual({
    self: { grade: 'qualified', text: '按时参加组织生活' },
    ratings: others.map(({ member_id }, index) => ({ member_id, grade: index === 0 ? 'excellent' : 'qualified' })),
  })
  // What was sent stays on nobody's phone.
  expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('lianxin.appraisal')))).toEqual([])
  await expect(page.getByRole('button', { name: '提交修改' })).toBeDisabled()
  await rate(page, '韦建国', '基本合格')
  await expect(page.getByText('有修改没有提交')).toBeVisible()
  await picture(page, 'appraisal-form-changed')
  await page.getByRole('button', { name: '恢复为已提交的' }).click()
  await expect(page.getByRole('group', { name: '韦建国' }).getByRole('radio', { name: '优秀' })).toBeChecked()
  await rate(page, '韦建国', '合格')
  await page.getByRole('button', { name: '提交修改' }).click()
  await expect(page.getByText('已提交', { exact: true })).toBeVisible()
  expect(server.calls('PUT', `${path}/form`)).toHaveLength(2)
})

test('a draft outlives a push and a reload', async ({ world }) => {
  const { page, server } = await opened(world)
  await write(page, '写了一半')
  await rate(page, '罗秀英', '不合格')
  await expect.poll(() => server.follows(topic)).toBe(true)
  const asked = server.calls('GET', path).length
  server.at('GET', path, { body: anAppraisal({ turnout: { participants: 13, submitted: 9, mass: 4 } }) })
  server.event(topic, 'appraisal.rated', told)
  await expect.poll(() => server.calls('GET', path).length).toBeGreaterThan(asked)
  await expect(page.getByLabel('对照检查，写几句')).toHaveValue('写了一半')
  await page.reload()
  await expect(page.getByLabel('对照检查，写几句')).toHaveValue('写了一半')
  await expect(page.getByRole('group', { name: '罗秀英' }).getByRole('radio', { name: '不合格', exact: true })).toBeChecked()
})

test('without a network nothing is lost, and it says so', async ({ world }) => {
  const { page, context, tolerate } = await opened(world)
  tolerate(/Failed to load resource/)
  await fill(page)
  await context.route(/\/api\/v1\/appraisals\/.*\/form$/, (route) => route.abort())
  await page.getByRole('button', { name: '提交', exact: true }).click()
  await expect(page.getByText('网络不通，还没有提交。填的内容已保存在这台手机上')).toBeVisible()
  await context.unroute(/\/api\/v1\/appraisals\/.*\/form$/)
  await page.getByRole('button', { name: '提交', exact: true }).click()
  await expect(page.getByText('已提交', { exact: true })).toBeVisible()
})

test('at the deadline the form closes by itself; what was not sent is not thrown away', async ({ world }) => {
  const { page, server } = await opened(world, { at: '2026-11-21T09:59:50.000Z' })
  await write(page, '来不及提交的自评')
  server.at('GET', path, { body: anAppraisal({ state: 'meeting', state_title: '评定会议', may: [] }) })
  await page.clock.fastForward(15_000)
  await expect(page.getByText('填的内容没有提交')).toBeVisible()
  await expect(page.getByText('来不及提交的自评')).toBeVisible()
  await expect(page.getByText('支部将通知召开评定会议')).toBeVisible()
  await picture(page, 'appraisal-late')
  await fits(page)
  await page.getByRole('button', { name: '清除' }).click()
  await expect(page.getByText('来不及提交的自评')).toHaveCount(0)
})

test('what is kept secret, and what is not, is said plainly', async ({ world }) => {
  const { page } = await opened(world)
  await page.getByText('谁给谁评了什么，任何页面都不显示').click()
  await expect(page.getByText('您的自评（截止后，本支部和上级的管理人员可看），以及您有没有提交')).toBeVisible()
  await picture(page, 'appraisal-promise')
  await fits(page)
})

const ended = anAppraisal({ state: 'ended', state_title: '已结束', counted: true, submitted: true, may: ['results', 'acknowledge'], version: 9, ended_at: before })
const graded = aResult({ grade: { grade: 'qualified', grade_title: '合格', opinion: '能够履行党员义务，冬季防火巡护积极。', follow_up: '加强理论学习。', at: before, by: { id: 'acc-9', name: '韦建国' } } })
const results = { appraisal_id: appraisalId, state: 'ended', state_title: '已结束', turnout: ended.turnout, progress: null, items: [graded] }

test('after the end one reads what came of it, and takes note', async ({ world }) => {
  const { page, server } = await opened(world, {}, (playing) => {
    playing.at('GET', path, { body: ended })
    playing.at('GET', `${path}/results`, { body: results })
  })
  await expect(page.getByText('能够履行党员义务')).toBeVisible()
  await expect(page.getByText('优秀 4')).toBeVisible()
  await expect(page.getByText('少于5人，不显示')).toBeVisible()
  await picture(page, 'appraisal-result')
  await fits(page)
  server.at('GET', `${path}/results`, { body: { ...results, items: [{ ...graded, acknowledged_at: before }] } })
  server.at('POST', `${path}/acknowledge`, { body: { ...ended, people: undefined, may: ['results'], version: 10 } })
  await page.getByRole('button', { name: '本人已阅' }).click()
  await expect(page.getByText(/^✓ 您于 .* 已阅$/)).toBeVisible()
})

test('群众 come by the link, sign in, and rate whom they know', async ({ world }) => {
  const asked = anAppraisal({ participates: false, may: ['opinion'], people: somePeople().slice(0, 12) })
  const { page, server, login } = await opened(world, { signedIn: false, me: {} }, (playing) => {
    playing.at('GET', path, { body: asked })
    playing.at('GET', `${path}/opinion`, { body: aForm({ rates_self: false, people: asked.people ?? [] }) })
    playing.at('PUT', `${path}/opinion`, { body: { appraisal_id: appraisalId, submitted: true, deadline: asked.deadline } })
  })
  await expect(page.getByText('登录后参加评议')).toBeVisible()
  await expect(page.getByText('任何页面都不显示谁给谁评了什么，书记和管理员也看不到。')).toBeVisible()
  await picture(page, 'appraisal-guest')
  await fits(page)
  login.signedIn = true
  await page.reload()
  await expect(page.getByText('只评您了解的，至少一名')).toBeVisible()
  await expect(page.getByText('自评', { exact: true })).toHaveCount(0)
  await page.getByRole('button', { name: '提交', exact: true }).click()
  await expect(page.getByRole('alert')).toHaveText('请至少评一名党员。')
  await rate(page, '韦建国', '优秀')
  await page.getByRole('button', { name: '提交', exact: true }).click()
  await expect(page.getByText('已提交', { exact: true })).toBeVisible()
  expect(server.calls('PUT', `${path}/opinion`)[0]?.body).toEqual({ ratings: [{ member_id: 'm0', grade: 'excellent' }] })
  // Nothing live is told to them, so nothing is asked for.
  expect(server.follows(topic)).toBe(false)
})

test('a link that is no longer for me says so', async ({ world }) => {
  const { page } = await opened(world, {}, (playing) => playing.at('GET', path, problem(404, 'appraisal.not_found', '没有找到这次民主评议')))
  await expect(page.getByText('可能已经截止，或者不需要您参加')).toBeVisible()
})

test('mine are listed, what waits for me first', async ({ world }) => {
  const { page, server } = await world({ me: member })
  server.at('GET', '/appraisals/mine', { body: { items: [{ ...ended, id: 'old', topic: '2025 年度民主评议党员', year: 2025, may: ['results'] }, { ...anAppraisal(), people: undefined }], next_cursor: null } })
  await page.goto(`${origin}/m/appraisals`)
  const links = page.getByRole('main').getByRole('link')
  await expect(links).toHaveCount(2)
  await expect(links.first()).toContainText('待我填写')
  await picture(page, 'appraisal-mine')
  await fits(page)
  server.at('GET', '/appraisals/mine', { body: { items: [], next_cursor: null } })
  await page.reload()
  await expect(page.getByText('还没有民主评议')).toBeVisible()
})

for (const wishes of [{ width: 360, height: 740 }, { elder: true }] as const) {
  test(`the form fits and is accessible: ${JSON.stringify(wishes)}`, async ({ world }) => {
    const { page } = await opened(world, wishes)
    await rate(page, '韦建国', '基本合格')
    await fits(page)
    await picture(page, `appraisal-form-${'elder' in wishes ? 'elder' : '360'}`)
  })
}
