import { describe, expect, it } from 'vitest'
import { answered, choiceLines, emptyDraft, inFours, keepDraft, keptDraft, newReceipt, progressOf, readDraft, toggled } from './ballot'
import { aVote } from './fixture'

function box(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  const values = new Map<string, string>()
  return { getItem: (key) => values.get(key) ?? null, setItem: (key, value) => void values.set(key, value), removeItem: (key) => void values.delete(key) }
}
const several = aVote({ method: 'multiple', options: ['甲', '乙', '丙', '丁'], min: 1, max: 2 })
const scores = aVote({ method: 'score', options: ['甲', '乙'], min: 0, max: 10 })

describe('a draft', () => {
  it('is found again for the same round, and no other', () => {
    const store = box()
    const draft = { ...emptyDraft(several, 1), choices: [0, 2] }
    keepDraft(store, 'a', several.id, draft)
    expect(keptDraft(store, 'a', several.id, several, 1)).toEqual({ draft, discarded: false })
    expect(keptDraft(store, 'a', several.id, several, 2)).toEqual({ draft: emptyDraft(several, 2), discarded: true })
    expect(keptDraft(store, 'b', several.id, several, 1)).toEqual({ draft: emptyDraft(several, 1), discarded: false })
    expect(keptDraft(store, 'a', several.id, aVote({ options: ['甲', '乙'] }), 1).draft.choices).toEqual([null, null])
  })

  it('that was cast keeps its code and forgets what was chosen', () => {
    const store = box()
    keepDraft(store, 'a', 'v', { round: 1, choices: [0], key: 'k', receipt: 'ABCDEFGH01234567', cast: true })
    expect(readDraft(store, 'a', 'v')).toEqual({ round: 1, choices: [], key: 'k', receipt: 'ABCDEFGH01234567', cast: true })
  })

  it('costs nothing where the browser forbids storage, or holds nonsense', () => {
    const forbidden = { getItem: () => { throw new Error('no') }, setItem: () => { throw new Error('no') }, removeItem: () => undefined }
    keepDraft(forbidden, 'a', 'v', emptyDraft(several, 1))
    expect(readDraft(forbidden, 'a', 'v')).toBeNull()
    expect(readDraft({ ...box(), getItem: () => '{"round":"x"}' }, 'a', 'v')).toBeNull()
  })
})

describe('filling in', () => {
  it('takes no more than may be, and lets go again', () => {
    expect(toggled([0], 2, several)).toEqual([0, 2])
    expect(toggled([0, 2], 3, several)).toEqual([0, 2])
    expect(toggled([0, 2], 0, several)).toEqual([2])
    expect(toggled([0], 2, { method: 'single', max: 1 })).toEqual([2])
    expect(answered([null, null], 1, 'no')).toEqual([null, 'no'])
  })

  it('says how far it is', () => {
    expect(progressOf([], several)).toEqual({ words: '已选 0 / 最多 2，至少 1', complete: false, full: false })
    expect(progressOf([0, 2], several)).toEqual({ words: '已选 2 / 最多 2', complete: true, full: true })
    expect(progressOf([], { ...several, min: 0 })).toMatchObject({ complete: true })
    expect(progressOf([3, null], scores)).toEqual({ words: '已打分 1 / 2', complete: false, full: false })
    expect(progressOf([null], aVote())).toMatchObject({ words: '还没有表态', complete: false })
    expect(progressOf(['yes'], aVote())).toMatchObject({ complete: true })
  })

  it('is read once more before it is sent', () => {
    expect(choiceLines([0, 2], several)).toEqual(['甲', '丙'])
    expect(choiceLines([], several)).toEqual(['弃权（一项也不选）'])
    expect(choiceLines(['no'], aVote())).toEqual(['反对'])
    expect(choiceLines([3, 9], scores)).toEqual(['甲：3 分', '乙：9 分'])
  })
})

it('a receipt has sixteen characters without I, L, O and U, each as likely as another', () => {
  const all = newReceipt((bytes) => bytes.map((_, index) => index)) + newReceipt((bytes) => bytes.map((_, index) => 255 - index))
  expect(new Set(all).size).toBe(32)
  expect(all).toMatch(/^[0-9A-HJKMNP-TV-Z]{32}$/)
  expect(newReceipt()).toMatch(/^[0-9A-HJKMNP-TV-Z]{16}$/)
  expect(inFours('ABCDEFGH01234567')).toBe('ABCD EFGH 0123 4567')
})
