import { ApiProblem, describeProblem } from '@/shared/api/problem'
import type { BoardState, BoardTicket } from '@/shared/api/types'

/** Fetches the boards of a day's moments ahead of whoever plays them, and keeps them. */

/** The server makes two boards of the past at a time; more requests would only wait there. */
const atOnce = 2
/** First what is played next, then every full hour for whoever drags, then the rest. */
const ahead = 12
const momentsInAnHour = 6
const retryMs = 3_000
const mostAttempts = 4

export type Moment = { board: BoardState } | { board: null; word: string }

/** Which moment to fetch next, seen from where the day is played; null: nothing is missing. */
export function nextToFetch(missing: (index: number) => boolean, playhead: number, count: number): number | null {
  for (let index = playhead; index < Math.min(count, playhead + ahead); index += 1) if (missing(index)) return index
  for (let index = 0; index < count; index += momentsInAnHour) if (missing(index)) return index
  for (let step = 0; step < count; step += 1) if (missing((playhead + step) % count)) return (playhead + step) % count
  return null
}

export interface MomentLoader {
  /** null: not there yet */
  at: (index: number) => Moment | null
  /** where the day is played now */
  want: (index: number) => void
  /** 0 to 1 */
  readonly part: number
  stop: () => void
}

export interface LoaderWorld {
  count: number
  /** where the day is played at first */
  from: number
  fetch: (index: number, signal: AbortSignal) => Promise<BoardState>
  /** something more is there */
  onChange: () => void
}

export function createMomentLoader({ count, from, fetch, onChange }: LoaderWorld): MomentLoader {
  const moments = new Map<number, Moment>()
  const attempts = new Map<number, number>()
  const underWay = new Set<number>()
  const ending = new AbortController()
  const shared = new SharedTickets()
  let playhead = from
  let waiting: ReturnType<typeof setTimeout> | undefined

  fill()
  return {
    at: (index) => moments.get(index) ?? null,
    want: (index) => {
      playhead = index
      fill()
    },
    get part() {
      return count === 0 ? 1 : moments.size / count
    },
    stop: () => {
      clearTimeout(waiting)
      ending.abort()
    },
  }

  function fill(): void {
    while (underWay.size < atOnce && waiting === undefined && !ending.signal.aborted) {
      const index = nextToFetch((candidate) => !moments.has(candidate) && !underWay.has(candidate), playhead, count)
      if (index === null) return
      void load(index)
    }
  }

  async function load(index: number): Promise<void> {
    underWay.add(index)
    try {
      const board = await fetch(index, ending.signal)
      moments.set(index, { board: shared.of(board) })
    } catch (error) {
      if (ending.signal.aborted) return
      failed(index, error)
    } finally {
      underWay.delete(index)
    }
    if (ending.signal.aborted) return
    onChange()
    fill()
  }

  function failed(index: number, error: unknown): void {
    const attempt = (attempts.get(index) ?? 0) + 1
    attempts.set(index, attempt)
    const passes = error instanceof ApiProblem && (error.status === 0 || error.status === 429 || error.status >= 500)
    if (!passes || attempt >= mostAttempts) {
      moments.set(index, { board: null, word: describeProblem(error) })
      return
    }
    // Whatever keeps one away keeps the others away too.
    clearTimeout(waiting)
    waiting = setTimeout(() => {
      waiting = undefined
      fill()
    }, Math.max(retryMs, (error.retryAfterSeconds ?? 0) * 1000))
  }
}

/** A request that stays as it is from one moment to the next is kept once: a day is 145 boards of up to 2,000 each. */
class SharedTickets {
  private readonly known = new Map<string, BoardTicket>()

  of(board: BoardState): BoardState {
    const open = board.open.map((ticket) => {
      const key = `${ticket.ticket_id} ${ticket.grid_id} ${ticket.state} ${ticket.overdue} ${ticket.escalated} ${ticket.lng} ${ticket.lat}`
      const kept = this.known.get(key)
      if (!kept) this.known.set(key, ticket)
      return kept ?? ticket
    })
    return { ...board, open }
  }
}
