import type { Page } from '@playwright/test'
import type { Vote, VoteResult } from '@/shared/meeting/votes'
import { aVote, during, expect, meetingId, origin, path, picture, questionOf, running, someFigures, test, topic, turnout, voteId, type World } from './world'
import { accessible } from '../support/accessible'

/** The wall gives way to a vote, and comes back as it was. */

const screens = { hd: { width: 1920, height: 1080, scale: 1 }, office: { width: 1366, height: 768, scale: 1 } } as const
const facts = { id: meetingId, topic: '2026 年第四季度党员大会', organisation_name: '青岚县 云溪镇 柳河村党支部', host: '韦秀兰', place: '村部二楼会议室', starts_at: '2026-11-21T06:30:00.000Z', ends_at: '2026-11-21T08:30:00.000Z', started_at: '2026-11-21T06:30:12.000Z', ended_at: null, cancel_reason: null, sign_in_opens_at: '2026-11-21T06:00:00.000Z', sign_in_required: true, items: running().agenda }
const surnames = Array.from('韦梁何黄李陈罗张唐蒙覃莫')
const arrival = (number: number): object => ({ member_id: `m${number}`, name: `${surnames[number % surnames.length] ?? ''}志强`, number, status: 'on_time', present: true })
const figures = (changes: object = {}): object => ({ ...someFigures({ state: 'running', expected: 126, present: 104, leave: 4, missing: 18, agenda: running().agenda_position }), voters: 120, voters_present: 104, ...changes })
const stage = (page: Page) => page.getByRole('region', { name: /^表决：/ })
const result = (changes: Partial<VoteResult> = {}): VoteResult => ({ ballots: 100, blank: 0, held: 104, quorum_kept: true, options: [{ count: { yes: 81, no: 12, abstain: 7 }, needed: 61, outcome: 'passed' }], ...changes })
const publishedEvent = (vote: Vote, outcome: VoteResult): object => ({ vote_id: vote.id, question: questionOf(vote), result: outcome })

async function show({ page, server }: World, votes: readonly Vote[] = [], theme = ''): Promise<void> {
  server.state(topic, { meeting: facts, figures: figures(), arrivals: Array.from({ length: 104 }, (_, index) => arrival(index + 1)), votes })
  server.at('GET', `${path}/sign-in/code`, { body: { code: 'AB3K9XQ2LM7P', url: `${origin}/s/AAAB.AB3K9XQ2LM7P`, slot_ends_at: '2026-11-21T06:41:25.000Z', rotates_every_ms: 5000, now: during } })
  await page.goto(`${origin}/screen/meeting/${meetingId}${theme}`)
  await expect(page.locator('.head h1')).toBeVisible()
}

/** Nothing is cut off, nothing scrolls, nothing lies over something else. */
async function fits(page: Page): Promise<void> {
  const cut = await page.evaluate(() => {
    const { clientWidth, clientHeight, scrollWidth, scrollHeight } = document.documentElement
    const part = document.querySelector('.vote-over')
    const inside = [...(part?.querySelectorAll('h2, li, li *, footer, .stamp, .stamp *, .cast, .when') ?? [])]
    const foot = part?.querySelector('footer')?.getBoundingClientRect().top ?? 0
    const paper = part?.querySelector('.question')?.getBoundingClientRect()
    const outside = inside.filter((element) => {
      const box = element.getBoundingClientRect()
      const inList = element.closest('.options') !== null
      return box.left < -1 || box.right > clientWidth + 1 || box.bottom > clientHeight + 1 || (inList && (box.bottom > foot + 1 || box.right > (paper?.right ?? 0) + 1))
    })
    const stamp = part?.querySelector('.stamp')
    return { scrolls: scrollWidth > clientWidth || scrollHeight > clientHeight, outside: outside.slice(0, 4).map(({ outerHTML }) => outerHTML.slice(0, 120)), stampCut: stamp ? stamp.scrollHeight > stamp.clientHeight + 1 || stamp.scrollWidth > stamp.clientWidth + 1 : false }
  })
  expect(cut).toEqual({ scrolls: false, outside: [], stampCut: false })
}

async function settled(page: Page): Promise<void> {
  await page.clock.runFor(1_000)
  await page.waitForTimeout(400)
}

