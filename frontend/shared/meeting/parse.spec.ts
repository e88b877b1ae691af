import { expect, it } from 'vitest'
import { anAttendee, someFigures } from './fixture'
import { parseAttendee, parseFigures, parseTopicState } from './parse'

it('reads the desk, the own part and the wall apart', () => {
  const figures = someFigures()
  const meeting = { started_at: null, ended_at: null, cancel_reason: null, items: [{ title: '学习', minutes: 30 }, 7] }
  expect(parseTopicState({ meeting, figures, attendees: [anAttendee(), {}] })).toMatchObject({ attendees: [{ name: '黄志强' }], own: undefined, meeting: { items: [{ title: '学习', minutes: 30, presenter: null }] } })
  expect(parseTopicState({ meeting, figures, own: anAttendee() })).toMatchObject({ attendees: null, own: { name: '黄志强' } })
  expect(parseTopicState({ meeting, figures, own: null })).toMatchObject({ attendees: null, own: null })
  expect(parseTopicState({ meeting })).toBeNull()
  expect(parseTopicState('nonsense')).toBeNull()
})

it('refuses figures without their numbers, and takes what is missing elsewhere for nothing', () => {
  expect(parseFigures({ ...someFigures(), agenda: { index: 1, since: 'x', ends_at: null } })?.agenda).toEqual({ index: 1, since: 'x', ends_at: null })
  expect(parseFigures({ ...someFigures(), state: 'later' })).toBeNull()
  expect(parseFigures({ ...someFigures(), present: '7' })).toBeNull()
})

it('reads an attendee with everything, and one with next to nothing', () => {
  const whole = anAttendee({
    leave: { reason: '住院', asked_at: 'a', decision: { approved: true, note: null, by: { id: 'b', name: '韦建国' }, at: 'c' } },
    presence: [{ from: 'x', until: null, way: 'manual' }],
    evidence: { grade: 'weak', flags: ['mock_location'], slot_age_ms: 900, distance_m: 12, accuracy_m: 20, manual: { by: '韦建国', reason: '手机没电' } },
  })
  const sent = { ...whole, evidence: { ...whole.evidence, manual: { by: { id: 'b', name: '韦建国' }, reason: '手机没电' } } }
  expect(parseAttendee(JSON.parse(JSON.stringify(sent)))).toEqual(whole)
  expect(parseAttendee({ member_id: 'm', name: '甲', status: 'expected' })).toMatchObject({ role: 'member', standing: 'none', presence: [], leave: null })
  expect(parseAttendee({ member_id: 'm', name: '甲', status: 'asleep' })).toBeNull()
})
