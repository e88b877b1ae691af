import { get, post, request } from './client'
import type { From, With } from './types'

export type NearbyRequest = With<From<'NearbyRequest'>, { state: 'submitted' | 'accepted' }>
export type JoinedRequest = With<From<'JoinedRequest'>, { state: 'submitted' | 'accepted' | 'completed' | 'withdrawn' }>

const ticketAt = (id: string, part: string): string => `/tickets/${encodeURIComponent(id)}/${part}`

/** Requests of a kind that were made known near a place, or without a place in the grid of this code. */
export const fetchNearby = (code: string, kind: string, place: { lng: number; lat: number } | null, signal: AbortSignal): Promise<{ items: NearbyRequest[] }> =>
  get(`/entry/${encodeURIComponent(code)}/known`, { kind, lng: place?.lng, lat: place?.lat }, signal)

export const fetchJoined = (): Promise<{ items: JoinedRequest[] }> => get('/my/joined')

export const joinRequest = (id: string): Promise<JoinedRequest> => post(ticketAt(id, 'join'))

export const leaveRequest = (id: string): Promise<void> => request('DELETE', ticketAt(id, 'join'))
