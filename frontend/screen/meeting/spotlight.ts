import type { Arrival } from './types'

/**
 * Who is shown large. Newcomers take the place that has been shown longest; when more come than can be read, the newest
 * are shown and the others counted. Every name stands on the wall in any case.
 */

export interface Shown {
  arrival: Arrival
  since: number
}

/** As long as it takes to find a name and be glad. */
export const holdMs = 1_500
/** Cards enter one after the other. */
const staggerMs = 160
const groupStaysMs = 3_500
const queueRounds = 2

export class Spotlight {
  /** by place; the last place gives way to the group while there is one */
  cards: (Shown | null)[]
  /** how many came beside those that were shown */
  group: { count: number; since: number; at: number } | null = null
  private queue: Arrival[] = []
  private placedAt = -Infinity

  constructor(places: number) {
    this.cards = Array.from({ length: places }, () => null)
  }

  get isBusy(): boolean {
    return this.queue.length > 0 || this.group !== null
  }

  resize(places: number): void {
    const kept = this.cards.filter((card): card is Shown => card !== null).sort((a, b) => a.since - b.since)
    const newest = kept.slice(-places)
    this.cards = Array.from({ length: places }, (_, place) => newest[place] ?? null)
  }

  /** Those who came last, without any motion: after opening the page. */
  seed(arrivals: readonly Arrival[], now: number): void {
    this.queue = []
    this.group = null
    const last = arrivals.slice(-this.cards.length)
    this.cards = this.cards.map((_, place) => {
      const arrival = last[place]
      return arrival ? { arrival, since: now - holdMs } : null
    })
  }

  offer(arrivals: readonly Arrival[]): void {
    this.queue.push(...arrivals)
  }

  /** Whether anything changed. */
  tick(now: number): boolean {
    let changed = this.crowd(now)
    if (this.group !== null && now - this.group.at >= groupStaysMs) {
      this.group = null
      changed = true
    }
    if (now - this.placedAt < staggerMs) return changed
    const place = this.freePlace(now)
    const next = place === null ? undefined : this.queue.shift()
    if (place === null || next === undefined) return changed
    this.cards[place] = { arrival: next, since: now }
    this.placedAt = now
    return true
  }

  private get usable(): number {
    return this.group === null ? this.cards.length : this.cards.length - 1
  }

  private crowd(now: number): boolean {
    if (this.queue.length <= this.cards.length * queueRounds) return false
    const shown = Math.max(1, this.cards.length - 1)
    const skipped = this.queue.length - shown
    this.queue = this.queue.slice(-shown)
    this.group = { count: (this.group?.count ?? 0) + skipped, since: this.group?.since ?? now, at: now }
    if (this.cards.length > 1) this.cards[this.cards.length - 1] = null
    return true
  }

  /** An empty place, or the one shown longest if that was long enough. */
  private freePlace(now: number): number | null {
    let oldest: number | null = null
    for (let place = 0; place < this.usable; place += 1) {
      const card = this.cards[place]
      if (!card) return place
      if (now - card.since >= holdMs && (oldest === null || card.since < (this.cards[oldest]?.since ?? 0))) oldest = place
    }
    return oldest
  }
}
