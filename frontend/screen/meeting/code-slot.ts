import type { MeetingFacts, MeetingFigures } from './types'

/**
 * When the wall asks for the next code and how long it shows the one it has. A code belongs to a slot of the server's
 * time; the server takes the slot before as well, so the old one may stay until the new one is there.
 */

export type Door = 'none' | 'closed' | 'open' | 'over'

/** `none`: nobody needs to sign in. */
export function doorOf(facts: MeetingFacts, state: MeetingFigures['state'], now: number): Door {
  if (!facts.signInRequired) return 'none'
  if (state === 'ended' || state === 'archived' || state === 'cancelled') return 'over'
  if (state === 'draft' || (facts.signInOpensAt !== null && now < facts.signInOpensAt)) return 'closed'
  return 'open'
}

export interface CodeMemory {
  slotEndsAt: number | null
  rotatesEveryMs: number
  /** when the last request left */
  askedAt: number | null
  /** half of the round trip of the last answer */
  underWayMs: number
  /** this screen's own delay: not all screens of a county ask in the same millisecond */
  spreadMs: number
}

/** Well within the five further seconds in which the server takes a code whose slot is over. */
export const graceMs = 1_200
/** The request must arrive after the slot began, not before. */
const marginMs = 60
/** An answer that came from the slot before is no reason to hammer. */
const restMs = 1_000
export const usualRotationMs = 5_000
export const longestSpreadMs = 250

export function showsCode(memory: CodeMemory, now: number): boolean {
  return memory.slotEndsAt !== null && now < memory.slotEndsAt + graceMs
}

/** The moment of the next request: one for each slot, on its way so that it arrives just after the slot began. */
export function asksAt(memory: CodeMemory): number {
  const { slotEndsAt, rotatesEveryMs, askedAt } = memory
  if (askedAt === null) return -Infinity
  if (slotEndsAt === null) return askedAt + rotatesEveryMs
  const first = slotEndsAt + marginMs + memory.spreadMs - memory.underWayMs
  if (askedAt < first) return Math.max(first, askedAt + restMs)
  // That one was asked for and did not come: the next chance is the next slot.
  return first + (Math.floor((askedAt - first) / rotatesEveryMs) + 1) * rotatesEveryMs
}
