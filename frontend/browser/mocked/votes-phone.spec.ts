import type { Page } from '@playwright/test'
import { problem } from '../support/mocked'
import { anAttendee, aVote, during, expect, listed, page as address, path, picture, questionOf, running, test, topic, turnout, voteId } from './world'
import { accessible } from '../support/accessible'

/** A member votes: nothing but the own touch changes what is filled in, and a ballot counts once. */

const inHall = anAttendee({ number: 12, status: 'on_time', present: true, presence: [{ from: '2026-11-21T06:21:00.000Z', until: null, way: 'code' }] })
const ballots = `${path}/votes/${voteId}/ballots`
const names = ['韦秀兰', '梁志强', '何晓燕', '覃桂花', '陆永福']
const election = aVote({ title: '选举新一届支部委员会委员', method: 'multiple', secrecy: 'secret', options: names, min: 0, max: 3, seats: 3, rule: '到会须为应到会有表决权人数的五分之四以上（含）；实到会有表决权人数过半数当选' })
const taken = { body: { vote_id: voteId, round: 1, cast: true } }
const own = (changes: object = {}): object => ({ vote_id: voteId, round: 1, cast: false, barred: null, ...changes })
const opening = (vote: typeof election, round = 1): object => ({ vote_id: vote.id, number: vote.number, question: questionOf(vote), round, expected: vote.expected, roll: vote.roll })
const card = (page: Page) => page.getByRole('region', { name: /^表决：/ })

async function fits(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(await page.evaluate(() => window.innerWidth))
  await accessible(page)
}

test('a vote opens, is filled in, confirmed, sent once and answered with a receipt', async ({ world }) => {
  const { page, server } = await world({ at: during })
  listed(server, running(), inHall)
  server.at('POST', ballots, taken)
  await page.goto(address())
  await expect(page.getByText('第 12 位')).toBeVisible()
  const asked = server.asked.length
  server.event(topic, 'vote.opened', opening(election))
  await expect(card(page)).toContainText('无记名：选票不记姓名，只记录您已投票。')
  await expect(page.getByText('表决开始，请投票')).toBeAttached()
  await expect(page.getByRole('button', { name: '投弃权票' })).toBeEnabled()
  for (const name of ['韦秀兰', '何晓燕']) await page.getByRole('checkbox', { name }).check()
  await expect(page.getByText('已选 2 / 最多 3')).toBeVisible()
  await page.getByRole('checkbox', { name: '陆永福' }).check()
  await expect(page.getByRole('checkbox', { name: '梁志强' })).toBeDisabled()
  await fits(page)
  await picture(page, 'vote-phone-filling')
  await page.getByRole('checkbox', { name: '陆永福' }).uncheck()
  await page.getByRole('button', { name: '投票', exact: true }).click()
  await expect(page.getByRole('dialog')).toContainText('投出后不能更改')
  await expect(page.getByRole('dialog').getByRole('listitem')).toHaveText(['韦秀兰', '何晓燕'])
  expect(server.calls('POST', ballots)).toHaveLength(0)
  await page.waitForTimeout(300)
  await picture(page, 'vote-phone-confirm')
  await page.getByRole('button', { name: '确认投票' }).click()
  await expect(card(page)).toContainText('已投票')
  const [sent] = server.calls('POST', ballots)
  expect(sent?.body).toEqual({ round: 1, choices: [0, 2], receipt: expect.stringMatching(/^[0-9A-HJKMNP-TV-Z]{16}$/) })
  const receipt = String(sent?.body['receipt'])
  await expect(card(page)).toContainText(receipt.match(/.{4}/g)?.join(' ') ?? '')
  await picture(page, 'vote-phone-cast')
  // A thousand phones do not ask when a vote opens.
  expect(server.asked.slice(asked).map(({ method, path: to }) => [method, to])).toEqual([['POST', ballots]])

  server.figures(topic, turnout(election, 100))
  server.figures(topic, turnout(election, 90))
  await expect(card(page)).toContainText('还有 4 人没有投')
  server.event(topic, 'vote.closed', { vote_id: voteId, round: 1, publishes: true })
  await expect(card(page)).toContainText('正在计票')
  const options = [80, 30, 77, 40, 61].map((votes, index) => ({ count: { votes }, needed: 53, outcome: [0, 2, 4].includes(index) ? 'passed' : 'failed' }))
  server.event(topic, 'vote.published', { vote_id: voteId, question: questionOf(election), result: { ballots: 100, blank: 2, held: 104, quorum_kept: true, options } })
  await expect(card(page)).toContainText('3 人当选')
  await expect(card(page).locator('.bars li').first()).toContainText(/韦秀兰\s*当选/)
  await expect(card(page)).toContainText('规则：')
  server.at('GET', `${path}/votes/${voteId}/receipts/${receipt}`, { body: { included: true, total: 100 } })
  await page.getByRole('button', { name: '核对回执' }).click()
  await expect(page.getByText('已计入：您的票在收回的 100 张票之中。')).toBeVisible()
  await fits(page)
  await page.evaluate(() => window.scrollTo(0, 0))
  await picture(page, 'vote-phone-result')
})

