import { beforeEach, describe, expect, it } from 'vitest'
import { dropDraft, inputOf, keepDraft, keptDraft, missingFrom, progressOf, sameDraft, sentDraft, type FormDraft } from './draft'
import { aForm } from './fixture'

const stored = new Map<string, string>()
const box = { getItem: (key: string) => stored.get(key) ?? null, setItem: (key: string, value: string) => void stored.set(key, value), removeItem: (key: string) => void stored.delete(key) }
const form = aForm()
const ofAll: FormDraft['ratings'] = Object.fromEntries(form.people.map((person) => [person.member_id, 'qualified' as const]))
const filled = (changes: Partial<FormDraft> = {}): FormDraft => ({ grade: 'qualified', text: ' 按时参加组织生活 ', ratings: ofAll, ...changes })

beforeEach(() => stored.clear())

describe('a draft on the device', () => {
  it('is found again by the same account, for the same appraisal alone', () => {
    keepDraft(box, 'acc-1', 'a1', filled())
    expect(keptDraft(box, 'acc-1', 'a1')).toEqual(filled())
    expect(keptDraft(box, 'acc-2', 'a1')).toBeNull()
    expect(keptDraft(box, 'acc-1', 'a2')).toBeNull()
    dropDraft(box, 'acc-1', 'a1')
    expect(keptDraft(box, 'acc-1', 'a1')).toBeNull()
  })
  it('survives what an older build or somebody else wrote there', () => {
    stored.set('lianxin.appraisal.acc-1.a1', '{"text":"写了一半","grade":"great","ratings":{"m0":"excellent","m1":7}}')
    expect(keptDraft(box, 'acc-1', 'a1')).toEqual({ grade: null, text: '写了一半', ratings: { m0: 'excellent' } })
    stored.set('lianxin.appraisal.acc-1.a1', 'no json')
    expect(keptDraft(box, 'acc-1', 'a1')).toBeNull()
  })
  it('lives as long as the page does where nothing may be stored', () => {
    const refused = { ...box, setItem: () => { throw new Error('full') } }
    expect(() => keepDraft(refused, 'acc-1', 'a1', filled())).not.toThrow()
  })
})

it('says how far it is', () => {
  expect(progressOf(form, filled({ ratings: { m0: 'excellent', m1: 'qualified', gone: 'qualified' } })).words).toBe('已评 2/11')
})

it('differs from what was sent by what counts', () => {
  const sent = sentDraft({ self: { grade: 'qualified', grade_title: '合格', text: '按时参加组织生活' }, ratings: form.people.map(({ member_id }) => ({ member_id, grade: 'qualified' })) })
  expect(sameDraft(sent, filled())).toBe(true)
  expect(sameDraft(sent, filled({ text: '别的话' }))).toBe(false)
  expect(sameDraft(sent, filled({ ratings: { ...ofAll, m0: 'excellent' } }))).toBe(false)
  expect(sameDraft(sent, filled({ ratings: {} }))).toBe(false)
})

describe('what is left to do', () => {
  it('begins with oneself, then goes down the list', () => {
    expect(missingFrom(form, filled({ grade: null }), true)?.at).toBe('self')
    expect(missingFrom(form, filled({ text: '  ' }), true)?.at).toBe('text')
    const { m3: _gone, ...rest } = ofAll
    expect(missingFrom(form, filled({ ratings: rest }), true)).toEqual({ at: 'm3', words: '还有 1 人没有评，从欧阳桂花开始。' })
    expect(missingFrom(form, filled(), true)).toBeNull()
  })
  it('asks 群众 for one at least', () => {
    const opinion = aForm({ rates_self: false })
    expect(missingFrom(opinion, { grade: null, text: '', ratings: {} }, false)?.words).toBe('请至少评一名党员。')
    expect(missingFrom(opinion, { grade: null, text: '', ratings: { m5: 'excellent' } }, false)).toBeNull()
  })
  it('asks nothing of whoever has nobody to rate', () => {
    expect(missingFrom({ people: [], rates_self: false }, { grade: null, text: '', ratings: {} }, true)).toBeNull()
  })
})

it('sends what belongs to the form, in its order', () => {
  expect(inputOf(aForm({ people: form.people.slice(0, 2) }), filled({ ratings: { m1: 'excellent', m0: 'qualified', gone: 'unqualified' } }))).toEqual({
    self: { grade: 'qualified', text: '按时参加组织生活' },
    ratings: [{ member_id: 'm0', grade: 'qualified' }, { member_id: 'm1', grade: 'excellent' }],
  })
  expect(inputOf(aForm({ rates_self: false, people: [] }), filled()).self).toBeNull()
})
