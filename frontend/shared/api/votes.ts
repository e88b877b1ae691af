import { ApiProblem } from './problem'
import { isRecord } from '@/shared/live/frames'
import type { Choice } from '@/shared/meeting/ballot'
import { parseOwnBallot, parseVote, parseVotes } from '@/shared/meeting/parse-votes'
import type { Base, Method, OwnBallot, Share, Vote } from '@/shared/meeting/votes'
import { get, post, request } from './client'
import { address } from './meetings'

/** Votes of a meeting over HTTP. Everybody but the desk hears of them on the topic and asks for none of this but to vote. */

export interface NewVote {
  title: string
  method: Method
  secrecy: 'open' | 'secret'
  options?: string[]
  min?: number
  max?: number
  seats?: number
  quorum?: Share
  majority?: Share & { base: Base }
  show?: 'live' | 'after_close'
}

/** Who voted how; of open votes alone. */
export interface NamedBallot {
  member_id: string
  name: string
  choices: Choice[]
}

export const fetchVotes = async (meetingId: string): Promise<{ items: Vote[]; ownBallot: OwnBallot | null }> => {
  const answer = await get<{ items: unknown; own_ballot: unknown }>(address(meetingId, 'votes'))
  return { items: parseVotes(answer.items), ownBallot: parseOwnBallot(answer.own_ballot) }
}

export const prepareVote = async (meetingId: string, plan: NewVote, key: string): Promise<Vote> => checked(await post(address(meetingId, 'votes'), plan, key))
export const editVote = async (meetingId: string, voteId: string, version: number, plan: NewVote): Promise<Vote> => checked(await request('PUT', ofVote(meetingId, voteId), { body: { ...plan, version } }))
/** Of one that was never opened. */
export const dropVote = (meetingId: string, voteId: string): Promise<void> => request('DELETE', ofVote(meetingId, voteId))

export const openVote = (meetingId: string, voteId: string): Promise<Vote> => act(meetingId, voteId, 'open')
export const closeVote = (meetingId: string, voteId: string, publish: boolean): Promise<Vote> => act(meetingId, voteId, 'close', { publish })
export const publishVote = (meetingId: string, voteId: string): Promise<Vote> => act(meetingId, voteId, 'publish')
/** All ballots of the round are void, and it can be opened anew. */
export const resetVote = (meetingId: string, voteId: string, reason: string): Promise<Vote> => act(meetingId, voteId, 'reset', { reason })

/** `key` stays the same for one ballot, however often it is sent: it counts once. */
export const castBallot = (meetingId: string, voteId: string, ballot: { round: number; choices: readonly Choice[]; receipt?: string }, key: string): Promise<unknown> =>
  post(ofVote(meetingId, voteId, 'ballots'), ballot, key)

export const fetchBallots = async (meetingId: string, voteId: string): Promise<NamedBallot[]> => {
  const answer = await get<{ items: unknown }>(ofVote(meetingId, voteId, 'ballots'))
  return Array.isArray(answer.items) ? answer.items.flatMap((item) => parseNamed(item) ?? []) : []
}

/** Whether a ballot with this code was counted, and how many there are. */
export const checkReceipt = (meetingId: string, voteId: string, receipt: string): Promise<{ included: boolean; total: number }> => get(ofVote(meetingId, voteId, `receipts/${encodeURIComponent(receipt)}`))

const act = async (meetingId: string, voteId: string, action: string, body: object = {}): Promise<Vote> => checked(await post(ofVote(meetingId, voteId, action), body))

function ofVote(meetingId: string, voteId: string, action?: string): string {
  return address(meetingId, `votes/${encodeURIComponent(voteId)}${action === undefined ? '' : `/${action}`}`)
}

function checked(value: unknown): Vote {
  const vote = parseVote(value)
  if (!vote) throw new ApiProblem(200, 'answer.unreadable', '服务器的回答无法识别，请稍后再试。')
  return vote
}

function parseNamed(value: unknown): NamedBallot | null {
  if (!isRecord(value) || typeof value['member_id'] !== 'string' || typeof value['name'] !== 'string' || !Array.isArray(value['choices'])) return null
  return { member_id: value['member_id'], name: value['name'], choices: value['choices'].filter((choice): choice is number | 'yes' | 'no' | 'abstain' => typeof choice === 'number' || choice === 'yes' || choice === 'no' || choice === 'abstain') }
}
