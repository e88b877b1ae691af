import type { Minutes, MinutesChanged, MinutesText, OwnRating, Picture, Ratings } from '@/shared/meeting/after/types'
import { download } from './download'
import { get, post, request } from './client'
import { address } from './meetings'

/** What follows a meeting: minutes, pictures and videos, ratings. */

export const fetchMinutes = (id: string): Promise<Minutes> => get(address(id, 'minutes'))
/** `version`: what was read; 409 `minutes.changed` when it is no longer the newest. */
export const writeMinutes = (id: string, text: MinutesText, version: number): Promise<MinutesChanged> => request('PUT', address(id, 'minutes'), { body: { ...text, version } })
export const signMinutes = (id: string, version: number, key: string): Promise<MinutesChanged> => post(address(id, 'minutes/sign'), { version }, key)
export const reopenMinutes = (id: string, reason: string): Promise<MinutesChanged> => post(address(id, 'minutes/reopen'), { reason })

export type ArchiveKind = 'docx' | 'pdf' | 'xlsx'
export const downloadArchive = (id: string, kind: ArchiveKind, name: string): Promise<void> => download(address(id, `archive.${kind}`), {}, `${name}.${kind}`)

export const fetchPictures = async (id: string): Promise<Picture[]> => (await get<{ items: Picture[] }>(address(id, 'media'))).items
/** Answers what was added, not the whole list. */
export const addPictures = async (id: string, attachments: readonly { id: string; caption?: string }[], key: string): Promise<Picture[]> => (await post<{ items: Picture[] }>(address(id, 'media'), { attachments }, key)).items
export const removePicture = (id: string, fileId: string): Promise<void> => request('DELETE', address(id, `media/${encodeURIComponent(fileId)}`))

export const fetchRatings = (id: string): Promise<Ratings> => get(address(id, 'rating'))
export const rateMeeting = (id: string, stars: number, comment: string, key: string): Promise<Pick<OwnRating, 'at'>> => post(address(id, 'rating'), comment === '' ? { stars } : { stars, comment }, key)
