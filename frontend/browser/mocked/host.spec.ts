import { problem } from '../support/mocked'
import type { Attendee } from '@/shared/meeting/types'
import { aMeeting, anAttendee, before, desk, during, expect, listed, meetingId, page as address, path, picture, running, someFigures, test, topic } from './world'

const names = ['韦建国', '罗秀英', '黄志强', '覃桂花', '陆永福', '梁少芬', '农春兰', '蒙国庆', '李春生', '岑美珍', '班玉莲', '黎海波']
const came = (index: number, changes: Partial<Attendee> = {}): Attendee => {
  const from = new Date(Date.parse('2026-11-21T06:12:00.000Z') + index * 47_000).toISOString()
  return anAttendee({ member_id: `m${index}`, name: names[index] ?? `党员${index}`, number: index + 1, present: true, status: 'on_time', presence: [{ from, until: null, way: 'code' }], evidence: { grade: 'strong', flags: [], slot_age_ms: 1200, distance_m: 14, accuracy_m: 20, manual: null }, ...changes })
}
const people: Attendee[] = [
  came(0),
  came(1),
  came(2, { evidence: { grade: 'weak', flags: ['second_account_on_device'], slot_age_ms: 900, distance_m: 12, accuracy_m: 25, manual: null } }),
  came(3, { status: 'late', evidence: { grade: 'weak', flags: ['stale_fix', 'mock_location'], slot_age_ms: 900, distance_m: 160, accuracy_m: 80, manual: null } }),
  anAttendee({ member_id: 'm4', name: '陆永福' }),
  anAttendee({ member_id: 'm5', name: '梁少芬', answer: { attending: true, at: before } }),
  anAttendee({ member_id: 'm6', name: '农春兰', standing: 'probationary' }),
  anAttendee({ member_id: 'm7', name: '蒙国庆', status: 'leave_pending', leave: { reason: '外出务工，人在广东', asked_at: before, decision: null } }),
  anAttendee({ member_id: 'm8', name: '李春生', status: 'leave_approved', leave: { reason: '住院', asked_at: before, decision: { approved: true, note: null, by: { id: 'x', name: '韦建国' }, at: before } } }),
  anAttendee({ member_id: 'm9', name: '岑美珍', status: 'leave_pending', leave: { reason: '走亲戚', asked_at: before, decision: null } }),
  anAttendee({ member_id: 'g1', name: '覃站长', role: 'guest', status: 'guest', standing: 'none' }),
]
const figures = { expected: 10, present: 4, on_time: 3, late: 1, leave: 1, leave_pending: 2, missing: 5, guests: 1 }

test('arrivals appear at once, joined and repeated ones too, and never twice', async ({ world }) => {
  const { page, server } = await world({ at: during, name: '韦建国' })
  desk(server, running(), people, figures)
  await page.goto(address('/host'))
  await expect(page.getByRole('tab', { name: '未到' })).toContainText('3')
  await picture(page, 'host')
  await page.getByRole('tab', { name: '已到' }).click()
  await expect(page.getByRole('listitem').getByRole('button')).toHaveCount(4)
  const arrival = (id: string, name: string, number: number): readonly [string, object] => ['meeting.signed_in', { member_id: id, name, number, status: 'late', again: false, version: number, way: 'code', evidence: { grade: 'strong', flags: [] } }]
  server.events(topic, [arrival('m4', '陆永福', 5), arrival('m5', '梁少芬', 6), arrival('m5', '梁少芬', 6)])
  server.event(topic, ...arrival('m4', '陆永福', 5))
  server.figures(topic, someFigures({ ...figures, state: 'running', present: 6, late: 3, missing: 2 }))
  await expect(page.getByRole('listitem').getByRole('button')).toHaveCount(6)
  await expect(page.getByRole('listitem').getByRole('button').first()).toContainText('梁少芬')
  await expect(page.getByText('到会率 60%')).toBeVisible()
  await picture(page, 'host-arrived')
})

test('a flag says in words what to look at', async ({ world }) => {
  const { page, server } = await world({ at: during })
  desk(server, running(), people, figures)
  await page.goto(address('/host'))
  await page.getByRole('tab', { name: '已到' }).click()
  await page.getByRole('button', { name: /黄志强/ }).click()
  await expect(page.getByRole('dialog')).toContainText('这部手机在本次会议已为另一人签过到')
  await picture(page, 'host-flag')
})

