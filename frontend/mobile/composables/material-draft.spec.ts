import { beforeEach, expect, it, vi } from 'vitest'
import { aMaterial, aPart, submitted } from '@/shared/organisational-life/fixture'
import { draftKey, draftOf, isChanged, isEmpty, keepDraft, readDraft } from './material-draft'

const values = new Map<string, string>()
beforeEach(() => {
  values.clear()
  vi.stubGlobal('localStorage', { getItem: (key: string) => values.get(key) ?? null, setItem: (key: string, text: string) => values.set(key, text), removeItem: (key: string) => values.delete(key) })
})

const key = draftKey('acc-1', 'life-1')
const draft = { text: '查摆的问题', papers: [], base: 1 }

it('lies on the device until it is sent, for one account alone', () => {
  keepDraft(key, draft)
  expect(readDraft(key)).toEqual(draft)
  expect(readDraft(draftKey('acc-2', 'life-1'))).toBeNull()
  keepDraft(key, null)
  expect(values.size).toBe(0)
})

it('takes nothing for a draft that is none', () => {
  for (const text of ['{', '7', '{"text":1}', '{"text":"a","base":0}']) {
    values.set(`lianxin.text.${key}`, text)
    expect(readDraft(key)).toBeNull()
  }
})

it('begins with what was handed in last, and knows whether it says something else', () => {
  const material = aMaterial(aPart(submitted))
  const before = draftOf(material)
  expect(before.base).toBe(1)
  expect(isChanged(before, material)).toBe(false)
  expect(isChanged({ ...before, text: `${before.text}又一句` }, material)).toBe(true)
  expect(isEmpty(draftOf(aMaterial(aPart())))).toBe(true)
})
