import { describe, expect, it } from 'vitest'
import { anAttendee } from './fixture'
import { proofWords } from './person'

const evidence = { grade: 'fair', flags: [], slot_age_ms: null, distance_m: null, accuracy_m: null, manual: null } as const
const from = { from: '2026-11-21T06:31:00.000Z', until: null } as const

describe('what a sign-in rests on', () => {
  it('is said by the way it was made', () => {
    expect(proofWords(anAttendee({ presence: [{ ...from, way: 'code' }], evidence: { ...evidence, flags: [] } }))).toBe('扫码签到，没有位置佐证')
    expect(proofWords(anAttendee({ presence: [{ ...from, way: 'online' }], evidence: { ...evidence, flags: [] } }))).toBe('线上参会')
    expect(proofWords(anAttendee({ presence: [{ ...from, way: 'online' }], evidence: { ...evidence, grade: 'weak', flags: ['second_device'] } }))).toBe('有需要核对的地方')
    expect(proofWords(anAttendee({ presence: [{ ...from, way: 'manual' }], evidence: { ...evidence, flags: [], manual: { by: '周立新', reason: '手机没电' } } }))).toBe('周立新代签：手机没电')
    expect(proofWords(anAttendee({ presence: [], evidence: null }))).toBe('')
  })
})
