import { describe, expect, it } from 'vitest'
import { factsOf, isUntouched, missingFrom, newDraft, type DiaryDraft } from './diary-draft'

const now = Date.parse('2026-11-21T06:00:00Z')
const draft = (changes: Partial<DiaryDraft> = {}): DiaryDraft => ({ ...newDraft('g1', now), text: '上门看望', ...changes })

describe('a record that is written', () => {
  it('begins now, by the clock of China, and with nothing to keep', () => {
    expect(newDraft('g1', now)).toMatchObject({ gridId: 'g1', kind: 'visit', happenedAt: '2026-11-21T14:00', media: [] })
    expect(isUntouched(newDraft('g1', now))).toBe(true)
    expect(isUntouched(draft())).toBe(false)
  })

  it.each([
    [draft(), null],
    [draft({ text: ' \n' }), '请写下做了什么。'],
    [draft({ happenedAt: '' }), '请选择服务时间。'],
    [draft({ happenedAt: '2026-11-21T14:05' }), null],
    [draft({ happenedAt: '2026-11-21T14:06' }), '服务时间不能晚于现在。'],
  ])('is sent when nothing is missing: %#', (written, missing) => expect(missingFrom(written, now)).toBe(missing))

  it('sends trimmed words, no empty ones, and the photos that were uploaded', () => {
    const photo = (id: string, attachmentId: string | null) => ({ id, kind: 'image' as const, name: '照片', size: 1, durationMs: null, attachmentId })
    expect(factsOf(draft({ text: ' 看望 ', whom: ' ', place: ' 三组 ', media: [photo('a', 'f1'), photo('b', null)] }))).toEqual({
      kind: 'visit',
      happened_at: '2026-11-21T06:00:00.000Z',
      text: '看望',
      whom: null,
      place: '三组',
      attachments: ['f1'],
    })
  })
})
