import type { Page } from '@playwright/test'
import { problem } from '../support/mocked'
import type { Vote } from '@/shared/meeting/votes'
import { accessible } from '../support/accessible'
import { anAttendee, aVote, desk, during, expect, meetingId, origin, page as address, path, picture, questionOf, running, test, topic, turnout, voteId, type World } from './world'

/** Votes at the host's desk, on a phone and on a PC. */

const names = ['韦建国', '罗秀英', '黄志强', '覃桂花', '陆永福', '梁少芬']
const people = names.map((name, index) => anAttendee({ member_id: `m${index}`, name, number: index + 1, present: true, status: 'on_time', presence: [{ from: '2026-11-21T06:21:00.000Z', until: null, way: 'code' }] }))
const figures = { expected: 120, present: 104, on_time: 104, missing: 16 }
const prepared = (changes: Partial<Vote> = {}): Vote => aVote({ state: 'prepared', round: 0, number: 1, opened_at: null, expected: null, entitled: null, roll: null, ...changes })
const branch = { id: 'o1', name: '中共柳河村党支部', short_name: '柳河村党支部', kind: 'branch', kind_title: '党支部', level: 3, parent_id: null, order: 1, status: 'active', ends_on: null, leaders: [], may_administer: false, may_manage: true, children: [] }
const secretary = { kind: 'staff', organisation_roles: [{ organisation: { id: 'o1', name: '柳河村党支部' }, role: 'secretary', role_title: '书记' }] }
const result = { ballots: 100, blank: 0, held: 104, quorum_kept: true, options: [{ count: { yes: 81, no: 12, abstain: 7 }, needed: 61, outcome: 'passed' as const }] }
const panel = (page: Page) => page.getByRole('region', { name: '表决', exact: true })

/** What the server knows of votes; the list is asked for by the desk on every event. */
function keeps(server: World['server'], votes: Vote[]): Vote[] {
  server.at('GET', `${path}/votes`, () => ({ body: { items: votes, own_ballot: null } }))
  return votes
}

