import type { Page } from '@playwright/test'
import { serverOfThisFile } from './support/demo-server'
import { Person } from './support/people'
import { expect, phone, screen, test } from './support/windows'

const server = serverOfThisFile()

const mark = (page: Page): Promise<void> => page.evaluate(() => void Object.assign(window, { neverReloaded: true }))
const isMarked = (page: Page): Promise<boolean> => page.evaluate(() => 'neverReloaded' in window)

for (const [title, signal] of [
  ['a planned restart', 'SIGTERM'],
  ['a power cut', 'SIGKILL'],
] as const) {
  test(`${title}: the pages stay, say so, come back by themselves and miss nothing`, async ({ open }) => {
    const county = await Person.staff(server(), 'leader_l1')
    const { id: countyId } = await county.topGrid()
    const resident = await Person.resident(server(), signal === 'SIGTERM' ? '13800004444' : '13800005555')
    const code = server().account('worker').grid_code
    const before = await resident.submit(code, `${title}之前的诉求`)

    const { page: board, tolerate: onBoard } = await open(screen, county)
    const { page: worker, tolerate: atWork } = await open(phone, await Person.staff(server(), 'worker'))
    for (const tolerate of [onBoard, atWork]) tolerate(/ERR_CONNECTION_(REFUSED|RESET)|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED_ENCODING|Connection closed|WebSocket/)
    await board.goto(`${server().base}/screen/board/${countyId}`)
    await worker.goto(`${server().base}/m/work`)
    const card = (text: string): ReturnType<Page['locator']> => worker.getByRole('article').filter({ hasText: text })
    const waiting = board.locator('.tile').filter({ hasText: '未接服务' }).locator('b')
    await expect(card(before.content)).toBeVisible()
    await expect(waiting).toHaveText(String((await county.counters(countyId)).submitted))
    const waitingBefore = Number(await waiting.innerText())
    await Promise.all([mark(board), mark(worker)])

    await server().stop(signal)
    await expect(board.getByText(/连接中断，正在自动重连。现在显示 \d\d:\d\d 的情况。/)).toBeVisible()
    await expect(worker.getByText('连接中断')).toBeVisible()
    await expect(waiting).toHaveText(String(waitingBefore))
    await expect(card(before.content)).toBeVisible()

    await server().restart()
    // Perhaps before the pages are back: nothing may be missing then either.
    const after = await resident.submit(code, `${title}之后的诉求`)
    await expect(card(after.content)).toBeVisible()
    await expect(waiting).toHaveText(String(waitingBefore + 1))
    await expect(board.getByText('连接中断')).toBeHidden()
    await expect(worker.getByText('实时')).toBeVisible()
    expect((await county.counters(countyId)).submitted).toBe(waitingBefore + 1)
    expect(await Promise.all([isMarked(board), isMarked(worker)])).toEqual([true, true])
  })
}
