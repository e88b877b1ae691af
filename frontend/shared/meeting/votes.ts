import type { LiveEvent } from '@/shared/live/frames'
import { countOf, parseQuestion, parseResult, parseRoll } from './parse-votes'

/** Votes of a meeting as the pages use them: the same in answers of the API and on the live topic. */

export type Method = 'single' | 'multiple' | 'yes_no_abstain' | 'score'
export type VoteState = 'prepared' | 'open' | 'closed' | 'counted' | 'published'
export type Outcome = 'passed' | 'failed' | 'tied' | 'void'
export type Answer = 'yes' | 'no' | 'abstain'
export type Base = 'expected' | 'present' | 'valid' | 'yes_and_no'
/** Arrival numbers, as ranges from the first to the last. */
export type Roll = readonly (readonly [first: number, last: number])[]

export interface Share {
  numerator: number
  denominator: number
  /** more than the share is needed; else the share itself is enough */
  more_than: boolean
}

export interface Question {
  title: string
  method: Method
  secrecy: 'open' | 'secret'
  options: readonly string[]
  /** the fewest choices; of scores the lowest one */
  min: number
  max: number
  /** how many can be elected; null: as many as reach the majority */
  seats: number | null
  quorum: Share | null
  majority: (Share & { base: Base }) | null
  show: 'live' | 'after_close'
}

export interface Answers {
  yes: number
  no: number
  abstain: number
}
export type OptionCount = { votes: number } | Answers | { sum: number }

export interface Count {
  ballots: number
  /** chose nothing */
  blank: number
  /** in the order of the options */
  options: readonly OptionCount[]
}

export interface DecidedOption {
  /** null: of a secret vote with so few ballots that it would tell who voted how */
  count: OptionCount | null
  needed: number | null
  /** null: the vote only asks */
  outcome: Outcome | null
}

export interface VoteResult {
  ballots: number
  blank: number | null
  held: number
  quorum_kept: boolean
  options: readonly DecidedOption[]
}

export interface Vote extends Question {
  id: string
  number: number
  version: number
  /** the rule in the server's words; empty: it did not say */
  rule: string
  state: VoteState
  round: number
  opened_at: string | null
  /** who may vote and is on the list */
  expected: number | null
  /** those of them who were there when it opened */
  entitled: number | null
  roll: Roll | null
  closed_at: string | null
  published_at: string | null
  cast: number
  count: Count | null
  result: VoteResult | null
  /** Whether it is published as soon as it is counted; null: not told. */
  publishes: boolean | null
  /** Why its last round was declared void, as this page heard it; null: it was not, or before the page opened. */
  voided: string | null
}

/** What the figures of the topic say of the vote that is open. */
export interface VoteFigures {
  id: string
  round: number
  state: 'open' | 'closed'
  entitled: number
  cast: number
  count: Count | null
}

export interface OwnBallot {
  vote_id: string
  round: number
  cast: boolean
  barred: Barred | null
}

export interface Barred {
  code: string
  detail: string
}

export function isOnRoll(roll: Roll, number: number | null): boolean {
  return number !== null && roll.some(([first, last]) => first <= number && number <= last)
}

export function sizeOf(roll: Roll): number {
  return roll.reduce((sum, [first, last]) => sum + last - first + 1, 0)
}

/** Why somebody may not vote, where the server has not said it; null: may. */
export function barredFrom(roll: Roll, own: { number: number | null; role: string; standing: string }): Barred | null {
  if (isOnRoll(roll, own.number)) return null
  if (own.role === 'guest') return { code: 'vote.guest', detail: '列席人员没有表决权' }
  if (own.role === 'substitute') return { code: 'vote.substitute', detail: '替会人没有表决权' }
  if (own.standing === 'probationary') return { code: 'vote.probationary', detail: '预备党员没有表决权' }
  if (own.standing !== 'full') return { code: 'vote.not_member', detail: '正式党员才有表决权' }
  return { code: 'vote.not_on_roll', detail: '表决开始时您不在会场（没有签到），这一轮不能投票' }
}

export type Votes = readonly Vote[]

/** A vote that somebody changed, or that is new; answers that crossed on the way never bring back what was before. */
export function withVote(votes: Votes, newest: Vote): Votes {
  const known = votes.find(({ id }) => id === newest.id)
  if (!known) return [...votes, newest].sort((a, b) => a.number - b.number)
  if (newest.round < known.round) return votes
  return votes.map((vote) => (vote.id === newest.id ? steady(vote, newest) : vote))
}

