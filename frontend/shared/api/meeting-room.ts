import type { Meeting, SignedIn } from '@/shared/meeting/types'
import { post } from './client'
import { act, address } from './meetings'

/** What somebody does in a meeting beside the plain life of it: come in from afar, ask to speak, ask those above to send somebody. */

/** To a meeting that is held online as well; `key` stays the same over retries. */
export const signInOnline = (id: string, key: string): Promise<SignedIn> => post(address(id, 'sign-in/online'), {}, key)

/** One's own. */
export const raiseHand = (id: string, raised: boolean): Promise<Meeting> => act(id, 'hand', { raised })
/** Somebody's, by who runs the meeting. */
export const lowerHandOf = (id: string, memberId: string): Promise<Meeting> => act(id, 'hand', { raised: false, member_id: memberId })

/** The organisation right above; those who lead it are told. */
export const inviteSuperior = (id: string, note: string): Promise<Meeting> => act(id, 'superior', { note })
/** Whom it sends, by who manages it. */
export const nameDelegate = (id: string, memberId: string): Promise<Meeting> => act(id, 'superior/delegate', { member_id: memberId })
