import { describe, expect, it, vi } from 'vitest'
import { ApiProblem, unreachableProblem } from '@/shared/api/problem'
import type { NewTicket, Ticket } from '@/shared/api/types'
import { ticketFixture } from '@/shared/ticket/ticket-fixture'
import { loadDraft, newDraft, queuedDrafts, saveDraft, sentDraft, type Draft } from './draft'
import { memoryKept, memoryStore } from './memory-store-fixture'
import { sendDraft, takeBack, type OutboxParts } from './outbox'
import { sentQueue } from './sent-queue'

function parts() {
  const blobs = new Map<string, Blob>([['photo', new Blob(['x'])]])
  return {
    store: memoryStore(),
    queue: sentQueue(memoryKept()),
    media: { put: vi.fn(() => Promise.resolve(true)), get: (id: string) => Promise.resolve(blobs.get(id) ?? null), remove: vi.fn(() => Promise.resolve()) },
    upload: vi.fn((_file: Blob, _name: string, onProgress: (fraction: number) => void, _key: string) => {
      onProgress(0.5)
      return Promise.resolve({ id: 'attachment-1' })
    }),
    create: vi.fn((_ticket: NewTicket, _key: string): Promise<Ticket> => Promise.resolve(ticketFixture({ id: 't1', number: 'LX7' }))),
  } satisfies OutboxParts
}

function draftWithPhoto(): Draft {
  return { ...newDraft('c1', 'suggestion'), content: '路灯坏了', media: [{ id: 'photo', kind: 'image', name: '照片.jpg', size: 1, durationMs: null, attachmentId: null }] }
}

describe('sendDraft', () => {
  it('uploads, creates, and clears the phone', async () => {
    const outbox = parts()
    const draft = draftWithPhoto()
    saveDraft(outbox.store, draft)
    const progress = vi.fn()
    const result = await sendDraft(outbox, draft, progress)
    expect(result).toMatchObject({ outcome: 'sent', ticket: { number: 'LX7' } })
    expect(outbox.create).toHaveBeenCalledWith(expect.objectContaining({ attachments: ['attachment-1'] }), draft.key)
    expect(progress).toHaveBeenCalledWith({ step: 1, steps: 2, fraction: 0.5 })
    expect(loadDraft(outbox.store, 'c1', 'suggestion')).toBeNull()
    expect(outbox.media.remove).toHaveBeenCalledWith('photo')
  })

  it('queues when the network is away, and repeats with the same keys and without a second upload', async () => {
    const outbox = parts()
    const draft = draftWithPhoto()
    outbox.create.mockRejectedValueOnce(unreachableProblem())
    expect((await sendDraft(outbox, draft)).outcome).toBe('queued')
    const [stored] = queuedDrafts(outbox.store)
    expect(stored?.media[0]?.attachmentId).toBe('attachment-1')
    if (!stored) throw new Error('nothing was queued')
    expect((await sendDraft(outbox, stored)).outcome).toBe('sent')
    expect(outbox.upload).toHaveBeenCalledTimes(1)
    expect(outbox.create.mock.calls.map((call) => call[1])).toEqual([draft.key, draft.key])
    expect(queuedDrafts(outbox.store)).toEqual([])
  })

  it('queues while the server is starting again', async () => {
    const outbox = parts()
    outbox.create.mockRejectedValueOnce(new ApiProblem(503, 'unavailable', '稍后再试'))
    expect((await sendDraft(outbox, draftWithPhoto())).outcome).toBe('queued')
  })

  it('gives a refused draft back for editing and keeps it', async () => {
    const outbox = parts()
    const draft = draftWithPhoto()
    outbox.create.mockRejectedValueOnce(new ApiProblem(422, 'ticket.invalid', '内容太长'))
    expect(await sendDraft(outbox, draft)).toMatchObject({ outcome: 'refused', problem: { code: 'ticket.invalid' } })
    takeBack(outbox, draft)
    expect(loadDraft(outbox.store, 'c1', 'suggestion')).toMatchObject({ content: '路灯坏了', status: 'editing' })
    expect(queuedDrafts(outbox.store)).toEqual([])
    expect(await outbox.queue.all()).toEqual([])
  })

  it('leaves the page free for the next request of the same kind while one waits', async () => {
    const outbox = parts()
    const draft = draftWithPhoto()
    saveDraft(outbox.store, draft)
    outbox.create.mockRejectedValueOnce(unreachableProblem())
    await sendDraft(outbox, draft)
    expect(loadDraft(outbox.store, 'c1', 'suggestion')).toBeNull()
    const next = { ...newDraft('c1', 'suggestion'), content: '井盖也坏了' }
    saveDraft(outbox.store, next)
    expect(queuedDrafts(outbox.store).map(({ content }) => content)).toEqual(['路灯坏了'])
    expect(loadDraft(outbox.store, 'c1', 'suggestion')?.content).toBe('井盖也坏了')
  })

  it('is queued before the first byte leaves, so that a page that dies loses nothing', async () => {
    const outbox = parts()
    const draft = draftWithPhoto()
    outbox.create.mockImplementationOnce(() => {
      expect(queuedDrafts(outbox.store).map(({ key }) => key)).toEqual([draft.key])
      return Promise.reject(unreachableProblem())
    })
    expect((await sendDraft(outbox, draft)).outcome).toBe('queued')
    expect(outbox.create).toHaveBeenCalledTimes(1)
  })

  it('makes one request of two taps', async () => {
    const outbox = parts()
    const draft = draftWithPhoto()
    const [first, second] = await Promise.all([sendDraft(outbox, draft), sendDraft(outbox, draft)])
    expect(first).toBe(second)
    expect(outbox.create).toHaveBeenCalledTimes(1)
  })

  it('takes what the worker sent while the page was closed, and sends it no second time', async () => {
    const outbox = parts()
    const draft = draftWithPhoto()
    await outbox.queue.keep({ draft, sent: { id: 't9', number: 'LX9' } })
    expect(await sendDraft(outbox, draft)).toEqual({ outcome: 'sent', ticket: { id: 't9', number: 'LX9' } })
    expect(outbox.create).not.toHaveBeenCalled()
    expect(sentDraft(outbox.store, draft.key)).toBeNull()
    expect(await outbox.queue.all()).toEqual([])
  })

  it('does not upload again what the worker has uploaded', async () => {
    const outbox = parts()
    const draft = draftWithPhoto()
    const uploaded = { ...draft, media: draft.media.map((media) => ({ ...media, attachmentId: 'attachment-7' })) }
    await outbox.queue.keep({ draft: uploaded, sent: null })
    await sendDraft(outbox, draft)
    expect(outbox.upload).not.toHaveBeenCalled()
    expect(outbox.create).toHaveBeenCalledWith(expect.objectContaining({ attachments: ['attachment-7'] }), draft.key)
  })

  it.each([408, 429, 502, 503, 504])('waits when the gate says %i', async (status) => {
    const outbox = parts()
    outbox.create.mockRejectedValueOnce(new ApiProblem(status, 'gate', '稍后再试'))
    expect((await sendDraft(outbox, draftWithPhoto())).outcome).toBe('queued')
  })

  it('sends the words when a photo was lost with the page', async () => {
    const outbox = parts()
    const draft = draftWithPhoto()
    draft.media = [{ ...draft.media[0], id: 'gone', kind: 'image', name: 'x', size: 1, durationMs: null, attachmentId: null }]
    expect((await sendDraft(outbox, draft)).outcome).toBe('sent')
    expect(outbox.upload).not.toHaveBeenCalled()
  })
})
