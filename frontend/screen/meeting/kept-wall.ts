import { isRecord } from '@/shared/live/frames'
import type { Arrival, WallSnapshot } from './types'

/** The last state, kept by the browser's tab: after a reload it is painted at once, until the server's own is there. */

type Box = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

interface Kept extends WallSnapshot {
  at: number
}

const format = 3
const keyOf = (meetingId: string): string => `lianxin.wall.${meetingId}`
/** Older than a meeting lasts: better nothing than yesterday's room. */
const longestMs = 12 * 3600_000

export function keepWall(box: Box, snapshot: WallSnapshot, now: number): void {
  const arrivals = snapshot.arrivals?.map((arrival) => [arrival.id, arrival.name, arrival.number, arrival.status, arrival.away ? 1 : 0, arrival.photo]) ?? null
  try {
    box.setItem(keyOf(snapshot.facts.id), JSON.stringify({ format, at: now, facts: snapshot.facts, figures: snapshot.figures, votes: snapshot.votes, arrivals }))
  } catch {
    // A full or forbidden storage costs the quick first picture, nothing else.
    return
  }
}

export function keptWall(box: Box, meetingId: string, now: number): Kept | null {
  try {
    const value: unknown = JSON.parse(box.getItem(keyOf(meetingId)) ?? 'null')
    if (!isRecord(value) || value['format'] !== format || typeof value['at'] !== 'number') return null
    const { facts, figures, arrivals, at } = value
    if (!isRecord(facts) || facts['id'] !== meetingId || !isRecord(figures) || Math.abs(now - at) > longestMs) return null
    // Written by this very page: the format's number answers for the shape.
    return { ...(value as unknown as WallSnapshot), arrivals: Array.isArray(arrivals) ? arrivals.map(arrivalOf) : null, at }
  } catch {
    return null
  }
}

export function forgetWall(box: Box, meetingId: string): void {
  try {
    box.removeItem(keyOf(meetingId))
  } catch {
    return
  }
}

function arrivalOf(row: unknown): Arrival {
  const [id, name, number, status, away, photo] = row as [string, string, number | null, string, 0 | 1, string | null]
  return { id, name, number, status, away: away === 1, photo }
}