test('a vote is planned, refused for want of a quorum, opened, closed for later, and published', async ({ world }) => {
  const { page, server } = await world({ at: during, name: '韦建国' })
  desk(server, running(), people, figures)
  keeps(server, [])
  server.at('POST', `${path}/votes`, ({ body }) => (String(body['title']).includes('？') ? problem(422, 'invalid', '请检查填写的内容', { fields: [{ field: 'title', code: 'field.too_long', message: '最多 100 个字' }] }) : { status: 201, body: prepared() }))
  await page.goto(address('/host'))
  await expect(panel(page)).toContainText('还没有表决')
  await page.getByRole('button', { name: '新建表决' }).click()
  const form = page.getByRole('dialog', { name: '新建表决' })
  await form.getByRole('button', { name: '保存' }).click()
  await expect(form.getByText('请写明表决什么。')).toBeVisible()
  await expect(form.getByLabel('表决什么')).toBeFocused()
  await form.getByLabel('表决什么').fill('修路？')
  await form.getByRole('button', { name: '保存' }).click()
  await expect(form.locator('.field').getByText('最多 100 个字')).toBeVisible()
  await form.getByLabel('表决什么').fill(prepared().title)
  await accessible(page)
  await picture(page, 'vote-desk-form')
  await form.getByRole('button', { name: '保存' }).click()
  await expect(panel(page)).toContainText('未开始')
  expect(server.calls('POST', `${path}/votes`).at(-1)?.body).toEqual({ title: prepared().title, method: 'yes_no_abstain', secrecy: 'open', quorum: { numerator: 1, denominator: 2, more_than: true }, majority: { base: 'expected', numerator: 1, denominator: 2, more_than: true }, show: 'after_close' })

  const mine = keeps(server, [prepared()])
  let quorum = false
  server.at('POST', `${path}/votes/${voteId}/open`, () => (quorum ? { body: mine[0] } : problem(409, 'vote.no_quorum', '到会的有表决权人数不足，不能开始表决', { needed: 61, present: 50 })))
  await page.getByRole('button', { name: '开始表决' }).click()
  await expect(page.getByRole('dialog')).toContainText('之后才到的不能投这一轮')
  await page.getByRole('dialog').getByRole('button', { name: '开始表决' }).click()
  await expect(panel(page).getByRole('alert')).toHaveText('到会的有表决权人数不足，不能开始表决：需到 61 人，现到 50 人')
  await picture(page, 'vote-desk-no-quorum')
  quorum = true
  const open = aVote({ number: 1 })
  mine[0] = open
  await page.getByRole('button', { name: '开始表决' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '开始表决' }).click()
  server.event(topic, 'vote.opened', { vote_id: voteId, number: 1, question: questionOf(open), round: 1, expected: 120, roll: open.roll })
  await expect(panel(page)).toContainText('表决中')
  server.figures(topic, turnout(open, 88))
  server.figures(topic, turnout(open, 80))
  await expect(panel(page)).toContainText('还有 16 人没有投')
  await picture(page, 'vote-desk-open')

  server.at('POST', `${path}/votes/${voteId}/close`, () => ({ body: (mine[0] = { ...open, state: 'closed', cast: 100, closed_at: during }) }))
  await page.getByRole('button', { name: '截止', exact: true }).click()
  await expect(page.getByRole('dialog')).toContainText('还有 16 人没有投。')
  await picture(page, 'vote-desk-close')
  await page.getByRole('button', { name: '截止，稍后公布' }).click()
  expect(server.calls('POST', `${path}/votes/${voteId}/close`)[0]?.body).toEqual({ publish: false })
  mine[0] = { ...open, state: 'counted', cast: 100, closed_at: during, result }
  server.event(topic, 'vote.counted', { vote_id: voteId, round: 1 })
  await expect(panel(page)).toContainText('已计票，未公布')
  await expect(panel(page)).toContainText('赞成 81 票，需 61 票')
  await expect(panel(page).getByRole('button', { name: '作废重来' })).toBeVisible()
  await picture(page, 'vote-desk-counted')
  server.at('POST', `${path}/votes/${voteId}/publish`, () => ({ body: (mine[0] = { ...open, state: 'published', cast: 100, result, published_at: during }) }))
  await page.getByRole('button', { name: '公布结果' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '公布' }).click()
  await expect(panel(page)).toContainText('已公布')
  await expect(panel(page).getByRole('button', { name: '作废重来' })).toHaveCount(0)
  server.at('GET', `${path}/votes/${voteId}/ballots`, { body: { items: [{ member_id: 'm1', name: '罗秀英', choices: ['yes'] }, { member_id: 'm2', name: '黄志强', choices: ['abstain'] }] } })
  await page.getByRole('button', { name: '每人怎么投的' }).click()
  await expect(page.getByRole('dialog').getByRole('listitem')).toHaveText([/罗秀英\s*赞成/, /黄志强\s*弃权/])
})

