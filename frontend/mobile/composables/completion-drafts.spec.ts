import { expect, it } from 'vitest'
import { ticketFixture } from '@/shared/ticket/ticket-fixture'
import { completionDrafts, newCompletion } from './completion-drafts'
import { memoryKept } from './memory-store-fixture'

it('keeps one draft for each ticket and account, and shows nobody the other’s', async () => {
  const drafts = completionDrafts(memoryKept())
  const ticket = ticketFixture({ id: 't1', number: 'LX1' })
  await drafts.keep({ ...newCompletion(ticket, '路灯', 'a', 'k1'), note: '换了灯泡', at: 2 })
  await drafts.keep({ ...newCompletion(ticket, '路灯', 'b', 'k2'), note: '别人的', at: 1 })
  await drafts.keep({ ...newCompletion(ticketFixture({ id: 't2' }), '水管', 'a', 'k3'), note: '修好了', at: 1 })
  expect((await drafts.all('a')).map(({ note }) => note)).toEqual(['修好了', '换了灯泡'])
  expect((await drafts.find('t1', 'a'))?.note).toBe('换了灯泡')
  await drafts.forget('t1', 'a')
  expect(await drafts.find('t1', 'a')).toBeNull()
  expect((await drafts.find('t1', 'b'))?.note).toBe('别人的')
})

it('ignores what an older build wrote', async () => {
  const store = memoryKept()
  await store.put('a.t1', { note: 1 })
  const drafts = completionDrafts(store)
  expect(await drafts.find('t1', 'a')).toBeNull()
  expect(await drafts.all('a')).toEqual([])
})
