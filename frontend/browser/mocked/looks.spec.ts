import { aMeeting, anAttendee, before, desk, during, expect, listed, origin, page as address, path, picture, running, test } from './world'
import { accessible } from '../support/accessible'

const people = ['韦建国', '罗秀英', '黄志强', '欧阳桂花'].map((name, index) => anAttendee({ member_id: `m${index}`, name, ...(index < 2 ? { number: index + 1, present: true, status: 'on_time' as const } : {}) }))
const own = anAttendee({ answer: { attending: true, at: before } })

for (const [words, wishes] of [
  ['a narrow phone', { width: 360, height: 740 }],
  ['the elders’ edition', { elder: true }],
  ['the elders’ edition on a narrow phone', { width: 360, height: 740, elder: true }],
] as const) {
  test(`no page is wider than the screen, and all are accessible: ${words}`, async ({ world }) => {
    const { page, server } = await world({ at: during, ...wishes })
    const name = `${'elder' in wishes ? 'elder-' : ''}${'width' in wishes ? '360' : '390'}`
    const meeting = running({ sign_up_until: '2026-11-21T06:00:00.000Z' })
    listed(server, meeting, own, { present: 36, missing: 4, leave: 2 })
    server.at('GET', '/meetings', { body: { items: [{ ...meeting, manages: true }, aMeeting({ id: 'later', starts_at: '2026-11-26T06:30:00.000Z', ends_at: '2026-11-26T08:00:00.000Z' })], next_cursor: null } })
    server.at('POST', `${path}/sign-in`, { body: { status: 'late', status_title: '迟到', at: during, number: 37, evidence: null } })

    const look = async (to: string, shown: string, part: string): Promise<void> => {
      await page.goto(to)
      await expect(page.getByText(shown).first()).toBeVisible()
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(await page.evaluate(() => window.innerWidth))
      await accessible(page)
      await picture(page, `${name}-${part}`)
    }
    await look(`${origin}/m/meetings`, '正在进行', 'list')
    await look(address(), '扫一扫', 'member')
    await look(`${address('/sign-in')}#claim`, '已签到', 'done')
    await look(`${origin}/m/sign-in#meeting.code_expired`, '这个二维码已经过期', 'refused')
    desk(server, meeting, people, { present: 2, missing: 38, leave: 2 })
    await look(address('/host'), '欧阳桂花', 'host')
  })
}