test('the usual kinds send what the rules ask for, and a plan is changed or deleted before it opens', async ({ world }) => {
  const { page, server } = await world({ at: during, name: '韦建国' })
  desk(server, running(), people, figures, { votes: [prepared()] })
  keeps(server, [prepared()])
  server.at('POST', `${path}/votes`, { status: 201, body: prepared({ id: 'v2', number: 2, title: '选举支部委员' }) })
  server.at('PUT', `${path}/votes/${voteId}`, problem(409, 'vote.changed', '表决刚刚被其他人修改，请重新打开后再改'))
  server.at('DELETE', `${path}/votes/${voteId}`, { status: 204 })
  await page.goto(address('/host'))
  await page.getByRole('button', { name: '新建表决' }).click()
  const form = page.getByRole('dialog')
  await form.getByRole('radio', { name: /^选举/ }).check()
  await form.getByLabel('表决什么').fill('选举支部委员')
  await form.getByLabel('候选人，每行一个').fill('韦秀兰\n梁志强\n何晓燕\n覃桂花\n')
  await form.getByRole('button', { name: '保存' }).click()
  await expect(form.getByText('请填写应选人数。')).toBeVisible()
  await form.getByLabel('应选人数').fill('3')
  await picture(page, 'vote-desk-election')
  await form.getByRole('button', { name: '保存' }).click()
  await expect(form).toBeHidden()
  expect(server.calls('POST', `${path}/votes`)[0]?.body).toEqual({ title: '选举支部委员', method: 'multiple', secrecy: 'secret', options: ['韦秀兰', '梁志强', '何晓燕', '覃桂花'], min: 0, max: 3, seats: 3, quorum: { numerator: 4, denominator: 5, more_than: false }, majority: { base: 'present', numerator: 1, denominator: 2, more_than: true }, show: 'after_close' })

  const first = panel(page).getByRole('listitem').first()
  await first.getByRole('button', { name: '修改' }).click()
  await page.getByLabel('表决什么').fill('改过的题目')
  await page.getByLabel('通过按什么计算').selectOption('yes_and_no')
  await page.getByRole('button', { name: '保存' }).click()
  await expect(page.getByRole('dialog').getByRole('alert')).toContainText('表决刚刚被其他人修改')
  expect(server.calls('PUT', `${path}/votes/${voteId}`)[0]?.body).toMatchObject({ version: 4, title: '改过的题目', majority: { base: 'yes_and_no' } })
  await page.getByRole('button', { name: '关闭' }).click()
  await first.getByRole('button', { name: '删除' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '删除' }).click()
  await expect(panel(page).getByRole('heading', { name: prepared().title })).toHaveCount(0)
})

test('a round is declared void with a reason', async ({ world }) => {
  const { page, server } = await world({ at: during, name: '韦建国' })
  desk(server, running(), people, figures, { votes: [aVote({ cast: 40 })], own_ballot: { vote_id: voteId, round: 1, cast: false, barred: null } })
  keeps(server, [prepared({ round: 1, number: 2 })])
  server.at('POST', `${path}/votes/${voteId}/reset`, { body: prepared({ round: 1, number: 2 }) })
  await page.goto(address('/host'))
  await expect(page.getByRole('link', { name: '去投票' })).toBeVisible()
  await page.getByRole('button', { name: '作废重来' }).click()
  await page.getByRole('button', { name: '选票内容有误' }).click()
  await page.getByRole('button', { name: '作废这一轮' }).click()
  await expect(panel(page)).toContainText('已作废，待重开')
  expect(server.calls('POST', `${path}/votes/${voteId}/reset`)[0]?.body).toEqual({ reason: '选票内容有误' })
  await expect(page.getByRole('button', { name: '开始表决' })).toBeEnabled()
})

test('the desk on a PC shows the same beside the list of people', async ({ world }) => {
  const { page, server } = await world({ at: during, name: '韦建国', me: secretary, width: 1366, height: 768, scale: 1 })
  server.at('GET', '/organisations/tree', { body: branch })
  server.at('GET', '/meeting-types', { body: { items: [] } })
  server.at('GET', `${path}/sign-in/code`, { body: { code: 'AB3K9XQ2LM7P', url: `${origin}/s/AAAB.AB3K9XQ2LM7P`, slot_ends_at: '2026-11-21T06:41:25.000Z', rotates_every_ms: 5000, now: during } })
  const votes = [aVote({ number: 2, cast: 64 }), prepared({ id: 'v3', number: 3, title: '接收罗秀英为预备党员', secrecy: 'secret' }), aVote({ id: 'v1', number: 1, title: '通过议程', state: 'published', published_at: during, cast: 100, result })]
  desk(server, running(), people, figures, { votes })
  keeps(server, votes)
  await page.goto(`${origin}/console/meetings/${meetingId}`)
  await expect(panel(page).getByRole('listitem').first()).toContainText('还有 40 人没有投')
  await expect(panel(page)).toContainText('另一项表决结束后可以开始。')
  await accessible(page)
  await picture(page, 'vote-console')
  await page.getByRole('button', { name: '新建表决' }).click()
  await page.getByRole('radio', { name: /^自定义/ }).check()
  const method = page.getByRole('combobox', { name: /^投票方式/ })
  await method.selectOption('score')
  await expect(page.getByLabel('最高分')).toHaveValue('10')
  await page.waitForTimeout(300)
  await picture(page, 'vote-console-form')
})