/** What the server says of all of them, over what is known. */
export function withVotes(before: Votes | null, newest: Votes): Votes {
  return newest.map((vote) => {
    const known = before?.find(({ id }) => id === vote.id)
    return known ? steady(known, vote) : vote
  })
}

const order: readonly VoteState[] = ['prepared', 'open', 'closed', 'counted', 'published']

/** Within a round a turnout never falls, and nothing is taken back. */
function steady(before: Vote, after: Vote): Vote {
  if (before.round !== after.round || after.state === 'prepared' || before.state === 'prepared') return after
  const older = order.indexOf(after.state) < order.indexOf(before.state)
  const newest = older ? before : after
  return {
    ...newest,
    cast: Math.max(before.cast, after.cast),
    count: newest.state !== 'open' ? newest.count : (before.count?.ballots ?? -1) > (after.count?.ballots ?? -1) ? before.count : after.count,
    publishes: newest.publishes ?? before.publishes,
    rule: newest.rule === '' ? before.rule : newest.rule,
  }
}

/** Frames may overtake each other: an older one of the same round changes nothing, and one that says the same makes nothing new. */
export function withVoteFigures(votes: Votes, told: VoteFigures | null): Votes {
  const vote = told && votes.find(({ id }) => id === told.id)
  if (!vote || told.round < vote.round || (told.round === vote.round && vote.state !== 'open')) return votes
  if (told.round > vote.round) return replaced(votes, { ...vote, state: told.state, round: told.round, entitled: told.entitled, roll: null, cast: told.cast, count: told.count, result: null, closed_at: null, published_at: null })
  const cast = Math.max(vote.cast, told.cast)
  const count = (told.count?.ballots ?? -1) > (vote.count?.ballots ?? -1) ? told.count : vote.count
  if (cast === vote.cast && count === vote.count && told.state === vote.state) return votes
  return replaced(votes, { ...vote, cast, count, state: told.state })
}

/** All that an event says stands in it: thousands of phones need not ask. */
export function withVoteEvent(votes: Votes, event: LiveEvent): Votes {
  const id = event.data['vote_id']
  if (typeof id !== 'string' || !event.kind.startsWith('vote.')) return votes
  const vote = votes.find((known) => known.id === id)
  const told = event.data['round']
  const round = typeof told === 'number' ? told : (vote?.round ?? 0)
  if (vote && round < vote.round) return votes
  switch (event.kind) {
    case 'vote.opened':
      return opened(votes, vote, id, round, event)
    case 'vote.closed':
      return vote && vote.state === 'open' ? replaced(votes, { ...vote, state: 'closed', closed_at: event.at, publishes: event.data['publishes'] !== false }) : votes
    case 'vote.published':
      return published(votes, vote, id, event)
    case 'vote.reset':
      return vote ? replaced(votes, { ...vote, state: 'prepared', round, cast: 0, count: null, result: null, roll: null, voided: reasonOf(event) }) : votes
    case 'vote.dropped':
      return votes.filter((known) => known.id !== id)
    default:
      return votes
  }
}

function opened(votes: Votes, vote: Vote | undefined, id: string, round: number, event: LiveEvent): Votes {
  const question = parseQuestion(event.data['question']) ?? vote
  if (!question) return votes
  const roll = parseRoll(event.data['roll'])
  // Figures of the same round may have come before.
  const begun = vote?.round === round && vote.state !== 'prepared' ? vote : null
  const fresh = blankVote(id, countOf(event.data['number']) || (vote?.number ?? votes.length + 1), question)
  return withVote(
    votes.filter((known) => known.id !== id),
    {
      ...fresh,
      version: vote?.version ?? 0,
      rule: vote?.rule ?? '',
      state: begun?.state ?? 'open',
      round,
      opened_at: event.at,
      expected: countOf(event.data['expected']),
      entitled: roll ? sizeOf(roll) : (begun?.entitled ?? null),
      roll,
      cast: begun?.cast ?? 0,
      count: begun?.count ?? null,
    },
  )
}

function published(votes: Votes, vote: Vote | undefined, id: string, event: LiveEvent): Votes {
  const result = parseResult(event.data['result'])
  const question = parseQuestion(event.data['question']) ?? vote
  if (!result || !question) return votes
  const before = vote ?? blankVote(id, votes.length + 1, question)
  const after: Vote = { ...before, state: 'published', result, cast: result.ballots, count: null, published_at: event.at, closed_at: before.closed_at ?? event.at }
  return vote ? replaced(votes, after) : withVote(votes, after)
}

