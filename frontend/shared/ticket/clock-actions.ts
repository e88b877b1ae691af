import type { Ticket } from '@/shared/api/types'
import { may } from './ticket-actions'

/** What can be done to a ticket's clock; named as in the addresses. */
export type ClockAction = 'pause' | 'resume' | 'extension' | 'extension-decision'

export const clockActionWords: Record<ClockAction, string> = {
  pause: '暂停计时',
  resume: '恢复计时',
  extension: '申请延期',
  'extension-decision': '延期审批',
}

export function clockActions(ticket: Pick<Ticket, 'actions'>): ClockAction[] {
  return (['extension-decision', 'resume', 'pause', 'extension'] as const).filter((action) => may(ticket, action))
}
