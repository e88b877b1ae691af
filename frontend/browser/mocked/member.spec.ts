import { problem } from '../support/mocked'
import { aMeeting, anAttendee, before, during, expect, listed, meetingId, origin, page as address, path, picture, running, someFigures, test, topic } from './world'

test('leave is asked for with a reason, and the approval appears by itself', async ({ world }) => {
  const { page, server } = await world({ at: before })
  const own = anAttendee()
  listed(server, aMeeting(), own)
  server.at('POST', `${path}/leave`, { body: aMeeting({ version: 4 }) })
  server.at('POST', `${path}/leave/withdraw`, { body: aMeeting({ version: 5 }) })
  await page.goto(address())
  await expect(page.getByText('未回复')).toBeVisible()
  await page.getByRole('button', { name: '请假' }).click()
  await page.getByRole('button', { name: '提交请假' }).click()
  await expect(page.getByText('请写明请假事由。')).toBeVisible()
  await page.getByRole('button', { name: '因病就医' }).click()
  await picture(page, 'leave-sheet')
  await page.getByRole('button', { name: '提交请假' }).click()
  await expect(page.getByText('请假等待批准')).toBeVisible()
  expect(server.calls('POST', `${path}/leave`)[0]?.body).toEqual({ reason: '因病就医' })
  await picture(page, 'leave-waiting')

  // The host decides: the counters tell that something was decided, and the topic asked anew tells what.
  const asked = { reason: '因病就医', asked_at: before }
  server.state(topic, {
    meeting: {},
    figures: someFigures({ leave: 1, missing: 41 }),
    own: { ...own, status: 'leave_approved', leave: { ...asked, decision: { approved: true, note: '安心看病', by: { id: 'b', name: '韦建国' }, at: before } } },
  })
  server.figures(topic, someFigures({ leave_pending: 1 }))
  server.figures(topic, someFigures({ leave: 1, leave_pending: 0, missing: 41 }))
  await expect(page.getByText('请假已批准')).toBeVisible()
  await expect(page.getByText('韦建国：安心看病')).toBeVisible()
  await expect(page.getByText('已准假')).toBeVisible()
  await picture(page, 'leave-approved')
})

test('leave that was refused says so, and can be withdrawn while it waits', async ({ world }) => {
  const { page, server } = await world({ at: before })
  const own = anAttendee({ status: 'leave_pending', leave: { reason: '外出务工', asked_at: before, decision: null } })
  listed(server, aMeeting(), own)
  server.at('POST', `${path}/leave/withdraw`, { body: aMeeting({ version: 5 }) })
  await page.goto(address())
  await expect(page.getByText('请假等待批准')).toBeVisible()
  server.event(topic, 'meeting.leave_decided', { member_id: own.member_id, name: own.name, decision: { approved: false, note: '请线上参会' } })
  await expect(page.getByText('请假没有批准')).toBeVisible()
  await expect(page.getByText('请假未批准，请参会')).toBeVisible()
  await expect(page.getByRole('button', { name: '重新请假' })).toBeVisible()
})

test('a reply, a sign-up and a substitute are told to the server and shown at once', async ({ world }) => {
  const { page, server } = await world({ at: before })
  const meeting = aMeeting({ sign_up_until: '2026-11-21T06:20:00.000Z', sign_in_opens_at: '2026-11-21T06:20:00.000Z' })
  listed(server, meeting, anAttendee())
  for (const action of ['reply', 'sign-up', 'substitute']) server.at('POST', `${path}/${action}`, { body: { ...meeting, version: 4 } })
  await page.goto(address())
  await expect(page.getByText('今天 14:20 起扫大屏上的二维码签到。')).toBeVisible()
  await page.getByRole('button', { name: '不参加' }).click()
  await expect(page.getByText('不能参加请同时请假，没有请假会记为缺席。')).toBeVisible()
  await page.getByRole('button', { name: '参加', exact: true }).click()
  await expect(page.getByRole('button', { name: '参加', exact: true })).toHaveAttribute('aria-pressed', 'true')
  await expect(page.getByText('报名截至 今天 14:20，还剩 9 分')).toBeVisible()
  await picture(page, 'member-before')
  await page.getByRole('button', { name: '报名参加' }).click()
  await expect(page.getByText(/已在 .* 报名。/)).toBeVisible()
  await page.getByRole('button', { name: '请人替会' }).click()
  await page.getByLabel('替会人姓名').fill('罗秀英')
  await page.getByRole('button', { name: '确定' }).click()
  await expect(page.getByText('已请 罗秀英 替您参会，您不用签到。')).toBeVisible()
  expect(server.calls('POST', `${path}/substitute`)[0]?.body).toEqual({ by: { name: '罗秀英' } })
  expect(server.calls('POST', `${path}/reply`).map(({ body }) => body)).toEqual([{ attending: false }, { attending: true }])
})