test('the host signs for somebody with a reason, approves leave and adds a guest', async ({ world }) => {
  const { page, server } = await world({ at: during })
  desk(server, running(), people, figures)
  server.at('POST', `${path}/sign-in/manual`, { body: { status: 'late', status_title: '迟到', at: during, number: 5, evidence: null } })
  server.at('POST', `${path}/leave/m7/decide`, { body: { ...running(), manages: true } })
  server.at('POST', `${path}/leave/m9/decide`, { body: { ...running(), manages: true } })
  server.at('POST', `${path}/guests`, { body: { ...running(), manages: true } })
  await page.goto(address('/host'))
  await page.getByRole('searchbox').fill('陆')
  await page.getByRole('button', { name: /陆永福/ }).click()
  await page.getByRole('dialog').getByRole('button', { name: '代签' }).click()
  await page.getByRole('button', { name: '为 陆永福 代签' }).click()
  await expect(page.getByText('请写明代签原因。')).toBeVisible()
  await page.getByRole('button', { name: '没有智能手机' }).click()
  await picture(page, 'host-manual')
  await page.getByRole('button', { name: '为 陆永福 代签' }).click()
  await expect(page.getByText('已为 陆永福 代签')).toBeVisible()
  expect(server.calls('POST', `${path}/sign-in/manual`)[0]?.body).toEqual({ member_id: 'm4', reason: '没有智能手机' })
  server.event(topic, 'meeting.signed_in', { member_id: 'm4', name: '陆永福', number: 5, status: 'late', way: 'manual', evidence: { grade: 'fair', flags: [], manual: { by: { id: 'x', name: '韦建国' }, reason: '没有智能手机' } } })
  await page.getByRole('searchbox').fill('')
  await page.getByRole('tab', { name: '已到' }).click()
  await expect(page.getByRole('button', { name: /陆永福/ })).toContainText('代签')

  await page.getByRole('tab', { name: '请假' }).click()
  await picture(page, 'host-leave')
  await page.getByRole('button', { name: /蒙国庆/ }).click()
  await page.getByRole('button', { name: '批准请假' }).click()
  await expect(page.getByRole('dialog')).toBeHidden()
  expect(server.calls('POST', `${path}/leave/m7/decide`)[0]?.body).toEqual({ approved: true })
  server.event(topic, 'meeting.leave_decided', { member_id: 'm7', name: '蒙国庆', decision: { approved: true, by: { id: 'x', name: '韦建国' }, at: during } })
  await expect(page.getByRole('button', { name: /蒙国庆/ })).not.toContainText('待批')

  await page.getByRole('button', { name: /岑美珍/ }).click()
  await page.getByRole('button', { name: '不批准' }).click()
  await page.getByRole('dialog').locator('form').getByRole('button', { name: '不批准' }).click()
  await expect(page.getByText('请写明不批准的理由，本人会看到。')).toBeVisible()
  await page.getByLabel('不批准的理由').fill('换届选举，请线上参会')
  await page.getByRole('dialog').locator('form').getByRole('button', { name: '不批准' }).click()
  await expect(page.getByRole('dialog')).toBeHidden()
  expect(server.calls('POST', `${path}/leave/m9/decide`)[0]?.body).toEqual({ approved: false, note: '换届选举，请线上参会' })

  await page.getByRole('tab', { name: '列席' }).click()
  await page.getByRole('button', { name: '添加列席人员' }).click()
  await page.getByLabel('姓名', { exact: true }).fill('周书记')
  await page.getByRole('button', { name: '添加', exact: true }).click()
  server.event(topic, 'meeting.listed', { attendees: [anAttendee({ member_id: 'g2', name: '周书记', role: 'guest', status: 'guest', standing: 'none' })] })
  await expect(page.getByRole('button', { name: /周书记/ })).toBeVisible()
})

test('start, the next item and the end; what cannot be undone is asked about', async ({ world }) => {
  const { page, server } = await world({ at: before })
  desk(server, aMeeting(), people, figures)
  const started = running({ version: 4, agenda_position: null, manages: true, started_at: before })
  server.at('POST', `${path}/start`, { body: started })
  server.at('POST', `${path}/agenda`, ({ body }) => ({ body: { ...started, version: 5, agenda_position: { index: body['index'], since: before, ends_at: '2026-11-21T06:40:00.000Z' } } }))
  server.at('POST', `${path}/end`, { body: { ...started, version: 6, state: 'ended', ended_at: during } })
  await page.goto(address('/host'))
  await picture(page, 'host-before')
  await page.getByRole('button', { name: '开始会议' }).click()
  await expect(page.getByRole('dialog')).toContainText('离计划的开始时间还有 19 分')
  await page.getByRole('button', { name: '现在开始' }).click()
  await page.getByRole('button', { name: '第一项：传达学习全会精神' }).click()
  await expect(page.getByText('议程 1 / 3')).toBeVisible()
  await page.getByRole('button', { name: '下一项：讨论冬季森林防火分工' }).click()
  await expect(page.getByText('议程 2 / 3')).toBeVisible()
  expect(server.calls('POST', `${path}/agenda`).map(({ body }) => body['index'])).toEqual([0, 1])
  await page.getByRole('button', { name: '结束会议' }).click()
  await expect(page.getByRole('dialog')).toContainText('未到的 5 人会记为缺席')
  await expect(page.getByRole('dialog')).toContainText('还有 2 份请假没有审批')
  await picture(page, 'host-end')
  expect(server.calls('POST', `${path}/end`)).toHaveLength(0)
  await page.getByRole('dialog').getByRole('button', { name: '结束会议' }).click()
  await expect(page.getByText('已结束').first()).toBeVisible()
})

