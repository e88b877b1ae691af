import { get, post, request } from './client'
import type { Person } from './types'

/** Big screens: how they wait, and how they are paired. */

/** What a screen shows: the name of its live topic. */
export type ScreenTarget = `board:${string}` | `meeting:${string}`

export interface OpenedScreen {
  screen_id: string
  code: string
  token: string
  expires_at: string
}

/** A screen as it sees itself; also the state of the live topic `screen`. */
export interface OwnScreen {
  screen_id: string
  name: string
  code: string | null
  expires_at: string | null
  target: ScreenTarget | null
}

export interface PairedScreen {
  id: string
  name: string
  target: ScreenTarget
  /** null: what it shows is gone */
  target_title: string | null
  paired_by: Person
  paired_at: string
  last_seen_at: string | null
  online: boolean
}

export const openScreen = (): Promise<OpenedScreen> => post('/screens')

export const fetchOwnScreen = (): Promise<OwnScreen> => get('/screens/self')

export const fetchScreens = (): Promise<{ items: PairedScreen[] }> => get('/screens')

export const pairScreen = (code: string, target: ScreenTarget, name: string | null): Promise<PairedScreen> => post('/screens/pair', { code, target, name })

export const retargetScreen = (id: string, target: ScreenTarget): Promise<PairedScreen> => post(`/screens/${encodeURIComponent(id)}/target`, { target })

export const releaseScreen = (id: string): Promise<void> => request('DELETE', `/screens/${encodeURIComponent(id)}`)

/** null: text that names nothing a screen can show */
export function parseTarget(text: unknown): ScreenTarget | null {
  return typeof text === 'string' && /^(board|meeting):[0-9a-f-]+$/.test(text) ? (text as ScreenTarget) : null
}
