import type { LifeMeeting, LifePhase, Material, OwnPart, Part, Report } from '@/shared/organisational-life/types'
import { get, post, request } from './client'
import type { components } from './schema'
import type { Page } from './types'

/** 组织生活会 in three phases: what is asked and done over HTTP. */

export type NewLifeMeeting = components['schemas']['NewLifeMeetingInput']
export type LifeMeetingChanges = components['schemas']['LifeMeetingChanges']
/** A text with files, as materials and reports are. */
export interface Written {
  text: string
  /** ids */
  attachments: string[]
}

export interface LifeMeetingQuery {
  org_id?: string
  include_below?: boolean
  year?: string
  phase?: LifePhase | ''
  limit?: number
  cursor?: string
}

const address = (id: string, rest = ''): string => `/organisational-life/${encodeURIComponent(id)}${rest}`
const materialOf = (id: string, memberId: string, rest = ''): string => address(id, `/materials/${encodeURIComponent(memberId)}${rest}`)

/** Of the branches that one looks over, the newest first. */
export const fetchLifeMeetings = (query: LifeMeetingQuery): Promise<Page<LifeMeeting>> => get('/organisational-life', { ...query })
/** Those that one takes part in. */
export const fetchMyLifeMeetings = (cursor?: string): Promise<Page<LifeMeeting>> => get('/organisational-life/mine', { limit: 50, cursor })
export const fetchLifeMeeting = (id: string): Promise<LifeMeeting> => get(address(id))
export const createLifeMeeting = (plan: NewLifeMeeting, key: string): Promise<LifeMeeting> => post('/organisational-life', plan, key)
export const changeLifeMeeting = (id: string, changes: LifeMeetingChanges): Promise<LifeMeeting> => request('PATCH', address(id), { body: changes })
export const deleteLifeMeeting = (id: string): Promise<void> => request('DELETE', address(id))

export const fetchOwnMaterial = (id: string): Promise<Material> => get(address(id, '/material'))
/** `key` stays the same for the same words: each send that is taken is a version of its own. */
export const sendMaterial = (id: string, material: Written, key: string): Promise<OwnPart> => request('PUT', address(id, '/material'), { body: material, idempotencyKey: key })

export const fetchMaterials = async (id: string): Promise<OwnPart[]> => (await get<{ items: OwnPart[] }>(address(id, '/materials'))).items
export const fetchMaterial = (id: string, memberId: string): Promise<Material> => get(materialOf(id, memberId))
/** `version`: the one that was read. */
export const approveMaterial = (id: string, memberId: string, version: number, key: string): Promise<OwnPart> => post(materialOf(id, memberId, '/approve'), { version }, key)
export const returnMaterial = (id: string, memberId: string, version: number, reason: string, key: string): Promise<OwnPart> => post(materialOf(id, memberId, '/return'), { version, reason }, key)

/** null: none */
export const linkMeeting = (id: string, part: Part, meetingId: string | null): Promise<LifeMeeting> => request('PUT', address(id, `/meetings/${part}`), { body: { meeting_id: meetingId } })
export const fetchReport = (id: string): Promise<Report> => get(address(id, '/report'))
export const sendReport = (id: string, report: Written, key: string): Promise<LifeMeeting> => request('PUT', address(id, '/report'), { body: report, idempotencyKey: key })
