import { answerWords } from './vote-words'
import type { Answer, Question } from './votes'

/**
 * A ballot while it is filled in. It lives on this device alone: nothing that the server tells may change it, and a page
 * that is loaded anew finds it again, until another round begins.
 */

/** Indexes of options, or one entry for each option. null: not answered yet */
export type Choice = number | Answer | null

export interface Draft {
  round: number
  choices: Choice[]
  /** The one idempotency key of this ballot, from the first sending on; null: not sent yet. */
  key: string | null
  /** Of secret votes: made when it is sent, kept afterwards. */
  receipt: string | null
  cast: boolean
}

type Box = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/** Of this account: a phone may be lent. */
const keyOf = (accountId: string, voteId: string): string => `lianxin.ballot.${accountId}.${voteId}`

export function emptyDraft(question: Pick<Question, 'method' | 'options'>, round: number): Draft {
  const each = question.method === 'yes_no_abstain' || question.method === 'score'
  return { round, choices: each ? question.options.map(() => null) : [], key: null, receipt: null, cast: false }
}

/** `discarded`: there was something of an earlier round, which no longer counts. */
export function keptDraft(box: Box, accountId: string, voteId: string, question: Pick<Question, 'method' | 'options'>, round: number): { draft: Draft; discarded: boolean } {
  const kept = readDraft(box, accountId, voteId)
  if (kept?.round === round && (kept.cast || fits(kept, question))) return { draft: kept, discarded: false }
  return { draft: emptyDraft(question, round), discarded: kept !== null && kept.round < round }
}

export function readDraft(box: Box, accountId: string, voteId: string): Draft | null {
  try {
    const value = JSON.parse(box.getItem(keyOf(accountId, voteId)) ?? 'null') as Partial<Draft> | null
    if (typeof value !== 'object' || value === null || typeof value.round !== 'number' || !Array.isArray(value.choices)) return null
    return { round: value.round, choices: value.choices, key: value.key ?? null, receipt: value.receipt ?? null, cast: value.cast === true }
  } catch {
    return null
  }
}

export function keepDraft(box: Box, accountId: string, voteId: string, draft: Draft): void {
  try {
    // What was voted is nobody's business any more, not even of who borrows the phone.
    box.setItem(keyOf(accountId, voteId), JSON.stringify(draft.cast ? { ...draft, choices: [] } : draft))
  } catch {
    // Without storage it lives as long as the page does.
  }
}

function fits({ choices }: Draft, { method, options }: Pick<Question, 'method' | 'options'>): boolean {
  if (method === 'single' || method === 'multiple') return choices.every((choice) => typeof choice === 'number' && choice < options.length)
  return choices.length === options.length && choices.every((choice) => choice === null || typeof choice === (method === 'score' ? 'number' : 'string'))
}

/** Chooses an option, or no longer. Of a single choice another takes its place; of several no more than may be. */
export function toggled(choices: readonly Choice[], option: number, { method, max }: Pick<Question, 'method' | 'max'>): Choice[] {
  if (choices.includes(option)) return choices.filter((choice) => choice !== option)
  if (method === 'single') return [option]
  return choices.length >= max ? [...choices] : [...choices, option].sort((a, b) => Number(a) - Number(b))
}

export function answered(choices: readonly Choice[], option: number, answer: Choice): Choice[] {
  return choices.map((choice, index) => (index === option ? answer : choice))
}

export interface Progress {
  /** 已选 2 / 最多 3 */
  words: string
  /** May be sent. */
  complete: boolean
  /** No further option may be chosen. */
  full: boolean
}

export function progressOf(choices: readonly Choice[], question: Pick<Question, 'method' | 'options' | 'min' | 'max'>): Progress {
  const { method, min, max, options } = question
  if (method === 'single') return { words: choices.length === 0 ? '还没有选' : '已选 1 项', complete: choices.length >= min, full: false }
  if (method === 'multiple') return { words: `已选 ${choices.length} / 最多 ${max}${min > 0 && choices.length < min ? `，至少 ${min}` : ''}`, complete: choices.length >= min && choices.length <= max, full: choices.length >= max }
  const done = choices.filter((choice) => choice !== null).length
  const word = method === 'score' ? '已打分' : '已表态'
  return { words: options.length === 1 ? (done === 1 ? word : `还没有${word.slice(1)}`) : `${word} ${done} / ${options.length}`, complete: done === options.length, full: false }
}

/** What is about to be sent, for the last look. */
export function choiceLines(choices: readonly Choice[], { method, options, title }: Pick<Question, 'method' | 'options' | 'title'>): string[] {
  if (method === 'single' || method === 'multiple') return choices.length === 0 ? ['弃权（一项也不选）'] : choices.map((choice) => options[Number(choice)] ?? '')
  const words = (choice: Choice): string => (typeof choice === 'number' ? `${choice} 分` : choice === null ? '' : answerWords[choice])
  if (options.length === 1 && options[0] === title) return choices.map(words)
  return choices.map((choice, index) => `${options[index] ?? ''}：${words(choice)}`)
}

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** 16 characters of Crockford's base 32; made on the phone, so that nobody else knows whose it is. */
export function newReceipt(random: (bytes: Uint8Array) => Uint8Array = (bytes) => crypto.getRandomValues(bytes)): string {
  return Array.from(random(new Uint8Array(16)), (byte) => alphabet[byte & 31]).join('')
}

/** ABCD EFGH JKMN PQRS */
export function inFours(receipt: string): string {
  return receipt.match(/.{1,4}/g)?.join(' ') ?? ''
}
