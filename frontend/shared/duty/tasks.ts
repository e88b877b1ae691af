import type { DutyOrder, DutyWarning } from '@/shared/api/duties'

/** What somebody is about to do with a warning or an order; DutySheets asks for the words and does it. */
export type DutyTask =
  | { kind: 'nudge' | 'handled'; warning: DutyWarning }
  | { kind: 'order'; org: { id: string; name: string }; warning: DutyWarning | null }
  | { kind: 'answer' | 'close'; order: DutyOrder }

/** What came of it. */
export type DutyDone = { warning: DutyWarning } | { order: DutyOrder; given: boolean }
