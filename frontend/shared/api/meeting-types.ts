import { get, post, request } from './client'

/** Types of meetings and activities: read by everybody, kept by the tenant's administrator. */

export type MeetingFamily = 'three_meetings' | 'party_day' | 'organisation_life' | 'activity'

export interface MeetingType {
  code: string
  name: string
  family: MeetingFamily
  built_in: boolean
  enabled: boolean
}

export const fetchMeetingTypes = async (): Promise<MeetingType[]> => (await get<{ items: MeetingType[] }>('/meeting-types')).items
export const createMeetingType = (name: string, family: MeetingFamily): Promise<MeetingType> => post('/meeting-types', { name, family })
export const changeMeetingType = (code: string, changes: { name?: string; enabled?: boolean }): Promise<MeetingType> => request('PATCH', address(code), { body: changes })
export const deleteMeetingType = (code: string): Promise<void> => request('DELETE', address(code))

const address = (code: string): string => `/meeting-types/${encodeURIComponent(code)}`
