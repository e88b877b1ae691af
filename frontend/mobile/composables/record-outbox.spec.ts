import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiProblem, unreachableProblem } from '@/shared/api/problem'
import type { NewServiceRecord, ServiceRecord } from '@/shared/api/services'
import { newDraft, type DiaryDraft } from './diary-draft'
import type { KeptStore } from './kept-database'
import { memoryKept } from './memory-store-fixture'
import { sendRecord, type RecordOutboxParts } from './record-outbox'
import { recordQueue } from './record-queue'

const now = Date.parse('2026-11-22T06:00:00Z')

beforeEach(() => vi.stubGlobal('localStorage', undefined))

function written(changes: Partial<DiaryDraft> = {}): DiaryDraft {
  return { ...newDraft('g5', now), text: '走访三户', media: [{ id: 'photo', kind: 'image', name: '照片', size: 1, durationMs: null, attachmentId: null }], ...changes }
}

/** A server that makes one record of a `client`, as the real one does. */
function parts(store: KeptStore = memoryKept()) {
  const blobs = new Map<string, Blob>([['photo', new Blob(['x'])]])
  const made = new Map<string, NewServiceRecord>()
  return {
    made,
    blobs,
    queue: recordQueue(store),
    media: { put: vi.fn(() => Promise.resolve(true)), get: (id: string) => Promise.resolve(blobs.get(id) ?? null), remove: vi.fn((id: string) => Promise.resolve(void blobs.delete(id))) },
    upload: vi.fn((_file: Blob, _name: string, _progress: (fraction: number) => void, _key: string) => Promise.resolve({ id: 'attachment-1' })),
    create: vi.fn((record: NewServiceRecord): Promise<ServiceRecord> => {
      made.set(record.client_id, record)
      return Promise.resolve({ id: `record-${record.client_id}` } as ServiceRecord)
    }),
  } satisfies RecordOutboxParts & Record<string, unknown>
}

describe('a record that is submitted', () => {
  it('arrives with its photos, and nothing of it stays', async () => {
    const phone = parts()
    const draft = written()
    expect(await sendRecord(phone, draft, 'worker', undefined, now)).toEqual({ outcome: 'sent', id: `record-${draft.client}` })
    expect(phone.made.get(draft.client)).toMatchObject({ grid_id: 'g5', text: '走访三户', attachments: ['attachment-1'] })
    expect(await phone.queue.all()).toEqual([])
    expect(phone.blobs.size).toBe(0)
  })

  it('waits without a network, and a photo that arrived is never sent again', async () => {
    const phone = parts()
    const draft = written()
    phone.create.mockRejectedValueOnce(unreachableProblem())
    expect(await sendRecord(phone, draft, 'worker', undefined, now)).toEqual({ outcome: 'queued', kept: true })
    expect(await phone.queue.all()).toMatchObject([{ by: 'worker', status: 'queued', at: now }])
    // The page still holds the draft as it was before the photo arrived.
    expect((await sendRecord(phone, draft, 'worker', undefined, now + 1)).outcome).toBe('sent')
    expect(phone.upload).toHaveBeenCalledTimes(1)
    expect(phone.made.size).toBe(1)
  })

  it('dies in the middle of a photo and goes on with the same key', async () => {
    const phone = parts()
    phone.upload.mockRejectedValueOnce(unreachableProblem())
    const draft = written()
    expect((await sendRecord(phone, draft, 'worker', undefined, now)).outcome).toBe('queued')
    expect((await sendRecord(phone, draft, 'worker', undefined, now)).outcome).toBe('sent')
    expect(phone.upload.mock.calls.map((call) => call[3])).toEqual(['photo', 'photo'])
  })

  it('is one record from two tabs and a second tap', async () => {
    const store = memoryKept()
    const [one, other] = [parts(store), parts(store)]
    const draft = written({ media: [] })
    const results = await Promise.all([sendRecord(one, draft, 'worker', undefined, now), sendRecord(one, draft, 'worker', undefined, now)])
    expect(one.create).toHaveBeenCalledTimes(1)
    expect(results[0]).toEqual(results[1])
    await sendRecord(other, draft, 'worker', undefined, now)
    expect([...new Set([...one.made.keys(), ...other.made.keys()])]).toEqual([draft.client])
    expect(await one.queue.all()).toEqual([])
  })

  it('that the worker sent meanwhile is not sent again', async () => {
    const phone = parts()
    const draft = written()
    await phone.queue.keep({ draft, by: 'worker', status: 'queued', at: now, sent: 'record-9' })
    expect(await sendRecord(phone, draft, 'worker', undefined, now)).toEqual({ outcome: 'sent', id: 'record-9' })
    expect(phone.create).not.toHaveBeenCalled()
    expect(await phone.queue.all()).toEqual([])
  })

  it.each([[413, '文件太大了。'], [422, '服务时间不能晚于现在'], [403, '您没有这项权限。']])('is refused with %i: it stays, says why, and waits for its author', async (status, words) => {
    const phone = parts()
    phone.create.mockRejectedValueOnce(new ApiProblem(status, 'x', words))
    expect((await sendRecord(phone, written(), 'worker', undefined, now)).outcome).toBe('refused')
    expect(await phone.queue.all()).toMatchObject([{ status: 'refused', problem: words }])
    expect(phone.blobs.size).toBe(1)
  })

  it.each([401, 408, 429, 502, 503, 504])('is kept for later after %i', async (status) => {
    const phone = parts()
    phone.create.mockRejectedValueOnce(new ApiProblem(status, 'x', 'x'))
    expect((await sendRecord(phone, written(), 'worker', undefined, now)).outcome).toBe('queued')
    expect(await phone.queue.all()).toMatchObject([{ status: 'queued' }])
  })

  it('on a full phone lives as long as the page, and the page is told', async () => {
    const full: KeptStore = { ...memoryKept(), put: () => Promise.resolve(false) }
    const phone = parts(full)
    phone.create.mockRejectedValueOnce(unreachableProblem())
    const draft = written()
    expect(await sendRecord(phone, draft, 'worker', undefined, now)).toEqual({ outcome: 'queued', kept: false })
    expect(await phone.queue.all()).toHaveLength(1)
    expect((await sendRecord(phone, draft, 'worker', undefined, now)).outcome).toBe('sent')
    expect(await phone.queue.all()).toEqual([])
  })
})
