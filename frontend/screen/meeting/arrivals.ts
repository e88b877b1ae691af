import type { Arrival } from './types'

/** Who came, in the order of their coming. Taking the same arrival over twice changes nothing. */

export type ArrivalChange = { kind: 'came'; arrival: Arrival } | { kind: 'left'; id: string }

export interface Taken {
  /** came for the first time, in the order they were told */
  fresh: readonly Arrival[]
  /** places in the list whose person changed */
  touched: readonly number[]
  /** somebody came to stand before others: every place may have changed */
  reordered: boolean
}

export class ArrivalList {
  private items: Arrival[] = []
  private places = new Map<string, number>()

  get all(): readonly Arrival[] {
    return this.items
  }

  placeOf(id: string): number | null {
    return this.places.get(id) ?? null
  }

  /** A whole state in place of what was known; the answer says who of it is new. */
  replace(arrivals: readonly Arrival[]): Taken {
    const before = this.places
    const known = before.size > 0
    const unique = new Map(arrivals.map((arrival) => [arrival.id, arrival]))
    this.items = [...unique.values()].sort(byNumber)
    this.renumber()
    const fresh = known ? this.items.filter((arrival) => !before.has(arrival.id)) : []
    return { fresh, touched: [], reordered: true }
  }

  take(changes: readonly ArrivalChange[]): Taken {
    const fresh: Arrival[] = []
    const touched: number[] = []
    let reordered = false
    for (const change of changes) {
      const place = this.places.get(change.kind === 'came' ? change.arrival.id : change.id)
      if (place !== undefined) {
        if (this.changeAt(place, change)) touched.push(place)
      } else if (change.kind === 'came') {
        fresh.push(change.arrival)
        if (!this.insert(change.arrival)) reordered = true
      }
    }
    if (reordered) this.renumber()
    return { fresh, touched, reordered }
  }

  private changeAt(place: number, change: ArrivalChange): boolean {
    const known = this.items[place]
    if (!known) return false
    // The number is the place in the room's memory: who comes back keeps the first one.
    const next = change.kind === 'left' ? { ...known, away: true } : { ...change.arrival, number: known.number ?? change.arrival.number }
    if (next.away === known.away && next.status === known.status && next.name === known.name && next.photo === known.photo) return false
    this.items[place] = next
    return true
  }

  /** Whether the newcomer stands at the end, where newcomers belong. */
  private insert(arrival: Arrival): boolean {
    const last = this.items[this.items.length - 1]
    const end = this.items.length
    if (!last || byNumber(last, arrival) <= 0) {
      this.items.push(arrival)
      this.places.set(arrival.id, end)
      return true
    }
    let place = end
    while (place > 0 && byNumber(this.items[place - 1] as Arrival, arrival) > 0) place -= 1
    this.items.splice(place, 0, arrival)
    this.renumber()
    return false
  }

  private renumber(): void {
    this.places = new Map(this.items.map((arrival, place) => [arrival.id, place]))
  }
}

function byNumber(a: Arrival, b: Arrival): number {
  return (a.number ?? Infinity) === (b.number ?? Infinity) ? 0 : (a.number ?? Infinity) - (b.number ?? Infinity)
}
