import { describe, expect, it } from 'vitest'
import { newDraft, queuedDrafts, saveDraft, turnDraft } from './draft'
import { memoryStore } from './memory-store-fixture'
import { textStore } from './text-store'

/** A phone without a byte to spare. */
const full = { ...memoryStore(), setItem: () => { throw new DOMException('full', 'QuotaExceededError') }, clear: () => undefined, length: 0 } as Storage

describe('the store of drafts', () => {
  it.each([
    ['a full phone', () => full],
    ['a browser that refuses storage', () => { throw new DOMException('denied', 'SecurityError') }],
    ['a browser without storage', () => undefined],
  ])('keeps what is written as long as the page is open: %s', (_words, storage: () => Storage | undefined) => {
    const store = textStore(storage)
    const draft = { ...newDraft('c1', 'suggestion'), content: '路灯坏了' }
    expect(saveDraft(store, draft)).toBe(false)
    expect(turnDraft(store, draft, 'queued')).toBe(false)
    expect(queuedDrafts(store).map(({ content }) => content)).toEqual(['路灯坏了'])
  })

  it('says that it is kept when it is', () => {
    const behind = memoryStore() as unknown as Storage
    const store = textStore(() => behind)
    const draft = { ...newDraft('c1', 'suggestion'), content: '路灯坏了' }
    expect(saveDraft(store, draft)).toBe(true)
    expect(queuedDrafts(textStore(() => behind))).toEqual([])
    expect(turnDraft(store, draft, 'queued')).toBe(true)
    expect(queuedDrafts(textStore(() => behind))).toHaveLength(1)
  })
})
