import type { AppraisalForm, FormInput, Grade } from '@/shared/api/appraisals'
import { grades } from './words'

/**
 * A form while it is filled in. It lives on this device alone until it is sent: nothing that the server tells changes it,
 * and a page that is loaded anew finds it again.
 */
export interface FormDraft {
  grade: Grade | null
  text: string
  /** by member */
  ratings: Record<string, Grade>
}

type Box = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
export const mostSelfLetters = 2000

/** Of this account: a phone may be lent. */
const keyOf = (accountId: string, appraisalId: string): string => `lianxin.appraisal.${accountId}.${appraisalId}`

/** What was sent, as a draft. */
export function sentDraft(form: Pick<AppraisalForm, 'self' | 'ratings'>): FormDraft {
  return { grade: form.self?.grade ?? null, text: form.self?.text ?? '', ratings: Object.fromEntries(form.ratings.map((rating) => [rating.member_id, rating.grade])) }
}

export function keptDraft(box: Box, accountId: string, appraisalId: string): FormDraft | null {
  try {
    const value = JSON.parse(box.getItem(keyOf(accountId, appraisalId)) ?? 'null') as Partial<FormDraft> | null
    if (typeof value !== 'object' || value === null || typeof value.text !== 'string' || typeof value.ratings !== 'object' || value.ratings === null) return null
    const ratings = Object.fromEntries(Object.entries(value.ratings).filter(([, grade]) => isGrade(grade)))
    return { grade: isGrade(value.grade) ? value.grade : null, text: value.text, ratings }
  } catch {
    return null
  }
}

export function keepDraft(box: Box, accountId: string, appraisalId: string, draft: FormDraft): void {
  try {
    box.setItem(keyOf(accountId, appraisalId), JSON.stringify(draft))
  } catch {
    // Without storage it lives as long as the page does.
  }
}

/** Once it is sent, or too late: what was given to others stays on nobody's phone. */
export function dropDraft(box: Box, accountId: string, appraisalId: string): void {
  try {
    box.removeItem(keyOf(accountId, appraisalId))
  } catch {
    // There was no storage to keep it in.
  }
}

export function sameDraft(one: FormDraft, other: FormDraft): boolean {
  const members = new Set([...Object.keys(one.ratings), ...Object.keys(other.ratings)])
  return one.grade === other.grade && one.text.trim() === other.text.trim() && [...members].every((id) => one.ratings[id] === other.ratings[id])
}

export interface FormProgress {
  rated: number
  people: number
  /** 已评 7/12 */
  words: string
}

export function progressOf(form: Pick<AppraisalForm, 'people'>, draft: FormDraft): FormProgress {
  const rated = form.people.filter((person) => draft.ratings[person.member_id] !== undefined).length
  return { rated, people: form.people.length, words: `已评 ${rated}/${form.people.length}` }
}

export interface Missing {
  /** `self`, `text`, or the member who has no grade yet */
  at: string
  words: string
}

/** The first thing that is left to do before it may be sent. Participants rate everybody, 群众 whom they know. */
export function missingFrom(form: Pick<AppraisalForm, 'people' | 'rates_self'>, draft: FormDraft, everybody: boolean): Missing | null {
  if (form.rates_self && draft.grade === null) return { at: 'self', words: '请先选自己的自评等次。' }
  if (form.rates_self && draft.text.trim() === '') return { at: 'text', words: '请写几句自评。' }
  const { rated, people } = progressOf(form, draft)
  const next = form.people.find((person) => draft.ratings[person.member_id] === undefined)
  if (everybody && next) return { at: next.member_id, words: `还有 ${people - rated} 人没有评，从${next.name}开始。` }
  if (!everybody && rated === 0 && next) return { at: next.member_id, words: '请至少评一名党员。' }
  return null
}

export function inputOf(form: Pick<AppraisalForm, 'people' | 'rates_self'>, draft: FormDraft): FormInput {
  return {
    self: form.rates_self && draft.grade !== null ? { grade: draft.grade, text: draft.text.trim() } : null,
    ratings: form.people.flatMap(({ member_id }) => {
      const grade = draft.ratings[member_id]
      return grade === undefined ? [] : [{ member_id, grade }]
    }),
  }
}

function isGrade(value: unknown): value is Grade {
  return grades.some((grade) => grade === value)
}