test('a hundred pushes a second leave a ballot alone, and so do a lost connection and a reload; a new round does not', async ({ world }) => {
  const { page, server } = await world({ at: during })
  const votes = { votes: [election], own_ballot: own() }
  listed(server, running(), inHall, {}, votes)
  server.at('POST', ballots, ({ body }) => ({ body: { vote_id: voteId, round: body['round'], cast: true } }))
  await page.goto(address())
  const pushes = setInterval(() => {
    const cast = Math.floor(Math.random() * 90)
    server.figures(topic, turnout(election, cast))
    server.event(topic, 'meeting.signed_in', { member_id: `x${cast}`, name: '某某', number: 200 + cast, status: 'late' })
  }, 10)
  for (const name of ['梁志强', '覃桂花', '陆永福']) {
    await page.getByRole('checkbox', { name }).check()
    await page.waitForTimeout(500)
  }
  await page.getByRole('checkbox', { name: '覃桂花' }).uncheck()
  const focused = page.getByRole('checkbox', { name: '陆永福' })
  await focused.focus()
  await page.waitForTimeout(500)
  clearInterval(pushes)
  await expect(focused).toBeFocused()
  await expect(page.getByText('已选 2 / 最多 3')).toBeVisible()
  server.cut()
  await page.clock.runFor(5_000)
  await expect.poll(() => server.follows(topic)).toBe(true)
  await expect(focused).toBeChecked()
  await page.reload()
  await expect(page.getByText('已选 2 / 最多 3')).toBeVisible()
  await expect(page.getByRole('checkbox', { checked: true })).toHaveCount(2)

  server.event(topic, 'vote.reset', { vote_id: voteId, round: 1, reason: '选票内容有误', by: { id: 'x', name: '韦建国' } })
  await expect(card(page)).toContainText('这次表决已作废，投过的票都不算。原因：选票内容有误。')
  await picture(page, 'vote-phone-void')
  server.event(topic, 'vote.opened', opening(election, 2))
  await expect(card(page)).toContainText('上一轮已作废')
  await expect(page.getByRole('checkbox', { checked: true })).toHaveCount(0)
  await page.getByRole('checkbox', { name: '韦秀兰' }).check()
  await page.getByRole('button', { name: '投票', exact: true }).click()
  await page.getByRole('button', { name: '确认投票' }).click()
  await expect(card(page)).toContainText('已投票')
  expect(server.calls('POST', ballots).map(({ body }) => [body['round'], body['choices']])).toEqual([[2, [0]]])
})

test('what was not answered is sent again under the same key, also after a reload, and counts once', async ({ world }) => {
  const { page, server, context, tolerate } = await world({ at: during })
  tolerate(/ERR_INTERNET_DISCONNECTED|ERR_FAILED/)
  const motion = aVote()
  listed(server, running(), inHall, {}, { votes: [motion], own_ballot: own() })
  const keys = new Set<string | null>()
  let counted = 0
  server.at('POST', ballots, ({ key }) => {
    if (!keys.has(key)) counted += 1
    keys.add(key)
    return taken
  })
  // The ballot arrives, but no answer does.
  let broken = true
  let arrived = 0
  await context.route(`**/api/v1${ballots}`, (route) => {
    if (!broken) return route.fallback()
    arrived += 1
    keys.add(route.request().headers()['idempotency-key'] ?? null)
    counted = keys.size
    return route.abort('internetdisconnected')
  })
  await page.goto(address())
  await page.getByRole('radio', { name: '赞成' }).focus()
  await page.keyboard.press('Space')
  await page.keyboard.press('ArrowDown')
  await expect(page.getByRole('radio', { name: '反对' })).toBeChecked()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: '确认投票' }).focus()
  await page.keyboard.press('Enter')
  await expect(async () => {
    await page.clock.runFor(2_000)
    await expect(page.getByText('还没有收到回音，正在自动重试')).toBeVisible({ timeout: 300 })
  }).toPass()
  await expect(page.getByRole('radio')).toHaveCount(0)
  await picture(page, 'vote-phone-retry')
  await page.reload()
  await expect(async () => {
    await page.clock.runFor(2_000)
    await expect(page.getByText('还没有收到回音，正在自动重试')).toBeVisible({ timeout: 300 })
  }).toPass()
  expect(arrived).toBeGreaterThan(2)
  broken = false
  await page.getByRole('button', { name: '马上重试' }).click()
  await expect(card(page)).toContainText('已投票')
  expect([keys.size, counted]).toEqual([1, 1])
  expect(server.calls('POST', ballots)[0]?.body).toEqual({ round: 1, choices: ['no'] })
})

