import { get, post, request } from './client'
import type { components } from './schema'
import type { Attachment, From, Page, With } from './types'

/** 政策信息, 红色服务 and 服务日记: what is asked and done over HTTP. */

type Schemas = components['schemas']
export type PolicyLine = From<'PolicyLine'>
export type Policy = From<'PolicyView'>
export type NewPolicy = Schemas['NewPolicyInput']
export type PolicyChanges = Schemas['PolicyChanges']
export type ServiceLink = From<'ServiceLinkView'>
export type NewServiceLink = Schemas['NewServiceLinkInput']
export type ServiceLinkChanges = Schemas['ServiceLinkChanges']
export type EntryServices = From<'EntryServices'>
export type EntryPolicy = From<'EntryPolicy'>

export interface KeptQuery {
  grid_id?: string
  q?: string
  enabled?: boolean
  limit?: number
  cursor?: string
}

const policyAt = (id: string): string => `/policies/${encodeURIComponent(id)}`
const linkAt = (id: string): string => `/service-links/${encodeURIComponent(id)}`
const entryAt = (code: string): string => `/entry/${encodeURIComponent(code)}`

export const fetchEntryServices = (code: string): Promise<EntryServices> => get(`${entryAt(code)}/services`)
export const fetchEntryPolicy = (code: string, id: string): Promise<EntryPolicy> => get(`${entryAt(code)}/policies/${encodeURIComponent(id)}`)

export const fetchPolicies = (query: KeptQuery): Promise<Page<PolicyLine>> => get('/policies', { ...query })
export const fetchPolicy = (id: string): Promise<Policy> => get(policyAt(id))
export const createPolicy = (policy: NewPolicy, key: string): Promise<Policy> => post('/policies', policy, key)
export const changePolicy = (id: string, changes: PolicyChanges): Promise<Policy> => request('PATCH', policyAt(id), { body: changes })
export const deletePolicy = (id: string): Promise<void> => request('DELETE', policyAt(id))

export const fetchServiceLinks = (query: KeptQuery): Promise<Page<ServiceLink>> => get('/service-links', { ...query })
export const createServiceLink = (link: NewServiceLink, key: string): Promise<ServiceLink> => post('/service-links', link, key)
export const changeServiceLink = (id: string, changes: ServiceLinkChanges): Promise<ServiceLink> => request('PATCH', linkAt(id), { body: changes })
export const deleteServiceLink = (id: string): Promise<void> => request('DELETE', linkAt(id))

export type ServiceKind = 'visit' | 'mediation' | 'help' | 'inspection' | 'publicity' | 'other'
export type ServiceRecord = With<From<'ServiceRecordView'>, { kind: ServiceKind; attachments: Attachment[] }>
export type NewServiceRecord = Schemas['NewServiceRecordInput']
export type ServiceRecordChanges = Schemas['ServiceRecordChanges']
export type ServiceCounts = From<'ServiceCounts'>

export interface RecordQuery {
  box?: 'mine' | 'subtree'
  grid_id?: string
  author_id?: string
  q?: string
  /** 2026-11-21, in China */
  from?: string
  until?: string
  kind?: ServiceKind
  limit?: number
  cursor?: string
}

const recordAt = (id: string): string => `/service-records/${encodeURIComponent(id)}`

export const fetchRecords = (query: RecordQuery): Promise<Page<ServiceRecord>> => get('/service-records', { ...query })
export const fetchRecord = (id: string): Promise<ServiceRecord> => get(recordAt(id))
/** The record's own `client_id` makes a repeated send harmless, however much later; the key is for the moment. */
export const createRecord = (record: NewServiceRecord): Promise<ServiceRecord> => post('/service-records', record)
export const changeRecord = (id: string, changes: ServiceRecordChanges): Promise<ServiceRecord> => request('PATCH', recordAt(id), { body: changes })
export const deleteRecord = (id: string): Promise<void> => request('DELETE', recordAt(id))
export const fetchRecordCounts = (query: { grid_id?: string; from?: string; until?: string }): Promise<ServiceCounts> => get('/service-records/counts', query)
