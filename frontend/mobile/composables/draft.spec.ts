import { describe, expect, it } from 'vitest'
import type { TicketKind } from '@/shared/api/types'
import { isPhone, isUntouched, loadDraft, missingFrom, newDraft, queuedDrafts, removeDraft, saveDraft, ticketOf } from './draft'
import { memoryStore } from './memory-store-fixture'

const suggestion: TicketKind = { kind: 'suggestion', title: '意见建议', hint: '', private: false, fields: [] }
const employment: TicketKind = {
  kind: 'employment',
  title: '务工就业',
  hint: '',
  private: false,
  content: 'optional',
  fields: [{ name: 'work_place', label: '务工地址', type: 'place', required: true }],
}

describe('a draft', () => {
  it('survives a reload with its key', () => {
    const store = memoryStore()
    const draft = newDraft('c1', 'suggestion')
    draft.content = '路灯坏了'
    saveDraft(store, draft)
    expect(loadDraft(store, 'c1', 'suggestion')).toEqual(draft)
    expect(loadDraft(store, 'c1', 'dispute')).toBeNull()
    removeDraft(store, draft)
    expect(loadDraft(store, 'c1', 'suggestion')).toBeNull()
  })

  it('is not taken from something broken', () => {
    const store = memoryStore()
    store.setItem('lianxin.draft.c1.suggestion', '{"key":1}')
    expect(loadDraft(store, 'c1', 'suggestion')).toBeNull()
    store.setItem('lianxin.draft.c1.suggestion', 'nonsense')
    expect(loadDraft(store, 'c1', 'suggestion')).toBeNull()
  })

  it('finds the ones that wait for the network', () => {
    const store = memoryStore()
    saveDraft(store, { ...newDraft('c1', 'suggestion'), status: 'queued' })
    saveDraft(store, newDraft('c1', 'dispute'))
    store.setItem('lianxin.elder', '1')
    expect(queuedDrafts(store).map((draft) => draft.kind)).toEqual(['suggestion'])
  })
})

describe('what is missing', () => {
  it('needs something said: text, voice or a choice', () => {
    const draft = newDraft('c1', 'suggestion')
    expect(isUntouched(draft)).toBe(true)
    expect(missingFrom(draft, suggestion)).toContain('请说一段话')
    expect(missingFrom({ ...draft, content: '路灯坏了' }, suggestion)).toBeNull()
    expect(missingFrom({ ...draft, media: [{ id: 'v', kind: 'voice', name: '语音', size: 1, durationMs: 1000, attachmentId: null }] }, suggestion)).toBeNull()
    expect(missingFrom({ ...draft, form: { risks: ['illness'] } }, { ...suggestion, content: 'required_unless_form' })).toBeNull()
    expect(missingFrom({ ...draft, form: { risks: ['illness'] } }, suggestion)).not.toBeNull()
  })

  it('asks for required fields and for the person it is written for', () => {
    const draft = newDraft('c1', 'employment')
    expect(missingFrom(draft, employment)).toBe('请填写“务工地址”。')
    draft.form = { work_place: '深圳' }
    expect(missingFrom(draft, employment)).toBeNull()
    draft.onBehalf = { name: '', phone: '' }
    expect(missingFrom(draft, employment)).toContain('姓名')
    draft.onBehalf = { name: '杨某某', phone: '123' }
    expect(missingFrom(draft, employment)).toContain('手机号')
    expect(isPhone(' 13912345678 ')).toBe(true)
  })
})

describe('the request', () => {
  it('leaves out what was left blank', () => {
    const draft = { ...newDraft('c1', 'employment'), content: ' 需要就业推荐 ', form: { work_place: ' 深圳 ', need: ' ', lifted_out_of_poverty: false, risks: [] } }
    expect(ticketOf(draft)).toEqual({ grid_code: 'c1', kind: 'employment', content: '需要就业推荐', form: { work_place: '深圳' }, attachments: [] })
  })

  it('carries place, person, switch and uploaded attachments', () => {
    const draft = {
      ...newDraft('c1', 'suggestion'),
      content: '路灯坏了',
      position: { lng: 106.2, lat: 24.4, accuracy: 20 },
      onBehalf: { name: ' 杨某某 ', phone: '13912345678' },
      alsoVillage: true,
      media: [
        { id: 'a', kind: 'image' as const, name: '照片', size: 1, durationMs: null, attachmentId: 'x1' },
        { id: 'b', kind: 'image' as const, name: '照片', size: 1, durationMs: null, attachmentId: null },
      ],
    }
    expect(ticketOf(draft)).toMatchObject({ attachments: ['x1'], location: { lng: 106.2, lat: 24.4, accuracy: 20, datum: 'wgs84' }, on_behalf: { name: '杨某某', phone: '13912345678' }, also_village: true })
  })

  it('wants the home address of somebody else, and not one’s own', () => {
    const kind: TicketKind = { ...employment, fields: [{ name: 'home_address', label: '家庭住址', type: 'text', required: false }, ...employment.fields] }
    const draft = { ...newDraft('c1', 'employment'), form: { work_place: '深圳' } }
    expect(missingFrom(draft, kind)).toBeNull()
    expect(missingFrom({ ...draft, onBehalf: { name: '王大娘', phone: '19900003993' } }, kind)).toBe('请填写“家庭住址”。')
  })

  it('that an older build queued moves out of the way of the next one', () => {
    const store = memoryStore()
    const draft = { ...newDraft('c1', 'suggestion'), content: '路灯坏了', status: 'queued' as const }
    store.setItem('lianxin.draft.c1.suggestion', JSON.stringify(draft))
    expect(queuedDrafts(store)).toEqual([draft])
    expect(store.getItem('lianxin.draft.c1.suggestion')).toBeNull()
    expect(queuedDrafts(store)).toEqual([draft])
    expect(loadDraft(store, 'c1', 'suggestion')).toBeNull()
  })
})
