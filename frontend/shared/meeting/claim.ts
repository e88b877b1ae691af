/**
 * The claim that a scan was exchanged for. It comes behind the `#` of the address, lives 90 seconds and must survive a
 * login, which may leave the page: it is kept in the tab's own storage, with the time when it came.
 */

export const claimLifeMs = 90_000
/** The phone's request needs a moment too. */
const marginMs = 1_500

export interface HeldClaim {
  claim: string
  /** by this phone's clock; only differences are used */
  receivedAt: number
}

export type TabStore = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/** Takes the claim of an address, or the one that was kept before a login or a reload. */
export function holdClaim(store: TabStore, meetingId: string, hash: string, now: number): HeldClaim | null {
  const kept = keptClaim(store, meetingId, now)
  const claim = decode(hash)
  if (claim === '' || claim === kept?.claim) return kept
  const held = { claim, receivedAt: now }
  try {
    store.setItem(keyOf(meetingId), JSON.stringify(held))
  } catch {
    // Without storage it lives as long as the page does.
  }
  return held
}

export function dropClaim(store: TabStore, meetingId: string): void {
  store.removeItem(keyOf(meetingId))
}

function keptClaim(store: TabStore, meetingId: string, now: number): HeldClaim | null {
  try {
    const value: unknown = JSON.parse(store.getItem(keyOf(meetingId)) ?? 'null')
    if (typeof value !== 'object' || value === null) return null
    const { claim, receivedAt } = value as Partial<HeldClaim>
    if (typeof claim !== 'string' || typeof receivedAt !== 'number') return null
    // A clock that was set back must not give it a longer life.
    return { claim, receivedAt: Math.min(receivedAt, now) }
  } catch {
    return null
  }
}

function decode(hash: string): string {
  const text = hash.replace(/^#/, '')
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function keyOf(meetingId: string): string {
  return `lianxin.claim.${meetingId}`
}

export interface ClaimLeft {
  seconds: number
  /** from 1 to 0 */
  share: number
  tone: 'calm' | 'soon' | 'over'
}

export function claimLeft(held: HeldClaim, now: number): ClaimLeft {
  const left = Math.max(0, held.receivedAt + claimLifeMs - marginMs - now)
  const seconds = Math.ceil(left / 1000)
  return { seconds, share: left / claimLifeMs, tone: left === 0 ? 'over' : seconds <= 20 ? 'soon' : 'calm' }
}
