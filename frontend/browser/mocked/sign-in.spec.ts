import { problem } from '../support/mocked'
import { aMeeting, anAttendee, before, during, expect, listed, meetingId, origin, page as address, path, picture, running, test, type World } from './world'

const fence = { required: true, opens_minutes_before: 30, late_after_minutes: 0, fence: { lng: 105.1, lat: 24.5, radius_m: 200 } }
const onTime = { status: 'on_time', status_title: '准时', at: '2026-11-21T06:10:04.000Z', number: 38, evidence: null }

/** The screen's code was scanned: the server has made the claim. */
async function scan({ page, server }: World, claim = 'claim.one'): Promise<void> {
  server.redirects.set('/s/AAAB.7KQ2', `/m/meetings/${meetingId}/sign-in#${claim}`)
  await page.goto(`${origin}/s/AAAB.7KQ2`)
}

test('a scan signs in at once who is logged in, and the claim leaves the address', async ({ world }) => {
  const it = await world()
  listed(it.server, aMeeting(), anAttendee())
  it.server.at('POST', `${path}/sign-in`, { body: onTime })
  await scan(it)
  await expect(it.page.getByRole('heading', { name: '已签到' })).toBeVisible()
  await expect(it.page.getByText('第 38 位')).toBeVisible()
  await expect(it.page.getByText('准时')).toBeVisible()
  await expect(it.page.getByText('签到时间 14:10')).toBeVisible()
  await expect(it.page.getByRole('heading', { name: '已签到' })).toBeFocused()
  expect(it.page.url()).toBe(address('/sign-in'))
  expect(it.server.calls('POST', `${path}/sign-in`).map(({ body }) => body)).toEqual([{ claim: 'claim.one' }])
  await picture(it.page, 'sign-in-done')
})

test('who is not logged in logs in on the spot, and the claim is kept over it', async ({ world }) => {
  const it = await world({ signedIn: false })
  const { page, server } = it
  listed(server, aMeeting(), anAttendee())
  server.at('POST', `${path}/sign-in`, { body: { ...onTime, status: 'late', status_title: '迟到' } })
  await scan(it)
  await expect(page.getByRole('heading', { name: '登录后自动签到' })).toBeVisible()
  await expect(page.getByRole('timer')).toHaveText(/还剩 8\d 秒/)
  await picture(page, 'sign-in-login')
  await page.reload()
  await page.getByLabel('手机号').fill('13800002233')
  await page.getByRole('button', { name: '获取验证码' }).click()
  await page.getByLabel('验证码').fill('246810')
  await page.getByRole('button', { name: '登录', exact: true }).click()
  await expect(page.getByRole('heading', { name: '已签到' })).toBeVisible()
  await expect(page.getByText('迟到，已如实记录')).toBeVisible()
  expect(server.calls('POST', `${path}/sign-in`).map(({ body }) => body['claim'])).toEqual(['claim.one'])
})

test('whose login takes too long is told calmly, and a new scan signs in', async ({ world }) => {
  const it = await world({ signedIn: false })
  const { page, server } = it
  listed(server, aMeeting(), anAttendee())
  server.at('POST', `${path}/sign-in`, { body: onTime })
  await scan(it)
  await expect(page.getByRole('timer')).toBeVisible()
  await page.clock.runFor(75_000)
  await expect(page.getByText('来不及也不要紧，再扫一次就行')).toBeVisible()
  await page.clock.runFor(20_000)
  await expect(page.getByText(/这次扫码的时间到了/)).toBeVisible()
  await page.getByLabel('手机号').fill('13800002233')
  await page.getByRole('button', { name: '获取验证码' }).click()
  await page.getByLabel('验证码').fill('246810')
  await page.getByRole('button', { name: '登录', exact: true }).click()
  await expect(page.getByRole('heading', { name: '扫码已超过 90 秒' })).toBeVisible()
  await expect(page.getByRole('button', { name: '扫一扫' })).toBeVisible()
  await picture(page, 'sign-in-expired')
  expect(server.calls('POST', `${path}/sign-in`)).toHaveLength(0)
  await scan(it, 'claim.two')
  await expect(page.getByRole('heading', { name: '已签到' })).toBeVisible()
})