test('a meeting is followed from its start over its items to its end', async ({ world }) => {
  const { page, server } = await world({ at: '2026-11-21T06:29:50.000Z' })
  const own = anAttendee({ number: 12, status: 'on_time', present: true, presence: [{ from: '2026-11-21T06:21:00.000Z', until: null, way: 'code' }] })
  listed(server, aMeeting(), own, { present: 30, on_time: 30, missing: 10, leave: 2 })
  await page.goto(address())
  await expect(page.getByText('第 12 位')).toBeVisible()
  server.event(topic, 'meeting.started', {})
  await expect(page.getByText('进行中').first()).toBeVisible()
  server.figures(topic, someFigures({ state: 'running', present: 38, on_time: 30, late: 8, leave: 2, missing: 2, agenda: { index: 1, since: '2026-11-21T06:29:50.000Z', ends_at: '2026-11-21T06:49:50.000Z' } }))
  await expect(page.locator('[aria-current=step]')).toContainText('讨论冬季森林防火分工')
  await expect(page.locator('[aria-current=step]')).toContainText(/剩余19:\d\d/)
  await expect(page.getByText('到会率 90.5%')).toBeVisible()
  await picture(page, 'member-running')
  server.at('POST', `${path}/sign-out`, { body: { status: 'left_early', status_title: '早退', at: null, number: 12, evidence: null } })
  await page.getByRole('button', { name: '提前离会（签退）' }).click()
  await expect(page.getByRole('dialog')).toContainText('会记为早退')
  await page.getByRole('button', { name: '签退离会' }).click()
  await expect(page.getByText('已签退。回到会场请再扫一次大屏上的二维码。')).toBeVisible()
  const ended = { ...own, present: false, presence: [{ from: '2026-11-21T06:21:00.000Z', until: '2026-11-21T07:50:00.000Z', way: 'code' }] }
  server.state(topic, { meeting: { ended_at: '2026-11-21T07:50:00.000Z' }, figures: someFigures({ state: 'ended', present: 38 }), own: ended })
  server.event(topic, 'meeting.ended', { tally: {} })
  await expect(page.getByRole('heading', { name: '我的到会情况' })).toBeVisible()
  await page.clock.runFor(5000)
  await expect(page.getByText('15:50 签退')).toBeVisible()
  await expect(page.getByText('在会 1 小时 29 分')).toBeVisible()
  await picture(page, 'member-ended')
})

test('who may not know of a meeting is told so, and a cancelled one says why', async ({ world }) => {
  const { page, server } = await world({ at: during })
  server.at('GET', path, problem(404, 'meeting.not_found', '没有找到这个会议'))
  await page.goto(address())
  await expect(page.getByText('没有找到这个会议')).toBeVisible()
  listed(server, running(), anAttendee())
  await page.reload()
  await expect(page.getByRole('button', { name: '扫一扫' })).toBeVisible()
  server.event(topic, 'meeting.cancelled', { reason: '会场停电' })
  await expect(page.getByText('会议已取消。')).toBeVisible()
  await expect(page.getByText('原因：会场停电')).toBeVisible()
})

