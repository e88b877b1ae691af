import { describe, expect, it, vi } from 'vitest'
import { ApiProblem, unreachableProblem } from '@/shared/api/problem'
import type { NewTicket, Ticket } from '@/shared/api/types'
import { ticketFixture } from '@/shared/ticket/ticket-fixture'
import { loadDraft, newDraft, queuedDrafts, saveDraft, type Draft } from './draft'
import { memoryStore } from './memory-store-fixture'
import { sendDraft, type OutboxParts } from './outbox'

function parts() {
  const blobs = new Map<string, Blob>([['photo', new Blob(['x'])]])
  return {
    store: memoryStore(),
    media: { put: vi.fn(), get: (id: string) => Promise.resolve(blobs.get(id) ?? null), remove: vi.fn(() => Promise.resolve()) },
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
    expect(loadDraft(outbox.store, 'c1', 'suggestion')).toMatchObject({ content: '路灯坏了', status: 'editing' })
  })

  it('sends the words when a photo was lost with the page', async () => {
    const outbox = parts()
    const draft = draftWithPhoto()
    draft.media = [{ ...draft.media[0], id: 'gone', kind: 'image', name: 'x', size: 1, durationMs: null, attachmentId: null }]
    expect((await sendDraft(outbox, draft)).outcome).toBe('sent')
    expect(outbox.upload).not.toHaveBeenCalled()
  })
})
