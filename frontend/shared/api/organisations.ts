import { addressOf, get, post, request } from './client'
import { sendFile } from './files'
import type { components } from './schema'
import type { ImportReport } from './sheets'
import type { From, With } from './types'

/** Party organisations: the tree, one of it, who has a role there, its workbooks. */

export type OrganisationKind = 'party_committee' | 'general_branch' | 'branch' | 'joint_branch' | 'temporary_branch' | 'group'
export type OrganisationStatus = 'active' | 'disabled'
export type OrganisationRole = 'administrator' | 'supervisor'

type Fixed = { kind: OrganisationKind; status: OrganisationStatus }
/** `children` is empty below the depth that was asked for. */
export type OrganisationNode = With<Omit<From<'OrganisationNode'>, 'children'>, Fixed & { children: OrganisationNode[] }>
export type OrganisationRef = From<'OrganisationRef'>
/** `full_members` are, as `members`, of it and of those below. */
export type OrganisationDetail = OrganisationNode & { ancestors: OrganisationRef[]; full_members: number; warnings: From<'WarningView'>[] }
export type RoleHolder = With<From<'OrganisationRoleView'>, { role: OrganisationRole }>
export type NewOrganisation = With<components['schemas']['NewOrganisationInput'], { kind: OrganisationKind }>
export type OrganisationChanges = With<components['schemas']['OrganisationPatch'], { kind?: OrganisationKind; status?: OrganisationStatus }>

const address = (id: string): string => `/organisations/${encodeURIComponent(id)}`

export const fetchOrganisationTree = (): Promise<OrganisationNode> => get('/organisations/tree')
export const fetchOrganisation = (id: string): Promise<OrganisationDetail> => get(address(id))
export const createOrganisation = (organisation: NewOrganisation, key: string): Promise<{ id: string }> => post('/organisations', organisation, key)
export const changeOrganisation = (id: string, changes: OrganisationChanges): Promise<void> => request('PATCH', address(id), { body: changes })
export const deleteOrganisation = (id: string): Promise<void> => request('DELETE', address(id))

export const fetchRoles = (id: string): Promise<{ items: RoleHolder[] }> => get(`${address(id)}/roles`)
export const grantRole = (id: string, accountId: string, role: OrganisationRole): Promise<void> => post(`${address(id)}/roles`, { account_id: accountId, role })
export const revokeRole = (id: string, accountId: string): Promise<void> => request('DELETE', `${address(id)}/roles/${encodeURIComponent(accountId)}`)

export const organisationTemplate = addressOf('/organisations/template.xlsx')
export const organisationExport = (below: string, columns: readonly string[]): string => addressOf('/organisations/export.xlsx', { below, columns: columns.join(',') })
export const importOrganisations = (file: File, onProgress: (fraction: number) => void, key: string): Promise<ImportReport> => sendFile('/organisations/import', file, file.name, onProgress, key)
