import { expect, it } from 'vitest'
import { anAttendee } from '@/shared/meeting/fixture'
import { rosterOf } from '@/shared/meeting/roster'
import { deskCounts, deskList } from './desk-list'

const odd = { grade: 'weak', flags: ['mock_location'], slot_age_ms: null, distance_m: null, accuracy_m: null, manual: null } as const
const roster = rosterOf([
  anAttendee({ member_id: 'a', name: '陆永福' }),
  anAttendee({ member_id: 'b', name: '韦建国', number: 1, present: true, status: 'on_time' }),
  anAttendee({ member_id: 'c', name: '黄志强', number: 2, present: true, status: 'late', evidence: { ...odd, flags: [...odd.flags] } }),
  anAttendee({ member_id: 'd', name: '蒙国庆', status: 'leave_pending', leave: { reason: '住院', asked_at: '', decision: null } }),
  anAttendee({ member_id: 'e', name: '覃站长', role: 'guest', status: 'guest', standing: 'none' }),
])
const names = (...args: Parameters<typeof deskList>): string[] => deskList(...args).map(({ name }) => name)

it('puts what waits for the host first, then who is missing, then the newest arrivals', () => {
  expect(names(roster, 'all', '')).toEqual(['蒙国庆', '陆永福', '黄志强', '韦建国', '覃站长'])
  expect(names(roster, 'arrived', '')).toEqual(['黄志强', '韦建国'])
})

it('shows whose sign-in is odd, and counts them', () => {
  expect(names(roster, 'odd', '')).toEqual(['黄志强'])
  expect(names(roster, 'odd', '韦')).toEqual([])
  expect(deskCounts(roster)).toEqual({ all: 5, missing: 1, arrived: 2, leave: 1, guests: 1, odd: 1 })
})
