import { get } from './client'

/** The rotating code of a meeting, for its screens and its host. */
export interface SignInCode {
  code: string
  /** what the QR says */
  url: string
  slot_ends_at: string
  rotates_every_ms: number
  /** the server's clock when it answered */
  now: string
}

export const fetchSignInCode = (meetingId: string, signal?: AbortSignal): Promise<SignInCode> => get(`/meetings/${encodeURIComponent(meetingId)}/sign-in/code`, undefined, signal)
