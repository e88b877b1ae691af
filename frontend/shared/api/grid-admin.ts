import { get, post, request } from './client'
import type { Duty, From, PolygonArea, With } from './types'

/** What administrators do with grids and the people who serve them. */

export interface NewGrid {
  parent_id: string
  name: string
  number: string
  order: number
}
/** What is not named stays. */
export interface GridChanges {
  /** the one that was read */
  version: number
  name?: string
  order?: number
  status?: 'active' | 'disabled'
  area?: PolygonArea
  center?: { lng: number; lat: number }
}
export type AreaFit = From<'AreaFit'>
export type GridSaved = From<'GridSaved'>
/** Somebody who has an account of staff already. */
export type Colleague = With<From<'Colleague'>, { phone: string | null; duties: With<From<'ColleagueDuty'>, { duty: Duty }>[] }>
export type FirstPassword = From<'FirstPassword'>

const address = (id: string): string => `/grids/${encodeURIComponent(id)}`

export const createGrid = (grid: NewGrid, key: string): Promise<{ id: string; code: string }> => post('/grids', grid, key)

export const changeGrid = (id: string, changes: GridChanges): Promise<GridSaved> => request('PATCH', address(id), { body: changes })

/** How large a border is and whether it fits among those around it; saves nothing. */
export const checkArea = (id: string, area: PolygonArea): Promise<AreaFit> => post(`${address(id)}/area/check`, { area })

/** With everything below it; only one that nothing was ever asked of. */
export const moveGrid = (id: string, parent_id: string, version: number, key: string): Promise<void> => post(`${address(id)}/move`, { parent_id, version }, key)

/** By name, account or whole phone number. */
export const findColleagues = (gridId: string, words: string): Promise<{ items: Colleague[]; more: boolean }> => get(`${address(gridId)}/staff/candidates`, { q: words })

/** The first password is shown once and never again. */
export const createStaffAccount = (account: { account: string; name: string; phone: string | null }): Promise<FirstPassword> => post('/accounts', account)

/** Whoever has another duty there gets this one instead. */
export const assignDuty = (gridId: string, account_id: string, duty: Duty): Promise<void> => post(`${address(gridId)}/staff`, { account_id, duty })

export const dismissStaff = (gridId: string, accountId: string): Promise<void> => request('DELETE', `${address(gridId)}/staff/${encodeURIComponent(accountId)}`)
