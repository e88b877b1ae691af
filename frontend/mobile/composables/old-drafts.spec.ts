import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ticketFixture } from '@/shared/ticket/ticket-fixture'
import { completionDrafts, newCompletion } from './completion-drafts'
import { newDraft as newRecordDraft } from './diary-draft'
import { loadDraft, newDraft, saveDraft, sentDrafts, turnDraft, type Draft, type DraftMedia } from './draft'
import { memoryKept, memoryStore } from './memory-store-fixture'
import { dropOldDrafts, forgetGone, goneDrafts, goneWords, longestDays } from './old-drafts'
import { recordQueue } from './record-queue'
import { sentQueue } from './sent-queue'

const day = 24 * 3600_000
const start = Date.parse('2026-10-01T08:00:00+08:00')
const photo = (id: string): DraftMedia => ({ id, kind: 'image', name: '照片.jpg', size: 1, durationMs: null, attachmentId: null })

function phone() {
  const store = memoryStore()
  return { store, queue: sentQueue(memoryKept()), records: recordQueue(memoryKept()), completions: completionDrafts(memoryKept()), media: { remove: vi.fn(() => Promise.resolve()) } }
}
let parts: ReturnType<typeof phone>
/** The pages are opened so many days after the beginning. */
const opened = (days: number, spared = false) => dropOldDrafts(parts, () => Promise.resolve(start + days * day), spared)

async function waiting(content: string, photos: readonly string[] = []): Promise<Draft> {
  const draft = { ...newDraft('c1', 'suggestion'), content, media: photos.map(photo) }
  turnDraft(parts.store, draft, 'queued')
  await parts.queue.keep({ draft, sent: null })
  return draft
}

beforeEach(() => {
  parts = phone()
})

describe('what waits to be sent', () => {
  it('is kept for thirty days and not for one more, with its photos, and said to be gone', async () => {
    await waiting('路灯坏了', ['p1', 'p2'])
    expect(goneWords(await opened(0))).toBe('')
    expect(goneWords(await opened(longestDays))).toBe('')
    expect(sentDrafts(parts.store)).toHaveLength(1)
    expect(goneWords(await opened(longestDays + 0.01))).toBe('1 条诉求')
    expect(sentDrafts(parts.store)).toEqual([])
    expect(await parts.queue.all()).toEqual([])
    expect(parts.media.remove.mock.calls).toEqual([['p1'], ['p2']])
  })

  it('goes too where only the worker’s shadow of it is left', async () => {
    const draft = { ...newDraft('c1', 'suggestion'), content: '路灯坏了', status: 'queued' as const }
    await parts.queue.keep({ draft, sent: null })
    await opened(0)
    expect(goneWords(await opened(31))).toBe('1 条诉求')
    expect(await parts.queue.all()).toEqual([])
  })

  it('leaves what the worker has sent to the page that tells its number', async () => {
    const draft = { ...newDraft('c1', 'suggestion'), content: '路灯坏了' }
    await parts.queue.keep({ draft, sent: { id: 't1', number: 'LX1' } })
    await opened(0)
    expect(goneWords(await opened(31))).toBe('')
    expect(await parts.queue.all()).toHaveLength(1)
  })

  it('of a worker is a record, of whichever account', async () => {
    const draft = { ...newRecordDraft('g1', start), text: '走访', media: [photo('p3')] }
    await parts.records.keep({ draft, by: 'a', status: 'queued', at: start, sent: null })
    await opened(0)
    expect(goneWords(await opened(30))).toBe('')
    expect(goneWords(await opened(31))).toBe('1 条服务记录')
    expect(await parts.records.all()).toEqual([])
    expect(parts.media.remove).toHaveBeenCalledWith('p3')
  })
})

