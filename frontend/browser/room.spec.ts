import { serverOfThisFile } from './support/demo-server'
import { names } from './support/meeting-wall'
import { Person } from './support/people'
import { portrait } from './support/portrait'
import { desk, expect, phone, screen, test } from './support/windows'

/** In the meeting, over the real server: a face, coming from afar, asking to speak, writing down, and the record of it. */

const server = serverOfThisFile()
const minute = 60_000
const link = 'https://meeting.example.cn/r/5521'

test('who is far away comes with a face, asks to speak, and keeps notes', async ({ open }) => {
  const host = await Person.staff(server(), 'host')
  const who = await Person.staff(server(), 'member', 3)
  const { name } = await who.me()
  const { page, context, tolerate } = await open(phone, who)
  tolerate(/status of 409 .*\/notes$/)

  await page.goto(`${server().base}/m/me`)
  await page.getByRole('button', { name: '头像', exact: false }).last().click()
  await page.getByLabel('从相册选').setInputFiles({ name: '证件照.png', mimeType: 'image/png', buffer: portrait(2) })
  await page.getByRole('button', { name: '使用这张照片' }).click()
  await expect(page.getByText('头像已更新')).toBeVisible()
  await page.screenshot({ path: test.info().outputPath('me.png') })

  const at = (minutes: number): string => new Date(Date.now() + minutes * minute).toISOString()
  const { membership } = await host.me()
  const plan = { topic: '冬季防火视频会', type: 'general_meeting', org_id: membership?.organisation.id, starts_at: at(5), ends_at: at(65), mode: 'hybrid', place: '村部会议室', video_link: link, attendees: { whole_branch: true } }
  const { id } = await host.post<{ id: string }>('/meetings', plan)
  await host.post(`/meetings/${id}/launch`)
  const { page: wall } = await open(screen, host)
  await wall.goto(`${server().base}/screen/meeting/${id}`)

  await context.route(`${link}**`, (route) => route.fulfill({ contentType: 'text/html', body: '<link rel=icon href="data:,"><title>视频会议</title>' }))
  await page.goto(`${server().base}/m/meetings/${id}`)
  const face = wall.waitForResponse((answer) => answer.url().includes(`/meetings/${id}/photos/`))
  const opened = context.waitForEvent('page')
  await page.getByRole('button', { name: '进入视频会议' }).click()
  expect((await opened).url()).toBe(link)
  await page.bringToFront()
  await expect(page.getByText('已线上签到').first()).toBeVisible()
  await expect(names(wall, 1)).toBeVisible()
  expect((await face).status()).toBe(200)

  await host.post(`/meetings/${id}/start`)
  const hand = page.getByRole('button', { name: '举手' })
  await hand.click()
  await expect(hand).toHaveAttribute('aria-pressed', 'true')
  const { page: hosting } = await open(desk, host)
  await hosting.goto(`${server().base}/console/meetings/${id}`)
  await expect(hosting.locator('.hands li')).toHaveText([new RegExp(name)])
  await wall.screenshot({ path: test.info().outputPath('wall.png') })
  await hosting.screenshot({ path: test.info().outputPath('desk.png') })
  await hosting.getByRole('button', { name: new RegExp(`放下\\s*${name}的手`) }).click()
  await expect(hand).toHaveAttribute('aria-pressed', 'false')
  await expect(hosting.locator('.hands li')).toHaveCount(0)

  await page.getByRole('link', { name: /我的笔记/ }).click()
  const paper = page.getByLabel('会议笔记')
  await paper.fill('冬季防火：三组由我负责。')
  await expect(page.getByText(/^已保存/)).toBeVisible()
  await page.reload()
  await expect(paper).toHaveValue('冬季防火：三组由我负责。')
  // On another device, written over what this one still shows: nothing is lost.
  await who.post(`/meetings/${id}/notes`, { text: '从电脑上写的。', version: 1 })
  await paper.fill('冬季防火：三组由我负责。周三报名单。')
  await expect(page.getByText('从电脑上写的。')).toBeVisible()
  await page.screenshot({ path: test.info().outputPath('notes-conflict.png') })

  await host.post(`/meetings/${id}/end`)
  await page.goto(`${server().base}/m/attendance`)
  await expect(page.getByText('冬季防火视频会')).toBeVisible()
  await expect(page.getByRole('listitem').first()).toContainText('线上')
  await page.screenshot({ path: test.info().outputPath('record.png') })
})

test('the organisation above is asked to send somebody, and names whom', async ({ open }) => {
  const host = await Person.staff(server(), 'host')
  const admin = await Person.staff(server(), 'admin')
  const { children } = await admin.get<{ children: { id: string; name: string }[] }>('/organisations/tree')
  const town = children[0]
  if (!town) throw new Error('the demonstration has a township')
  const enlist = (name: string, phoneNumber: string, positions: string[]): Promise<unknown> => admin.post('/members', { organisation_id: town.id, name, phone: phoneNumber, standing: 'full', positions })
  await enlist('岑书记', '19900004301', ['secretary'])
  await enlist('蓝干事', '19900004302', [])
  const above = await Person.resident(server(), '19900004301', '岑书记')
  const at = (minutes: number): string => new Date(Date.now() + minutes * minute).toISOString()
  const { membership } = await host.me()
  const { id } = await host.post<{ id: string }>('/meetings', { topic: '支部换届大会', type: 'general_meeting', org_id: membership?.organisation.id, starts_at: at(30), ends_at: at(90), place: '村部会议室', attendees: { whole_branch: true } })
  await host.post(`/meetings/${id}/launch`)

  const { page: hosting } = await open(desk, host)
  await hosting.goto(`${server().base}/console/meetings/${id}`)
  await hosting.getByRole('button', { name: '邀请上级派员' }).click()
  await hosting.getByLabel('说明（可不填）').fill('请到会指导换届工作')
  await hosting.screenshot({ path: test.info().outputPath('ask.png') })
  await hosting.getByRole('button', { name: '发出邀请' }).click()
  await expect(hosting.getByText('等待指派')).toBeVisible()

  // The secretary above finds it in the inbox, and goes from there.
  const { page } = await open(desk, above)
  await page.goto(`${server().base}/console/inbox`)
  await page.getByText('请派员参加会议').click()
  await expect(page).toHaveURL(new RegExp(id))
  await page.getByRole('button', { name: '指派人员' }).click()
  await page.screenshot({ path: test.info().outputPath('name.png') })
  await page.getByRole('button', { name: /蓝干事/ }).click()
  await expect(page.getByText('指派，列席会议')).toBeVisible()
  await expect(hosting.getByText('指派，列席会议')).toBeVisible()
  await expect(hosting.getByRole('button', { name: /列席\s*1/ })).toBeVisible()
  await hosting.screenshot({ path: test.info().outputPath('named.png') })
})
