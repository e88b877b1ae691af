import { describe, expect, it } from 'vitest'
import { readArrival, readFigures, readSnapshot } from './read'

const meeting = { id: 'm1', topic: ' 党员大会 ', organisation_id: 'o1', host: '韦秀兰', place: '会议室', starts_at: '2026-11-21T07:00:00.000Z', ends_at: '2026-11-21T08:30:00.000Z', started_at: null, ended_at: null, cancel_reason: null, sign_in_opens_at: '2026-11-21T06:30:00.000Z', sign_in_required: true, items: [{ title: '学习', minutes: 20, presenter: '梁志强' }, { title: '讨论', minutes: 0 }, 7] }
const figures = { expected: 3, present: 2, on_time: 1, late: 1, leave: 1, missing: 0, voters: 2, voters_present: 1, state: 'running', agenda: { index: 0, since: '2026-11-21T07:00:00.000Z', ends_at: null } }
const arrivals = [{ member_id: 'a', name: '张华', number: 1, status: 'on_time' }, { member_id: 'b', name: '', number: 2, status: 'late' }]

describe('the topic of a meeting', () => {
  it('is read as a screen gets it', () => {
    const snapshot = readSnapshot({ meeting, figures, arrivals })
    expect(snapshot?.facts).toMatchObject({ topic: '党员大会', organisation: '', startsAt: Date.parse('2026-11-21T07:00:00.000Z'), startedAt: null, lateAt: null, items: [{ title: '学习', minutes: 20, presenter: '梁志强' }, { title: '讨论', minutes: null, presenter: null }] })
    expect(snapshot?.figures).toMatchObject({ expected: 3, late: 1, guests: 0, agenda: { index: 0, endsAt: null } })
    expect(snapshot?.arrivals).toEqual([{ id: 'a', name: '张华', number: 1, status: 'on_time', away: false, photo: null }])
  })

  it('is read as a host’s desk gets it: only those who came stand on the wall', () => {
    const attendees = [
      { member_id: 'a', name: '张华', number: null, status: 'expected', present: false },
      { member_id: 'b', name: '韦秀兰', number: 1, status: 'on_time', present: true },
      { member_id: 'c', name: '何晓燕', number: 2, status: 'left_early', present: false },
    ]
    expect(readSnapshot({ meeting, figures, attendees })?.arrivals).toMatchObject([{ id: 'b', away: false }, { id: 'c', away: true }])
  })

  it('has no names for who may not see them', () => {
    expect(readSnapshot({ meeting, figures, own: null })?.arrivals).toBeNull()
  })

  it.each([[null], [{}], [{ meeting, figures: { ...figures, state: 'dancing' } }], [{ meeting: { ...meeting, starts_at: 'soon' }, figures }], [{ figures }]])('refuses %j', (value) => {
    expect(readSnapshot(value)).toBeNull()
  })

  it('does not believe in counts that are none', () => {
    expect(readFigures({ ...figures, expected: -1, present: NaN, late: '3', leave: 2.7 })).toMatchObject({ expected: 0, present: 0, late: 0, leave: 2 })
    expect(readArrival({ member_id: 'a', name: '张华', number: 'x' })).toMatchObject({ number: null, status: '' })
    expect(readArrival({ name: '张华' })).toBeNull()
  })
})