function blankVote(id: string, number: number, question: Question): Vote {
  const { title, method, secrecy, options, min, max, seats, quorum, majority, show } = question
  return { title, method, secrecy, options, min, max, seats, quorum, majority, show, id, number, version: 0, rule: '', state: 'prepared', round: 0, opened_at: null, expected: null, entitled: null, roll: null, closed_at: null, published_at: null, cast: 0, count: null, result: null, publishes: null, voided: null }
}

function replaced(votes: Votes, newest: Vote): Votes {
  return votes.map((vote) => (vote.id === newest.id ? newest : vote))
}

function reasonOf(event: LiveEvent): string {
  return typeof event.data['reason'] === 'string' ? event.data['reason'] : ''
}

/** The vote that concerns everybody now: the open one, else the one that is being counted. */
export function currentVote(votes: Votes): Vote | null {
  return votes.find(({ state }) => state === 'open') ?? latest(votes.filter(({ state }) => state === 'closed' || state === 'counted'), ({ closed_at }) => closed_at)
}

/** The vote at the top of a member's page. While the meeting runs the last result stays there, or that a round was void. */
export function voteOnPhone(votes: Votes, running: boolean): Vote | null {
  const current = currentVote(votes)
  if (current || !running) return current
  return votes.find(({ state, voided }) => state === 'prepared' && voided !== null) ?? latest(votes.filter(({ state }) => state === 'published'), ({ published_at }) => published_at)
}

/** How long a result, or a vote that is to be published later, keeps the wall. */
export const stayMs = 60_000

/**
 * The vote on the wall. A result stays until another vote opens, the next item begins, or a minute has passed; what was
 * closed to be published later gives way alike. What is being counted stays until it is.
 */
export function voteOnWall(votes: Votes, now: number, itemSince: number | null): Vote | null {
  const open = votes.find(({ state }) => state === 'open')
  if (open) return open
  const last = latest(votes.filter(({ state }) => state !== 'prepared'), endOf)
  if (!last) return null
  const since = Date.parse(endOf(last) ?? '')
  if (!Number.isFinite(since) || (itemSince !== null && itemSince > since)) return null
  return isCounting(last) || now - since < stayMs ? last : null
}

/** Closed, and published as soon as it is counted. */
export function isCounting(vote: Vote): boolean {
  return vote.state === 'closed' && vote.publishes !== false
}

function endOf(vote: Vote): string | null {
  return vote.published_at ?? vote.closed_at
}

function latest(votes: Votes, at: (vote: Vote) => string | null): Vote | null {
  return votes.reduce<Vote | null>((best, vote) => (best === null || (at(vote) ?? '') >= (at(best) ?? '') ? vote : best), null)
}

/** 81.0: never 100 before it is all, never 0 once it is something. */
export function percent(part: number, whole: number): string {
  if (whole <= 0 || part <= 0) return '0'
  if (part >= whole) return '100'
  return Math.min(99.9, Math.max(0.1, Math.round((part * 1000) / whole) / 10)).toFixed(1)
}

/** Of scores, to two places; null: nobody voted. */
export function average(sum: number, ballots: number): string | null {
  return ballots > 0 ? (Math.round((sum * 100) / ballots) / 100).toFixed(2) : null
}

/** How many are for it, by which options are put in order. */
export function inFavour(count: OptionCount | null | undefined): number {
  if (!count) return 0
  return 'votes' in count ? count.votes : 'sum' in count ? count.sum : count.yes
}

/** An option with all that is known of it now: of the result, or of the count while the vote is open. */
export interface OptionRow {
  index: number
  title: string
  count: OptionCount | null
  needed: number | null
  outcome: Outcome | null
}

export function rowsOf(vote: Vote): OptionRow[] {
  return vote.options.map((title, index) => {
    const decided = vote.result?.options[index]
    return { index, title, count: decided ? decided.count : (vote.count?.options[index] ?? null), needed: decided?.needed ?? null, outcome: decided?.outcome ?? null }
  })
}

/** Of so many ballots the counts are parts. */
export function ballotsOf(vote: Vote): number {
  return vote.result?.ballots ?? vote.count?.ballots ?? vote.cast
}

/** The most votes first; equals in the order of the ballot. */
export function ranked(rows: readonly OptionRow[]): OptionRow[] {
  return [...rows].sort((a, b) => inFavour(b.count) - inFavour(a.count) || a.index - b.index)
}