for (const [name, screen] of Object.entries(screens)) {
  for (const theme of ['', '?theme=dark']) {
    const shot = `vote-wall-${name}${theme === '' ? '' : '-dark'}`
    test(`a motion from its opening to its result: ${name}${theme}`, async ({ world }) => {
      const opened = await world({ at: during, name: '大屏', ...screen })
      const { page, server } = opened
      await show(opened, [], theme)
      await expect(page.getByRole('img', { name: '已签到 104 人' })).toBeVisible()
      const motion = aVote()
      server.event(topic, 'vote.opened', { vote_id: voteId, number: 2, question: questionOf(motion), round: 1, expected: 120, roll: motion.roll })
      await expect(stage(page)).toContainText('正在表决')
      await expect(page.getByRole('img', { name: '签到二维码' })).toBeHidden()
      server.figures(topic, { ...figures(), ...turnout(motion, 61), present: 104 })
      server.figures(topic, { ...figures(), ...turnout(motion, 60), present: 104 })
      await settled(page)
      await expect(page.locator('.cast')).toHaveText(/61\s*已投 \/ 104/)
      await fits(page)
      await picture(page, `${shot}-open`)
      server.event(topic, 'vote.closed', { vote_id: voteId, round: 1, publishes: true })
      await expect(page.locator('.stamp')).toContainText('正在计票')
      await settled(page)
      await picture(page, `${shot}-counting`)
      server.event(topic, 'vote.published', publishedEvent(motion, result()))
      await expect(page.locator('.stamp')).toContainText('通过')
      await expect(page.locator('.stamp svg')).toBeVisible()
      await expect(page.locator('.only li')).toHaveText([/赞成\s*81\s*81.0%/, /反对\s*12\s*12.0%/, /弃权\s*7\s*7.0%/, /需要赞成 61 票/])
      await expect(stage(page)).toContainText('规则：')
      await expect(page.getByText('表决结果：')).toBeAttached()
      await settled(page)
      await fits(page)
      await accessible(page, { except: ['region'] })
      await picture(page, `${shot}-result`)
    })
  }
}

test('a result of a moment ago is on the wall, one of more than a minute ago is not', async ({ world }) => {
  const opened = await world({ at: during, name: '大屏', ...screens.hd })
  const { page } = opened
  const published: Vote = { ...aVote(), state: 'published', cast: 100, result: result(), closed_at: '2026-11-21T06:41:05.000Z', published_at: '2026-11-21T06:41:06.000Z' }
  await show(opened, [published])
  await expect(page.locator('.stamp')).toContainText('通过')
  await show(opened, [{ ...published, id: 'earlier', published_at: '2026-11-21T06:40:19.000Z' }])
  await expect(page.getByRole('img', { name: '已签到 104 人' })).toBeVisible()
  await expect(stage(page)).toHaveCount(0)
})

test('all other endings: not passed, a tie, void, an election, scores, few ballots', async ({ world }) => {
  const opened = await world({ at: during, name: '大屏', ...screens.hd })
  const { page } = opened
  const names = ['韦秀兰', '梁志强', '何晓燕', '覃桂花', '阿依古丽·买买提']
  const election = aVote({ title: '选举新一届支部委员会委员', method: 'multiple', secrecy: 'secret', options: names, min: 0, max: 3, seats: 3, rule: '' })
  const endings: readonly (readonly [string, Vote, VoteResult, string])[] = [
    ['failed', aVote(), result({ options: [{ count: { yes: 40, no: 52, abstain: 8 }, needed: 61, outcome: 'failed' }] }), '未通过'],
    ['void', aVote(), result({ held: 40, quorum_kept: false, options: [{ count: { yes: 38, no: 2, abstain: 0 }, needed: 61, outcome: 'void' }] }), '无效'],
    ['election', election, result({ blank: 1, options: [80, 77, 61, 40, 30].map((votes, index) => ({ count: { votes }, needed: 53, outcome: index < 3 ? 'passed' : 'failed' })) }), '3 人当选'],
    ['tied', election, result({ options: [80, 77, 61, 61, 30].map((votes, index) => ({ count: { votes }, needed: 53, outcome: index < 2 ? 'passed' : index < 4 ? 'tied' : 'failed' })) }), '2 人当选'],
    ['score', aVote({ title: '民主评议支部班子', method: 'score', options: ['学习', '作风', '服务'], min: 0, max: 10, majority: null, quorum: null, rule: '' }), result({ options: [871, 903, 765].map((sum) => ({ count: { sum }, needed: null, outcome: null })) }), '统计结果'],
    ['few', aVote({ secrecy: 'secret', options: ['罗秀英', '黄志强'], entitled: 4, expected: 5 }), result({ ballots: 4, blank: null, options: [{ count: null, needed: null, outcome: 'passed' }, { count: null, needed: null, outcome: 'failed' }] }), '1 项通过'],
  ]
  for (const [name, vote, outcome, word] of endings) {
    await show(opened, [{ ...vote, id: name, state: 'published', cast: outcome.ballots, result: outcome, closed_at: '2026-11-21T06:41:15.000Z', published_at: '2026-11-21T06:41:16.000Z' }])
    await expect(page.locator('.stamp').last()).toContainText(word)
    await settled(page)
    await fits(page)
    await picture(page, `vote-wall-${name}`)
  }
})

