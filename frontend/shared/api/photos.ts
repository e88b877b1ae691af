import { addressOf, getFile, request } from './client'
import { sendFile } from './files'

/** Pictures of members. With its tag a picture is fetched once, and anew only when it changed. */

const ofMember = (id: string): string => `/members/${encodeURIComponent(id)}/photo`
const atMeeting = (id: string, memberId: string): string => `/meetings/${encodeURIComponent(id)}/photos/${encodeURIComponent(memberId)}`

/** `photo` left out: the newest one, whatever its tag. */
export const memberPhoto = (id: string, photo?: string | null): string => addressOf(ofMember(id), { v: photo })
/** The server cuts it to a square; answers the new tag. */
export const putPhoto = (id: string, picture: Blob, name: string, onProgress: (fraction: number) => void): Promise<{ photo: string }> => sendFile(ofMember(id), picture, name, onProgress, undefined, 'PUT')
export const removePhoto = (id: string): Promise<void> => request('DELETE', ofMember(id))

/** As on the list of a meeting; null where there is none. For pages whose cookie says who asks. */
export const meetingPhoto = (id: string, { member_id, photo }: { member_id: string; photo: string | null }): string | null => (photo === null ? null : addressOf(atMeeting(id, member_id), { v: photo }))
/** The same for a screen, whose token an image's address cannot carry. */
export const fetchMeetingPhoto = (id: string, memberId: string, photo: string, signal: AbortSignal): Promise<Blob> => getFile(atMeeting(id, memberId), { v: photo }, signal)