test('a ballot that came too late is said not to count', async ({ world }) => {
  const { page, server } = await world({ at: during })
  listed(server, running(), inHall, {}, { votes: [aVote()], own_ballot: own() })
  server.at('POST', ballots, problem(409, 'vote.closed', '表决已经截止，这张票没有计入'))
  await page.goto(address())
  await page.getByRole('radio', { name: '赞成' }).check()
  await page.getByRole('button', { name: '投票', exact: true }).click()
  await page.getByRole('button', { name: '确认投票' }).click()
  await expect(page.getByRole('alert')).toContainText('这张票没有计入')
  server.event(topic, 'vote.closed', { vote_id: voteId, round: 1, publishes: true })
  await expect(card(page)).toContainText('正在计票')
  await expect(page.getByRole('alert')).toContainText('这张票没有计入')
  await picture(page, 'vote-phone-late')
})

test('who voted on another device is told so, and a ballot with a mistake can be mended', async ({ world }) => {
  const { page, server } = await world({ at: during })
  listed(server, running(), inHall, {}, { votes: [election], own_ballot: own() })
  let answer = problem(422, 'invalid', '选票有误', { fields: [{ field: 'choices', code: 'ballot.too_many', message: '最多选 3 项' }] })
  server.at('POST', ballots, () => answer)
  await page.goto(address())
  const vote = async (): Promise<void> => {
    await page.getByRole('button', { name: '投票', exact: true }).click()
    await page.getByRole('button', { name: '确认投票' }).click()
  }
  await page.getByRole('checkbox', { name: '韦秀兰' }).check()
  await vote()
  await expect(page.getByRole('alert')).toContainText('最多选 3 项')
  answer = problem(409, 'vote.cast_already', '您已经投过票，每人一票，不能更改')
  await vote()
  await expect(card(page)).toContainText('可能是在另一台设备上')
  await expect(card(page)).not.toContainText('回执码')
  const [first, second] = server.calls('POST', ballots)
  expect(first?.key).not.toBe(second?.key)
})

for (const [words, who, reason] of [
  ['a probationary member', { ...inHall, standing: 'probationary', number: 93 }, '预备党员没有表决权'],
  ['a guest', { ...inHall, role: 'guest', standing: 'none', status: 'guest', number: 94 }, '列席人员没有表决权'],
  ['who came after the opening', { ...inHall, number: 120 }, '表决开始时您不在会场'],
] as const) {
  test(`sees why there is no ballot, and how many have voted: ${words}`, async ({ world }) => {
    const { page, server } = await world({ at: during })
    listed(server, running(), anAttendee(who))
    await page.goto(address())
    await expect(page.getByText('我的签到')).toBeVisible()
    server.event(topic, 'vote.opened', opening(aVote()))
    await expect(card(page)).toContainText(reason)
    await expect(page.getByRole('radio')).toHaveCount(0)
    server.figures(topic, turnout(aVote(), 31))
    await expect(card(page)).toContainText('还有 73 人没有投')
    if (words === 'a guest') await picture(page, 'vote-phone-barred')
  })
}

for (const wishes of [{ width: 390, height: 844 }, { width: 360, height: 740, elder: true }, { width: 195, height: 422 }] as const) {
  test(`every kind of ballot fits and can be used: ${wishes.width}${'elder' in wishes ? ', elders’ edition' : ''}`, async ({ world }) => {
    const { page, server } = await world({ at: during, ...wishes })
    const name = `vote-phone-${wishes.width}`
    const kinds = [
      aVote(),
      aVote({ title: '接收预备党员', secrecy: 'secret', options: ['欧阳文静', '阿依古丽·买买提'], min: 2, max: 2 }),
      aVote({ title: '民主评议党员', method: 'score', options: ['支部班子', '党员先锋岗'], min: 0, max: 10, majority: null, quorum: null, rule: '' }),
      aVote({ title: '年度考评', method: 'score', options: ['支部班子'], min: 0, max: 100, majority: null, quorum: null, rule: '' }),
      aVote({ title: '活动日放在哪一天', method: 'single', options: ['每月第一个星期六', '每月 15 日', '由各小组自己定'], min: 0, max: 1, majority: null, rule: '得票最多的通过' }),
    ]
    for (const [index, vote] of kinds.entries()) {
      listed(server, running(), inHall, {}, { votes: [{ ...vote, id: `v${index}` }], own_ballot: own({ vote_id: `v${index}` }) })
      await page.goto(address())
      await expect(card(page).getByRole('button', { name: /^投/ })).toBeVisible()
      if (vote.method === 'yes_no_abstain') await card(page).getByRole('radio', { name: '赞成' }).first().check()
      if (vote.max === 10) await card(page).getByText('8', { exact: true }).first().click()
      if (vote.max === 100) {
        await card(page).getByRole('textbox').fill('85')
        await card(page).getByRole('button', { name: /加 1 分/ }).click()
        await expect(card(page).getByRole('textbox')).toHaveValue('86')
      }
      await fits(page)
      const least = 'elder' in wishes ? 60 : 44
      for (const target of await card(page).locator('.option, .score, .button').all()) expect((await target.boundingBox())?.height ?? 0).toBeGreaterThanOrEqual(least)
      await picture(page, `${name}-${index}`)
    }
  })
}
