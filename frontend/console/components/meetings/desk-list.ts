import { counts, flagsOf, listed, type Roster, type RosterTab } from '@/shared/meeting/roster'
import type { Attendee } from '@/shared/meeting/types'

/** The list at a desk has room for two more views than a phone: everybody, and whose sign-in is odd. */
export type DeskTab = 'all' | RosterTab | 'odd'

export const deskTabs: readonly { name: DeskTab; word: string }[] = [
  { name: 'all', word: '全部' },
  { name: 'missing', word: '未到' },
  { name: 'arrived', word: '已到' },
  { name: 'leave', word: '请假' },
  { name: 'guests', word: '列席' },
  { name: 'odd', word: '存疑' },
]

export function deskCounts(roster: Roster): Record<DeskTab, number> {
  let odd = 0
  for (const attendee of roster.values()) if (flagsOf(attendee).length > 0) odd += 1
  return { ...counts(roster), all: roster.size, odd }
}

/** Leave that waits for a decision first, then who is missing, then who came, the newest first. */
export function deskList(roster: Roster, tab: DeskTab, search: string): Attendee[] {
  if (tab !== 'all' && tab !== 'odd') return listed(roster, tab, search)
  const all = (['leave', 'missing', 'arrived', 'guests'] as const).flatMap((part) => listed(roster, part, search))
  return tab === 'all' ? all : all.filter((attendee) => flagsOf(attendee).length > 0)
}

/** How many stand in a table before somebody asks for more. */
export const rowsAtOnce = 200