test('a draft is launched after a question, and a launched meeting cancelled with a reason', async ({ world }) => {
  const { page, server } = await world({ at: before })
  desk(server, aMeeting({ state: 'draft' }), people, figures)
  server.at('POST', `${path}/launch`, { body: aMeeting({ version: 4, manages: true }) })
  server.at('POST', `${path}/cancel`, { body: aMeeting({ version: 5, state: 'cancelled', cancel_reason: '会议改期', manages: true }) })
  await page.goto(address('/host'))
  await page.getByRole('button', { name: '启动会议' }).click()
  await page.getByRole('button', { name: '启动并通知' }).click()
  await expect(page.getByRole('button', { name: '开始会议' })).toBeVisible()
  await page.getByRole('button', { name: '取消会议' }).click()
  await page.getByRole('button', { name: '会议改期' }).click()
  await page.getByRole('button', { name: '取消会议并通知参会人' }).click()
  await expect(page.getByText('会议已取消。')).toBeVisible()
  expect(server.calls('POST', `${path}/cancel`)[0]?.body).toEqual({ reason: '会议改期' })
})

test('the code turns on the host’s phone, and goes when no new one comes', async ({ world }) => {
  const { page, server, tolerate } = await world({ at: during })
  tolerate(/status of 503/)
  desk(server, running(), people, figures)
  let slot = 0
  server.at('GET', `${path}/sign-in/code`, () => {
    slot += 1
    const now = server.now()
    return slot > 2 ? { ...problem(503, 'unavailable', '服务器正忙'), headers: { 'retry-after': '30' } } : { body: { code: `C${slot}`, url: `https://lx.example.cn/s/AAAB.SLOT${slot}`, slot_ends_at: new Date(now + 5000).toISOString(), rotates_every_ms: 5000, now: new Date(now).toISOString() } }
  })
  await page.goto(address('/host'))
  await page.getByRole('button', { name: '签到码' }).click()
  const code = page.getByRole('img', { name: '会议签到二维码' })
  await expect(code).toBeVisible()
  await picture(page, 'host-code')
  const first = await code.locator('path').getAttribute('d')
  await page.clock.runFor(5200)
  await expect(code.locator('path')).not.toHaveAttribute('d', first ?? '')
  await page.clock.runFor(8000)
  await expect(page.getByText('签到码暂停显示')).toBeVisible()
  await expect(code).toBeHidden()
})

test('a big screen is paired by its six digits', async ({ world }) => {
  const { page, server } = await world({ at: during })
  desk(server, running(), people, figures)
  server.at('POST', '/screens/pair', ({ body }) => (body['code'] === '482913' ? { body: { id: 's', name: '村部电视' } } : problem(422, 'screen.code_unknown', '没有显示这个号码的大屏')))
  await page.goto(address('/host'))
  await page.getByRole('button', { name: '连接大屏' }).click()
  const digits = page.getByLabel('大屏上的 6 位数字')
  await digits.fill('4829')
  await page.getByRole('button', { name: '连接', exact: true }).click()
  await expect(page.getByText('请填写大屏上显示的 6 位数字。')).toBeVisible()
  await digits.fill('111111')
  await page.getByRole('button', { name: '连接', exact: true }).click()
  await expect(page.getByText('没有显示这个号码的大屏')).toBeVisible()
  await picture(page, 'host-pair')
  await digits.fill('482 913')
  await page.getByRole('button', { name: '连接', exact: true }).click()
  await expect(page.getByText('已连接“村部电视”')).toBeVisible()
  expect(server.calls('POST', '/screens/pair').at(-1)?.body).toEqual({ code: '482913', target: `meeting:${meetingId}` })
})

test('somebody on the list cannot open the desk', async ({ world }) => {
  const { page, server } = await world({ at: during })
  listed(server, running(), anAttendee())
  await page.goto(address('/host'))
  await expect(page.getByText('这个会议不由您主持')).toBeVisible()
})
