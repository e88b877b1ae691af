import type { Attachment, From, With } from '@/shared/api/types'
import type { MeetingState } from '@/shared/meeting/types'

/** The shapes of 组织生活会. */

export type LifePhase = 'before' | 'during' | 'after' | 'completed'
export type MaterialState = 'missing' | 'submitted' | 'approved' | 'returned'
/** 支委会, 党员会 */
export type Part = 'committee' | 'members'

export type LinkedMeeting = With<From<'LinkedMeetingView'>, { state: MeetingState; minutes_state: 'none' | 'draft' | 'signed' }>
/** How somebody's material stands. */
export type OwnPart = With<From<'MaterialStateView'>, { state: MaterialState; submitted_at: string | null; decided_at: string | null; decided_by: From<'PersonView'> | null }>
export type MaterialVersion = With<From<'MaterialVersionView'>, { attachments: Attachment[] }>
export type Material = OwnPart & { reason: string | null; versions: MaterialVersion[]; may: From<'MaterialRights'> }
export type Report = With<From<'ReportView'>, { attachments: Attachment[] }>
export type LifeMeeting = With<
  From<'LifeMeetingView'>,
  {
    phase: LifePhase
    notice: 'message' | 'message_and_sms'
    attachments: Attachment[]
    meetings: Record<Part, LinkedMeeting | null>
    reported_at: string | null
    /** null for whoever only takes part */
    counts: From<'MaterialCounts'> | null
    /** null for whoever takes no part */
    own: OwnPart | null
  }
>
