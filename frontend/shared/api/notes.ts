import type { Notes } from '@/shared/meeting/types'
import { get, post } from './client'
import { address } from './meetings'

/** One's own notes of a meeting; nobody else ever reads them. */

export const fetchNotes = (id: string): Promise<Notes> => get(address(id, 'notes'))
/** `version`: what was read; 409 `notes.changed` when it is no longer the newest. */
export const saveNotes = (id: string, text: string, version: number, key: string): Promise<Notes> => post(address(id, 'notes'), { text, version }, key)
