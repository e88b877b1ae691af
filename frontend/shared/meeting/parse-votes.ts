import { isRecord } from '@/shared/live/frames'
import type { Base, Count, DecidedOption, Method, OptionCount, Outcome, OwnBallot, Question, Roll, Share, Vote, VoteFigures, VoteResult, VoteState } from './votes'

/** Votes, checked where they arrive. null: not what the contract promises. */

const methods: readonly string[] = ['single', 'multiple', 'yes_no_abstain', 'score']
const states: readonly string[] = ['prepared', 'open', 'closed', 'counted', 'published']
const outcomes: readonly string[] = ['passed', 'failed', 'tied', 'void']
const bases: readonly string[] = ['expected', 'present', 'valid', 'yes_and_no']

export function parseVotes(value: unknown): Vote[] {
  return Array.isArray(value) ? value.flatMap((item) => parseVote(item) ?? []).sort((a, b) => a.number - b.number) : []
}

export function parseVote(value: unknown): Vote | null {
  const question = parseQuestion(value)
  if (!question || !isRecord(value)) return null
  const { id, state } = value
  if (typeof id !== 'string' || typeof state !== 'string' || !states.includes(state)) return null
  return {
    ...question,
    id,
    number: countOf(value['number']),
    version: countOf(value['version']),
    rule: text(value['rule']) ?? '',
    state: state as VoteState,
    round: countOf(value['round']),
    opened_at: text(value['opened_at']),
    expected: countOrNull(value['expected']),
    entitled: countOrNull(value['entitled']),
    roll: parseRoll(value['roll']),
    closed_at: text(value['closed_at']),
    published_at: text(value['published_at']),
    cast: countOf(value['cast']),
    count: parseCount(value['count']),
    result: parseResult(value['result']),
    publishes: null,
    voided: null,
  }
}

export function parseQuestion(value: unknown): Question | null {
  if (!isRecord(value)) return null
  const { title, method, options, majority } = value
  if (typeof title !== 'string' || typeof method !== 'string' || !methods.includes(method)) return null
  if (!Array.isArray(options) || !options.every((option): option is string => typeof option === 'string')) return null
  const share = parseShare(majority)
  const base = isRecord(majority) ? majority['base'] : null
  return {
    title,
    method: method as Method,
    // What is not said to be open is treated as secret.
    secrecy: value['secrecy'] === 'open' ? 'open' : 'secret',
    options,
    min: countOf(value['min']),
    max: countOf(value['max']),
    seats: countOrNull(value['seats']),
    quorum: parseShare(value['quorum']),
    majority: share && typeof base === 'string' && bases.includes(base) ? { ...share, base: base as Base } : null,
    show: value['show'] === 'live' ? 'live' : 'after_close',
  }
}

function parseShare(value: unknown): Share | null {
  if (!isRecord(value) || countOf(value['numerator']) === 0 || countOf(value['denominator']) === 0) return null
  return { numerator: countOf(value['numerator']), denominator: countOf(value['denominator']), more_than: value['more_than'] === true }
}

export function parseRoll(value: unknown): Roll | null {
  if (!Array.isArray(value)) return null
  const isRange = (range: unknown): range is [number, number] => Array.isArray(range) && typeof range[0] === 'number' && typeof range[1] === 'number' && range[0] <= range[1]
  return value.every(isRange) ? value : null
}

export function parseVoteFigures(value: unknown): VoteFigures | null {
  if (!isRecord(value) || typeof value['id'] !== 'string' || (value['state'] !== 'open' && value['state'] !== 'closed')) return null
  return { id: value['id'], round: countOf(value['round']), state: value['state'], entitled: countOf(value['entitled']), cast: countOf(value['cast']), count: parseCount(value['count']) }
}

export function parseOwnBallot(value: unknown): OwnBallot | null {
  if (!isRecord(value) || typeof value['vote_id'] !== 'string') return null
  const { vote_id, barred } = value
  return {
    vote_id,
    round: countOf(value['round']),
    cast: value['cast'] === true,
    barred: isRecord(barred) ? { code: text(barred['code']) ?? '', detail: text(barred['detail']) ?? '您不能参加这次表决' } : null,
  }
}

export function parseCount(value: unknown): Count | null {
  if (!isRecord(value) || !Array.isArray(value['options'])) return null
  const options = value['options'].flatMap((option) => parseOptionCount(option) ?? [])
  return options.length === value['options'].length ? { ballots: countOf(value['ballots']), blank: countOf(value['blank']), options } : null
}

function parseOptionCount(value: unknown): OptionCount | null {
  if (!isRecord(value)) return null
  if (typeof value['votes'] === 'number') return { votes: value['votes'] }
  if (typeof value['sum'] === 'number') return { sum: value['sum'] }
  return typeof value['yes'] === 'number' ? { yes: value['yes'], no: countOf(value['no']), abstain: countOf(value['abstain']) } : null
}

export function parseResult(value: unknown): VoteResult | null {
  if (!isRecord(value) || !Array.isArray(value['options'])) return null
  return {
    ballots: countOf(value['ballots']),
    blank: countOrNull(value['blank']),
    held: countOf(value['held']),
    quorum_kept: value['quorum_kept'] !== false,
    options: value['options'].map(parseDecided),
  }
}

function parseDecided(value: unknown): DecidedOption {
  if (!isRecord(value)) return { count: null, needed: null, outcome: null }
  const { outcome } = value
  return { count: parseOptionCount(value['count']), needed: countOrNull(value['needed']), outcome: typeof outcome === 'string' && outcomes.includes(outcome) ? (outcome as Outcome) : null }
}

export function countOf(value: unknown): number {
  return countOrNull(value) ?? 0
}

function countOrNull(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