test('a meeting with a place asks for the position with a reason, and sends it as the phone gives it', async ({ world }) => {
  const it = await world()
  const { page, server, context } = it
  await context.grantPermissions(['geolocation'])
  await context.setGeolocation({ longitude: 105.1001, latitude: 24.5002, accuracy: 18 })
  listed(server, aMeeting({ sign_in: fence }), anAttendee())
  server.at('POST', `${path}/sign-in`, { body: onTime })
  await scan(it)
  await expect(page.getByText('只用来核对您签到时是不是在会场。')).toBeVisible()
  await expect(page.getByText(/^随签到记录一起保存/)).toBeVisible()
  await picture(page, 'sign-in-place')
  expect(server.calls('POST', `${path}/sign-in`)).toHaveLength(0)
  await page.getByRole('button', { name: '同意，定位并签到' }).click()
  await expect(page.getByRole('heading', { name: '已签到' })).toBeVisible()
  const sent = server.calls('POST', `${path}/sign-in`)[0]?.body['location'] as Record<string, unknown>
  expect(sent).toMatchObject({ lng: 105.1001, lat: 24.5002, datum: 'wgs84', accuracy: 18, consent: 1 })

  // Asked once: the next time the position is taken at once, until the consent is withdrawn.
  await scan(it, 'claim.two')
  await expect(page.getByRole('heading', { name: '已签到' })).toBeVisible()
  expect(server.calls('POST', `${path}/sign-in`)).toHaveLength(2)
  await page.goto(`${origin}/m/privacy`)
  await expect(page.getByText('11 月 21 日 星期六在这部手机上同意了')).toBeVisible()
  await picture(page, 'privacy')
  await page.getByRole('button', { name: '撤回同意' }).click()
  await expect(page.getByText('没有同意。签到要用位置时会先问您。')).toBeVisible()
  await scan(it, 'claim.three')
  await expect(page.getByRole('heading', { name: '签到时用一次位置，您同意吗？' })).toBeVisible()
  expect(server.calls('POST', `${path}/sign-in`)).toHaveLength(2)
})

test('words that the server no longer takes are shown anew', async ({ world }) => {
  const it = await world()
  const { page, server, context } = it
  await context.grantPermissions(['geolocation'])
  await context.setGeolocation({ longitude: 105.1001, latitude: 24.5002, accuracy: 18 })
  listed(server, aMeeting({ sign_in: fence }), anAttendee())
  server.at('POST', `${path}/sign-in`, problem(422, 'request.invalid', '请检查填写的内容', { fields: [{ field: 'location.consent', code: 'consent.outdated', message: '位置说明有更新' }] }))
  await scan(it)
  await page.getByRole('button', { name: '同意，定位并签到' }).click()
  await expect(page.getByRole('heading', { name: '位置说明有更新' })).toBeVisible()
  await page.getByRole('button', { name: '再试一次' }).click()
  await expect(page.getByRole('button', { name: '同意，定位并签到' })).toBeVisible()
})

test('a phone without permission says what to do instead', async ({ world }) => {
  const it = await world()
  await it.context.clearPermissions()
  listed(it.server, aMeeting({ sign_in: fence }), anAttendee())
  await it.context.addInitScript(() => {
    navigator.geolocation.getCurrentPosition = (_found, failed) => failed?.({ code: 1, PERMISSION_DENIED: 1, POSITION_UNAVAILABLE: 2, TIMEOUT: 3, message: '' } as GeolocationPositionError)
  })
  await scan(it)
  await it.page.getByRole('button', { name: '同意，定位并签到' }).click()
  await expect(it.page.getByRole('alert')).toContainText('没有定位权限')
  await expect(it.page.getByRole('alert')).toContainText('请主持人代签')
})

const cases: [code: string, status: number, title: string, next: string, extra?: object][] = [
  ['meeting.claim_expired', 409, '扫码已超过 90 秒', '扫一扫'],
  ['meeting.claim_used', 409, '这次扫码已经用过', '扫一扫'],
  ['meeting.claim_unknown', 422, '没有认出这次扫码', '扫一扫'],
  ['meeting.claim_of_another_device', 403, '请用扫码的那部手机', '扫一扫'],
  ['meeting.not_invited', 403, '您不在参会名单上', '我的会议'],
  ['meeting.sign_in_closed', 409, '签到还没开始', '查看会议', { opens_at: '2026-11-21T06:30:00.000Z', state: 'launched' }],
  ['meeting.sign_in_closed', 409, '会议已结束', '我的会议', { opens_at: '2026-11-21T05:00:00.000Z', state: 'ended' }],
  ['meeting.location_required', 422, '需要您的位置', '重新定位并签到'],
  ['meeting.location_too_coarse', 422, '位置不够准', '重新定位并签到'],
  ['meeting.outside_fence', 422, '您不在会场范围内', '重新定位并签到'],
]
for (const [code, status, title, next, extra] of cases) {
  test(`a refusal says what happened and what to do: ${code} ${title}`, async ({ world }) => {
    const it = await world()
    listed(it.server, aMeeting(), anAttendee())
    it.server.at('POST', `${path}/sign-in`, problem(status, code, '服务器的话', extra))
    await scan(it)
    await expect(it.page.getByRole('heading', { name: title })).toBeVisible()
    await expect(it.page.getByRole('button', { name: next }).or(it.page.getByRole('link', { name: next })).first()).toBeVisible()
    await picture(it.page, `refused-${code}-${title}`)
  })
}