test('my meetings: what runs, today, later, and what was', async ({ world }) => {
  const { page, server } = await world({ at: during })
  const of = (id: string, changes: object): object => ({ ...running({ id, agenda_position: null }), ...changes })
  const open = [
    of('m-later', { state: 'launched', topic: '主题党日：慰问困难党员', type_name: '主题党日', starts_at: '2026-11-26T01:00:00.000Z', ends_at: '2026-11-26T03:00:00.000Z', place: '柳河村三组', own: anAttendee({ leave: { reason: '住院', asked_at: before, decision: null }, status: 'leave_pending' }) }),
    of('m-today', { state: 'launched', topic: '党小组会：推荐入党积极分子', type_name: '党小组会', starts_at: '2026-11-21T11:00:00.000Z', ends_at: '2026-11-21T12:00:00.000Z', place: '三组活动室', own: anAttendee({ answer: { attending: true, at: before } }) }),
    of(meetingId, {}),
  ]
  const past = [
    of('m-past', { state: 'ended', topic: '学习《支部工作条例》', type_name: '党课', starts_at: '2026-11-06T06:30:00.000Z', ends_at: '2026-11-06T08:00:00.000Z', own: anAttendee({ number: 3, status: 'late' }) }),
    of('m-away', { state: 'archived', topic: '讨论党费收缴', type_name: '支委会', starts_at: '2026-11-02T06:30:00.000Z', ends_at: '2026-11-02T08:00:00.000Z', own: anAttendee({ status: 'leave_approved' }) }),
  ]
  server.at('GET', '/meetings', ({ query }) => ({ body: { items: query.get('state') ? open : query.get('from') === '2026-10-31T16:00:00.000Z' ? [...open, ...past] : [], next_cursor: null } }))
  for (const id of ['m-today', meetingId]) server.state(`meeting:${id}`, { meeting: {}, figures: someFigures({ state: id === meetingId ? 'running' : 'launched', present: 36 }), own: anAttendee(id === meetingId ? { number: 9, status: 'on_time' } : { answer: { attending: true, at: before } }) })
  await page.goto(`${origin}/m/meetings`)
  await expect(page.getByRole('article')).toHaveCount(5)
  await expect(page.getByRole('article').first()).toContainText('实到 36 / 应到 42')
  await expect(page.getByRole('article').first()).toContainText('已签到')
  await expect(page.getByRole('article').nth(1)).toContainText('19:00–20:00')
  await expect(page.getByRole('article').nth(2)).toContainText('请假待批')
  await picture(page, 'meetings')
  await page.getByRole('button', { name: '11 月 6 日 星期五，1 个会议' }).click()
  await expect(page.getByRole('article')).toHaveCount(4)
  const asked = server.calls('GET', '/meetings').length
  server.event('inbox', 'inbox.notified', { cause: 'c1', type: 'meeting', urgency: 'important', title: '会议通知', text: '请按时参加', subject: { kind: 'meeting', id: 'm-later' } })
  await expect(page.getByLabel('1 条未读')).toBeVisible()
  await expect.poll(() => server.calls('GET', '/meetings').length).toBe(asked + 2)
  await page.getByRole('button', { name: '上个月' }).click()
  await expect(page.getByText('这个月还没有开过会。')).toBeVisible()
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight))
  await picture(page, 'meetings-strip')

  server.state('meeting:m-today', { meeting: {}, figures: someFigures({ state: 'running' }), own: null })
  server.event('meeting:m-today', 'meeting.started', {})
  await expect(page.getByRole('article').nth(1)).toContainText('进行中')
})

test('with nothing to go to, the page says what will happen', async ({ world }) => {
  const { page, server } = await world()
  server.at('GET', '/meetings', { body: { items: [], next_cursor: null } })
  await page.goto(`${origin}/m/meetings`)
  await expect(page.getByText('近期没有要参加的会议')).toBeVisible()
  await picture(page, 'meetings-empty')
})
