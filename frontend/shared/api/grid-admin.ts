import { post, request } from './client'
import type { Duty, From } from './types'

/** What administrators do with grids and the people who serve them. */

export interface NewGrid {
  parent_id: string
  name: string
  number: string
  order: number
}
export interface GridChanges {
  name?: string
  order?: number
  status?: 'active' | 'disabled'
}
export type FirstPassword = From<'FirstPassword'>

const address = (id: string): string => `/grids/${encodeURIComponent(id)}`

export const createGrid = (grid: NewGrid, key: string): Promise<{ id: string; code: string }> => post('/grids', grid, key)

export const changeGrid = (id: string, changes: GridChanges): Promise<void> => request('PATCH', address(id), { body: changes })

/** The first password is shown once and never again. */
export const createStaffAccount = (account: { account: string; name: string; phone: string | null }): Promise<FirstPassword> => post('/accounts', account)

/** Whoever has another duty there gets this one instead. */
export const assignDuty = (gridId: string, account_id: string, duty: Duty): Promise<void> => post(`${address(gridId)}/staff`, { account_id, duty })

export const dismissStaff = (gridId: string, accountId: string): Promise<void> => request('DELETE', `${address(gridId)}/staff/${encodeURIComponent(accountId)}`)
