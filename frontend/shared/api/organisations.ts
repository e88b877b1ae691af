import { get } from './client'

/** Party organisations and their members, as far as pages of meetings need them. */

export type OrganisationKind = 'party_committee' | 'general_branch' | 'branch' | 'joint_branch' | 'temporary_branch' | 'group'

export interface OrganisationNode {
  id: string
  name: string
  /** may be empty */
  short_name: string
  kind: OrganisationKind
  kind_title: string
  /** 1 for the root */
  level: number
  parent_id: string | null
  status: 'active' | 'disabled'
  may_administer: boolean
  may_manage: boolean
  children: OrganisationNode[]
}

export interface Member {
  id: string
  account_id: string
  organisation: { id: string; name: string }
  name: string
  standing: 'full' | 'probationary'
  position_titles: string[]
}

export interface MemberPage {
  items: Member[]
  total: number
  page: number
  size: number
}

/** From the highest organisation that one sees. */
export const fetchOrganisations = (): Promise<OrganisationNode> => get('/organisations/tree')

export const fetchMembers = (query: { organisation_id?: string; include_below?: boolean; q?: string; page?: number; size?: number }): Promise<MemberPage> => get('/members', query)

export const fetchMember = (id: string): Promise<Member> => get(`/members/${encodeURIComponent(id)}`)

const mostPerPage = 200

/** All members, page after page; thousands at most. */
export async function fetchAllMembers(organisationId: string, includeBelow: boolean): Promise<Member[]> {
  const all: Member[] = []
  for (let page = 1; ; page += 1) {
    const { items, total } = await fetchMembers({ organisation_id: organisationId, include_below: includeBelow, page, size: mostPerPage })
    all.push(...items)
    if (items.length === 0 || all.length >= total) return all
  }
}