test('a place that was refused is tried again with the same claim', async ({ world }) => {
  const it = await world()
  const { page, server, context } = it
  await context.grantPermissions(['geolocation'])
  await context.setGeolocation({ longitude: 105.2, latitude: 24.5, accuracy: 18 })
  listed(server, aMeeting({ sign_in: fence }), anAttendee())
  server.at('POST', `${path}/sign-in`, (asked) => ((asked.body['location'] as { lng: number }).lng > 105.15 ? problem(422, 'meeting.outside_fence', '不在会场') : { body: onTime }))
  await scan(it)
  await page.getByRole('button', { name: '同意，定位并签到' }).click()
  await expect(page.getByRole('heading', { name: '您不在会场范围内' })).toBeVisible()
  await context.setGeolocation({ longitude: 105.1, latitude: 24.5, accuracy: 18 })
  await page.getByRole('button', { name: '重新定位并签到' }).click()
  await expect(page.getByRole('heading', { name: '已签到' })).toBeVisible()
  const sent = server.calls('POST', `${path}/sign-in`)
  expect(new Set(sent.map(({ body }) => body['claim']))).toEqual(new Set(['claim.one']))
  expect(new Set(sent.map(({ key }) => key)).size).toBe(2)
})

test('a lost network is tried again under the same key, so that nobody signs in twice', async ({ world }) => {
  const it = await world()
  const { page, server, context, tolerate } = it
  tolerate(/ERR_INTERNET_DISCONNECTED|ERR_FAILED/)
  listed(server, aMeeting(), anAttendee())
  const keys: (string | undefined)[] = []
  let broken = true
  await context.route(`**/api/v1${path}/sign-in`, async (route) => {
    keys.push(route.request().headers()['idempotency-key'])
    if (broken) await route.abort('internetdisconnected')
    else await route.fallback()
  })
  server.at('POST', `${path}/sign-in`, { body: onTime })
  await scan(it)
  await expect(async () => {
    await page.clock.runFor(2000)
    await expect(page.getByRole('heading', { name: '网络不通' })).toBeVisible({ timeout: 300 })
  }).toPass()
  broken = false
  await page.getByRole('button', { name: '再试一次' }).click()
  await expect(page.getByRole('heading', { name: '已签到' })).toBeVisible()
  expect(new Set(keys).size).toBe(1)
})

test('a refused scan has a page of its own', async ({ world }) => {
  const it = await world({ signedIn: false })
  it.server.redirects.set('/s/OLD', '/m/sign-in#meeting.code_expired')
  await it.page.goto(`${origin}/s/OLD`)
  await expect(it.page.getByRole('heading', { name: '这个二维码已经过期' })).toBeVisible()
  await expect(it.page.getByText(/每 5 秒更换一次/)).toBeVisible()
  await picture(it.page, 'refused-scan')
})

test('the camera follows only our own codes, and a browser that cannot scan says how else', async ({ world }) => {
  const it = await world({ at: before })
  const { page, server, context } = it
  listed(server, aMeeting(), anAttendee())
  server.at('GET', '/meetings', { body: { items: [], next_cursor: null } })
  await page.goto(`${origin}/m/meetings`)
  await page.getByRole('button', { name: '扫一扫' }).click()
  await expect(page.getByText('这个浏览器不能直接扫码')).toBeVisible()
  await page.getByRole('button', { name: '关闭' }).first().click()

  await context.addInitScript(() => {
    const seen = ['https://evil.example/s/AAAB.7KQ2', `${location.origin}/s/AAAB.7KQ2`]
    let looks = 0
    Object.assign(window, {
      BarcodeDetector: class {
        detect(): Promise<{ rawValue: string }[]> {
          looks += 1
          return Promise.resolve(looks < 4 ? [{ rawValue: seen[0] ?? '' }] : document.querySelector('.words')?.textContent?.includes('不是本系统') === true && looks > 8 ? [{ rawValue: seen[1] ?? '' }] : [])
        }
      },
    })
    navigator.mediaDevices.getUserMedia = () => Promise.resolve(document.createElement('canvas').captureStream())
    HTMLMediaElement.prototype.play = () => Promise.resolve()
  })
  server.redirects.set('/s/AAAB.7KQ2', `/m/meetings/${meetingId}/sign-in#claim.camera`)
  server.at('POST', `${path}/sign-in`, { body: onTime })
  await page.reload()
  await page.getByRole('button', { name: '扫一扫' }).click()
  await expect(async () => {
    await page.clock.runFor(400)
    await expect(page.getByText('这不是本系统的签到码').or(page.getByRole('heading', { name: '已签到' }))).toBeVisible({ timeout: 300 })
  }).toPass()
  await expect(async () => {
    await page.clock.runFor(1000)
    await expect(page.getByRole('heading', { name: '已签到' })).toBeVisible({ timeout: 500 })
  }).toPass()
  expect(server.calls('POST', `${path}/sign-in`)[0]?.body['claim']).toBe('claim.camera')
})

test('who opens the page without a scan is told to scan', async ({ world }) => {
  const it = await world({ at: during })
  listed(it.server, running(), anAttendee())
  await it.page.goto(address('/sign-in'))
  await expect(it.page.getByRole('heading', { name: '请先扫码' })).toBeVisible()
})