describe('what is being written', () => {
  it('is counted from its last change', async () => {
    const draft = { ...newDraft('c1', 'suggestion'), content: '路灯' }
    saveDraft(parts.store, draft)
    await opened(0)
    saveDraft(parts.store, { ...draft, content: '路灯坏了' })
    await opened(20)
    expect(goneWords(await opened(40))).toBe('')
    expect(loadDraft(parts.store, 'c1', 'suggestion')?.content).toBe('路灯坏了')
    expect(goneWords(await opened(51))).toBe('1 条诉求')
    expect(loadDraft(parts.store, 'c1', 'suggestion')).toBeNull()
  })

  it('goes with its photos: a record of the diary, an appraisal, notes of a meeting', async () => {
    parts.store.setItem('lianxin.text.diary.a', JSON.stringify({ ...newRecordDraft('g1', start), media: [photo('p4')] }))
    parts.store.setItem('lianxin.appraisal.a.1', '{"grade":null,"text":"自评","ratings":{}}')
    parts.store.setItem('lianxin.notes.a.m1', '{"text":"记一笔"}')
    parts.store.setItem('lianxin.elder', '1')
    await opened(0)
    expect(goneWords(await opened(31))).toBe('3 份没有写完的草稿')
    expect(parts.media.remove).toHaveBeenCalledWith('p4')
    expect(parts.store.getItem('lianxin.elder')).toBe('1')
    expect(parts.store.getItem('lianxin.notes.a.m1')).toBeNull()
  })

  it('waits for the next opening while its form stands open', async () => {
    saveDraft(parts.store, { ...newDraft('c1', 'suggestion'), content: '路灯' })
    await opened(0)
    expect(goneWords(await opened(31, true))).toBe('')
    expect(goneWords(await opened(31))).toBe('1 条诉求')
  })

  it('to complete a request goes for every account of this phone', async () => {
    for (const by of ['a', 'b']) await parts.completions.keep({ ...newCompletion(ticketFixture({ id: 't1' }), '路灯', by, 'k'), note: '换了', at: start, media: [photo(by)] })
    await opened(0)
    expect(goneWords(await opened(31))).toBe('2 份办结草稿')
    expect(await parts.completions.everybodys()).toEqual([])
    expect(parts.media.remove).toHaveBeenCalledTimes(2)
  })
})

describe('the phone’s own clock', () => {
  it('says nothing about how long a thing has lain there', async () => {
    await parts.records.keep({ draft: { ...newRecordDraft('g1', 0), text: '走访' }, by: 'a', status: 'queued', at: 0, sent: null })
    await parts.completions.keep({ ...newCompletion(ticketFixture({ id: 't1' }), '路灯', 'a', 'k'), note: '换了', at: 0 })
    expect(goneWords(await opened(0))).toBe('')
    expect(goneWords(await opened(30))).toBe('')
    expect(goneWords(await opened(31))).toBe('1 条服务记录、1 份办结草稿')
  })
})

describe('without the server’s clock', () => {
  it('nothing is deleted, and nothing is asked where nothing lies', async () => {
    const silent = vi.fn(() => Promise.reject(new Error('no clock')))
    expect(goneWords(await dropOldDrafts(parts, silent))).toBe('')
    expect(silent).not.toHaveBeenCalled()
    await waiting('路灯坏了')
    await opened(0)
    await expect(dropOldDrafts(parts, silent)).rejects.toThrow('no clock')
    expect(sentDrafts(parts.store)).toHaveLength(1)
  })
})

describe('what is said', () => {
  it('is said again until it was read, and adds up', async () => {
    await waiting('路灯坏了')
    await opened(0)
    await opened(31)
    await waiting('井盖坏了')
    await waiting('水管漏水')
    await opened(40)
    expect(goneWords(goneDrafts(parts.store))).toBe('1 条诉求')
    expect(goneWords(await opened(71))).toBe('3 条诉求')
    forgetGone(parts.store)
    expect(goneWords(goneDrafts(parts.store))).toBe('')
  })

  it('names each kind', () => {
    expect(goneWords({ ticket: 2, record: 1, completion: 1, text: 1 })).toBe('2 条诉求、1 条服务记录、1 份办结草稿、1 份没有写完的草稿')
  })

  it('is nothing when what lies there cannot be read', async () => {
    parts.store.setItem('lianxin.drafts-seen', 'broken')
    parts.store.setItem('lianxin.drafts-gone', '[')
    expect(goneWords(await opened(0))).toBe('')
  })
})
