import { addressOf, get, post, request } from './client'
import { sendFile } from './files'
import type { components } from './schema'
import type { ImportReport } from './sheets'
import type { From, With } from './types'

/** Members of the Party: the roster of an organisation, its changes, its workbooks. */

export type Standing = 'full' | 'probationary'
export type Position = 'secretary' | 'deputy_secretary' | 'organisation_commissioner' | 'publicity_commissioner' | 'discipline_commissioner' | 'committee_member' | 'group_leader'
export type Gender = 'male' | 'female'
export type MemberStatus = 'active' | 'history'

export type Member = With<From<'MemberView'>, { standing: Standing; positions: Position[]; gender: Gender | null; status: MemberStatus; photo?: string | null }>
export type MemberPage = With<From<'MemberPage'>, { items: Member[] }>
export type NewMember = With<components['schemas']['NewMemberInput'], { standing: Standing; positions: Position[]; gender?: Gender }>
export type MemberChanges = With<components['schemas']['MemberPatch'], { standing?: Standing; positions?: Position[]; gender?: Gender | null }>

/** Empty strings do not narrow. */
export interface MemberFilter {
  organisation_id?: string
  include_below: boolean
  q: string
  standing: Standing | ''
  position: Position | ''
  status: MemberStatus
}

const address = (id: string): string => `/members/${encodeURIComponent(id)}`

export const fetchMembers = (filter: MemberFilter, page: number, size: number): Promise<MemberPage> => get('/members', { ...filter, page, size })
export const fetchMember = (id: string): Promise<Member> => get(address(id))
/** For finding somebody: what is left out does not narrow. */
export const searchMembers = (query: Partial<MemberFilter> & { page?: number; size?: number }): Promise<MemberPage> => get('/members', { ...query })

const mostPerPage = 200

/** All members, page after page; thousands at most. */
export async function fetchAllMembers(organisationId: string, includeBelow: boolean): Promise<Member[]> {
  const all: Member[] = []
  for (let page = 1; ; page += 1) {
    const { items, total } = await searchMembers({ organisation_id: organisationId, include_below: includeBelow, page, size: mostPerPage })
    all.push(...items)
    if (items.length === 0 || all.length >= total) return all
  }
}

export const createMember = (member: NewMember, key: string): Promise<{ id: string }> => post('/members', member, key)
export const changeMember = (id: string, changes: MemberChanges): Promise<void> => request('PATCH', address(id), { body: changes })
export const removeMember = (id: string, reason: string): Promise<void> => request('DELETE', address(id), { body: { reason } })

export const memberTemplate = addressOf('/members/template.xlsx')
export const memberExport = (filter: MemberFilter, columns: readonly string[], unmasked: boolean): string =>
  addressOf('/members/export.xlsx', { ...filter, columns: columns.join(','), unmasked: unmasked || undefined })
export const importMembers = (file: File, onProgress: (fraction: number) => void, key: string): Promise<ImportReport> => sendFile('/members/import', file, file.name, onProgress, key)