test('long questions, twelve options and a hundred fit without a scroll bar', async ({ world }) => {
  for (const [screenName, screen] of Object.entries(screens)) {
    const opened = await world({ at: during, name: '大屏', ...screen })
    const { page } = opened
    const title = '关于同意将村集体所有的原柳河小学旧址及其附属用房整体改造为老年人日间照料中心、所需资金从村集体经济收益和上级补助中列支、并授权村民委员会依法依规组织招标和监督施工的决议（第二次修改稿）'.slice(0, 100)
    for (const count of [3, 6, 12, 24, 100]) {
      const options = Array.from({ length: count }, (_, index) => `第 ${index + 1} 个选项：${'柳河村三组至五组道路修缮工程'.repeat(3)}`.slice(0, 40))
      const base = aVote({ title, method: 'multiple', options, min: 0, max: count, majority: null, quorum: null, rule: '', show: 'live' })
      const live = { ballots: 60, blank: 2, options: options.map((_, index) => ({ votes: (index * 17) % 59 })) }
      for (const [kind, vote] of [
        ['named', { ...base, cast: 60 }],
        ['live', { ...base, cast: 60, count: live }],
        ['result', { ...base, seats: Math.min(5, count - 1), state: 'published' as const, published_at: during, closed_at: during, cast: 60, result: result({ ballots: 60, options: live.options.map((votes, index) => ({ count: votes, needed: 30, outcome: index % 3 === 0 ? 'passed' : 'failed' })) }) }],
      ] as const) {
        await show(opened, [{ ...vote, id: `v-${count}-${kind}` }])
        await expect(stage(page).locator('li').first()).toBeVisible()
        await settled(page)
        await fits(page)
        if (count === 100) await expect(stage(page)).toContainText('前 12 项')
        if (count >= 12) await picture(page, `vote-wall-${screenName}-${count}-${kind}`)
      }
    }
  }
})

test('two thousand arrivals disturb no vote, a reload shows it at once, and the next item ends a result', async ({ world }) => {
  const opened = await world({ at: during, name: '大屏', ...screens.hd })
  const { page, server } = opened
  const open = aVote({ cast: 33 })
  await show(opened, [open])
  await expect(stage(page)).toBeVisible()
  await page.evaluate(() => {
    const shown = document.querySelector('.vote-over')
    Object.assign(window, { moved: 0 })
    const box = JSON.stringify(shown?.getBoundingClientRect())
    new MutationObserver(() => {
      if (document.querySelector('.vote-over') !== shown || JSON.stringify(shown?.getBoundingClientRect()) !== box) Object.assign(window, { moved: 1 })
    }).observe(document.body, { childList: true, subtree: true, attributes: true })
  })
  for (let batch = 0; batch < 20; batch += 1) {
    server.events(topic, Array.from({ length: 100 }, (_, index) => ['meeting.signed_in', arrival(105 + batch * 100 + index)] as const))
    server.figures(topic, { ...figures({ present: 204 + batch * 100 }), vote: { id: voteId, round: 1, state: 'open', entitled: 104, cast: 33 + batch, count: null } })
    await page.waitForTimeout(30)
  }
  await settled(page)
  await expect(page.locator('.cast')).toContainText('52')
  expect(await page.evaluate(() => (window as unknown as { moved: number }).moved)).toBe(0)

  // The browser is closed and opened while the server cannot be reached: the last state is painted.
  await page.evaluate(() => dispatchEvent(new Event('pagehide')))
  server.state(topic, {})
  await page.reload()
  await expect(page.locator('.cast')).toContainText('52')

  server.event(topic, 'vote.reset', { vote_id: voteId, round: 1, reason: '网络故障', by: { id: 'x', name: '韦建国' } })
  await expect(stage(page)).toHaveCount(0)
  await expect(page.getByRole('img', { name: '已签到 2104 人' })).toBeVisible()
  server.event(topic, 'vote.opened', { vote_id: voteId, number: 2, question: questionOf(open), round: 2, expected: 120, roll: open.roll })
  await expect(page.locator('.cast')).toHaveText(/^0\s*已投/)
  server.event(topic, 'vote.closed', { vote_id: voteId, round: 2, publishes: false })
  await expect(page.locator('.stamp')).toContainText('结果由主持人稍后公布')
  server.event(topic, 'vote.published', publishedEvent(open, result()))
  await expect(page.locator('.stamp')).toContainText('通过')
  await page.clock.runFor(3_000)
  server.figures(topic, figures({ agenda: { index: 1, since: new Date(server.now() + 60_000).toISOString(), ends_at: null } }))
  await expect(stage(page)).toHaveCount(0)
})

test('the names are neither blank nor gone while a vote lies over them', async ({ world }) => {
  const opened = await world({ at: during, name: '大屏', ...screens.hd })
  const { page, server } = opened
  await show(opened)
  const motion = aVote()
  server.event(topic, 'vote.opened', { vote_id: voteId, number: 2, question: questionOf(motion), round: 1, expected: 120, roll: motion.roll })
  await expect(page.locator('.vote-enter-active')).toHaveCSS('transition-duration', '0.12s')
  expect(await page.locator('.people').evaluate((element) => element.getBoundingClientRect().width)).toBeGreaterThan(500)
  await expect(page.locator('.people')).toBeHidden()
  server.event(topic, 'vote.reset', { vote_id: voteId, round: 1, reason: '', by: null })
  await expect(page.locator('.people')).toBeVisible()
})
