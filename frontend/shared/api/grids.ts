import { apiBase, get, post } from './client'
import type { Entry, GridDetail, GridNode, GridRef } from './types'

export const fetchTree = (root?: string, depth?: number): Promise<GridNode> => get('/grids/tree', { root, depth })

export const fetchGrid = (id: string): Promise<GridDetail> => get(`/grids/${encodeURIComponent(id)}`)

/** A grid's board as it stood at a moment (RFC 3339); its shape is checked by `parseBoardState`. */
export const fetchBoardAt = (id: string, at: string, signal: AbortSignal): Promise<unknown> => get(`/grids/${encodeURIComponent(id)}/board`, { at }, signal)

export const fetchEntry = (code: string): Promise<Entry> => get(`/entry/${encodeURIComponent(code)}`)

export const fetchStaffPhone = (gridId: string, accountId: string): Promise<{ phone: string }> =>
  get(`/grids/${encodeURIComponent(gridId)}/staff/${encodeURIComponent(accountId)}/phone`)

export const locateGrid = (lng: number, lat: number): Promise<{ grid: GridRef | null }> => get('/grids/locate', { lng, lat, datum: 'wgs84' })

/** A grid that somebody may choose. */
export interface GridChoice {
  id: string
  name: string
  full_name: string
  level: number
  level_title: string
  code: string
}

export const searchGrids = (words: string): Promise<{ items: GridChoice[]; more: boolean }> => get('/grids/search', { q: words })

export const rotateCode = (id: string): Promise<{ code: string; url: string }> => post(`/grids/${encodeURIComponent(id)}/qr/rotate`)

export const qrAddress = (id: string, format: 'svg' | 'png'): string => `${apiBase}/grids/${encodeURIComponent(id)}/qr.${format}`
