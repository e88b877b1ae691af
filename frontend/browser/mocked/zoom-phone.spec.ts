import type { Page } from '@playwright/test'
import { aForm, anAppraisal, appraisalId } from '@/shared/appraisal/fixture'
import { aLife, aMaterial, aPart, lifeBranch, lifeId } from '@/shared/organisational-life/fixture'
import { someServices } from '@/shared/service/fixture'
import { owes, secretary } from '../support/duties'
import type { Mocked } from '../support/mocked'
import { everythingReachable, noSidewaysScroll } from '../support/reach'
import { aMeeting, anAttendee, before, desk, during, expect, listed, meetingId, origin, path as meetingPath, picture, running, test } from './world'

/**
 * Phones enlarge words, not pixels: everything is measured in rem, so twice the root's size is what somebody sees who set
 * the phone's text to 200 %, on a phone of usual width.
 */
const staff = [{ account_id: 'a1', name: '农支书', duty: 'leader', duty_title: '网格长', phone: '199****0001' }, { account_id: 'a2', name: '黄志强', duty: 'worker', duty_title: '网格员', phone: '199****0002' }]
const entry = { grid: { id: 'g5', code: 'CODE', name: '三组', full_name: '云溪镇 柳河村 三组', level: 5 }, staff, services: [{ kind: 'suggestion', title: '意见建议', hint: '路灯、道路、环境' }, { kind: 'dispute', title: '矛盾纠纷', hint: '邻里、土地、家庭' }, { kind: 'employment', title: '务工就业', hint: '招工、培训、补贴' }], emergency: [{ number: '110', title: '报警' }, { number: '119', title: '火警' }], usual_accept_minutes: 12 }
const people = ['韦建国', '罗秀英', '黄志强', '欧阳桂花'].map((name, index) => anAttendee({ member_id: `m${index}`, name, ...(index < 2 ? { number: index + 1, present: true, status: 'on_time' as const } : {}) }))
const life = aLife({ counts: null, own: aPart(), may: { edit: false, delete: false, review: false, link: false, report: false, submit: true } })

interface Stop {
  name: string
  path: string
  shown: string
  at?: string
  me?: object
  signedIn?: boolean
  play: (server: Mocked) => void
}

function resident(server: Mocked): void {
  server.at('GET', '/entry/CODE', { body: entry })
  server.at('GET', '/entry/CODE/services', { body: someServices() })
}

const stops: readonly Stop[] = [
  { name: '居民首页', path: '/g/CODE', shown: '意见建议', signedIn: false, play: resident },
  { name: '政策', path: '/g/CODE/policies', shown: '医疗保险', signedIn: false, play: resident },
  { name: '我的会议', path: '/m/meetings', shown: '正在进行', at: during, play: (server) => void (listed(server, running(), people[2] ?? null), server.at('GET', '/meetings', { body: { items: [{ ...running(), manages: true }, aMeeting({ id: 'later' })], next_cursor: null } })) },
  { name: '会议', path: `/m/meetings/${meetingId}`, shown: '扫一扫', at: during, play: (server) => listed(server, running(), people[2] ?? null, { present: 36, missing: 4 }) },
  { name: '会议主持台', path: `/m/meetings/${meetingId}/host`, shown: '欧阳桂花', at: during, play: (server) => (desk(server, running(), people, { present: 2, missing: 38 }), server.at('GET', `${meetingPath}/votes`, { body: { items: [], own_ballot: null } })) },
  { name: '预警与指令', path: '/m/duties', shown: '未召开预警', at: during, me: secretary, play: owes },
  { name: '民主评议', path: `/m/appraisals/${appraisalId}`, shown: '给自己评什么等次', me: { membership: { member_id: 'm2', organisation: { id: 'o', name: '柳河村党支部' } }, organisation_roles: [] }, play: (server) => (server.at('GET', `/appraisals/${appraisalId}`, { body: anAppraisal() }), server.at('GET', `/appraisals/${appraisalId}/form`, { body: aForm() })) },
  { name: '组织生活会', path: `/m/organisational-life/${lifeId}`, shown: '2026 年度组织生活会', me: { membership: { member_id: 'm1', organisation: lifeBranch, standing: 'full', standing_title: '正式党员' } }, play: (server) => (server.at('GET', `/organisational-life/${lifeId}`, { body: life }), server.at('GET', `/organisational-life/${lifeId}/material`, { body: aMaterial(aPart(), { may: { submit: true, decide: false } }) })) },
]

async function enlarged(page: Page): Promise<void> {
  await page.evaluate(() => void document.documentElement.style.setProperty('font-size', '200%'))
}

for (const { name, path, shown, play, ...wishes } of stops) {
  test(`words at 200 % on a phone: ${name}`, async ({ world }) => {
    const { page, server } = await world({ at: before, ...wishes })
    play(server)
    await page.goto(`${origin}${path}`)
    await expect(page.getByText(shown).first()).toBeVisible()
    await enlarged(page)
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).fontSize)).toBe('32px')
    await picture(page, `phone-200-${name}`)
    await noSidewaysScroll(page, name)
    await everythingReachable(page, name)
  })
}
