import { describe, expect, it } from 'vitest'
import { localTime } from '@/shared/format/local-time'
import { aMeeting } from '@/shared/meeting/fixture'
import { agendaMinutes, changesOf, emptyItem, emptyPlan, moved, newMeetingOf, planOf, problemsOf, readPoint, type PlanDraft } from './plan'

const now = Date.parse('2026-11-21T06:10:00.000Z')
const good = (changes: Partial<PlanDraft> = {}): PlanDraft => ({ ...emptyPlan('o1', { id: 'a1', name: '韦建国' }, now), topic: '学习全会精神', type: 'general_meeting', place: '二楼会议室', ...changes })

describe('a plan', () => {
  it('begins with tomorrow afternoon and the whole branch', () => {
    expect(emptyPlan('o1', null, now)).toMatchObject({ starts: '2026-11-22T14:30', ends: '2026-11-22T16:00', invited: { whole_branch: true } })
  })

  it('is sent with times by the clock of Beijing, whatever this computer says', () => {
    const body = newMeetingOf(good({ agenda: [{ ...emptyItem(), title: ' 传达精神 ', minutes: '', presenter: ' ' }] }))
    expect(body).toMatchObject({ org_id: 'o1', host_id: 'a1', starts_at: '2026-11-22T06:30:00.000Z', ends_at: '2026-11-22T08:00:00.000Z', sign_up: null, attachments: [] })
    expect(body.agenda).toEqual([{ title: '传达精神', minutes: 0, presenter: null }])
    expect(body.sign_in?.fence).toBeNull()
  })

  it('comes back from a draft as it was sent', () => {
    const meeting = aMeeting({ state: 'draft', sign_in: { required: true, opens_minutes_before: 20, late_after_minutes: 5, fence: { lng: 108.3, lat: 22.8, datum: 'wgs84', radius_m: 150 } } })
    const plan = planOf(meeting)
    expect(plan).toMatchObject({ starts: '2026-11-21T14:30', fenced: true, lng: '108.3', radius: '150', datum: 'wgs84' })
    expect(changesOf(plan)).toMatchObject({ topic: meeting.topic, starts_at: meeting.starts_at, sign_in: { fence: { lng: 108.3, lat: 22.8, radius_m: 150 } }, agenda: meeting.agenda })
    expect(changesOf(plan)).not.toHaveProperty('org_id')
    expect(changesOf(plan)).toMatchObject({ recorder_id: meeting.recorder?.id, sign_up: null, attachments: [] })
    expect(problemsOf(plan)).toEqual({})
  })

  it('takes away what was emptied, and keeps what is there', () => {
    const paper = { id: 'f1' } as never
    const plan = planOf(aMeeting({ state: 'draft', mode: 'hybrid', video_link: 'https://a.cn/x', sign_up_until: '2026-11-21T04:00:00.000Z', attachments: [paper] }))
    expect(changesOf(plan)).toMatchObject({ video_link: 'https://a.cn/x', sign_up: { deadline: '2026-11-21T04:00:00.000Z' }, attachments: ['f1'] })
    const emptied = changesOf({ ...plan, videoLink: ' ', signUp: false, recorder: null, papers: [] })
    expect(emptied).toMatchObject({ video_link: null, sign_up: null, recorder_id: null, attachments: [] })
    expect(changesOf({ ...plan, mode: 'onsite' }).video_link).toBeNull()
  })

  it('keeps a region that is no circle', () => {
    const polygon = { type: 'Polygon', coordinates: [] }
    const plan = planOf(aMeeting({ sign_in: { required: true, opens_minutes_before: 30, late_after_minutes: 0, fence: { polygon } } }))
    expect(problemsOf(plan)).toEqual({})
    expect(changesOf(plan).sign_in?.fence).toEqual({ polygon })
    expect(changesOf({ ...plan, fenced: false }).sign_in?.fence).toBeNull()
  })
})

describe('what is wrong', () => {
  it('is told field by field, before anything is sent', () => {
    const plan = { ...emptyPlan('', null, now), ends: '2026-11-22T14:00', invited: { whole_branch: false, members: [], orgs: [] }, signUp: true, signUpUntil: '2026-11-22T14:30', fenced: true, radius: '10', opensBefore: '', agenda: [emptyItem()] }
    expect(Object.keys(problemsOf(plan)).sort()).toEqual(['agenda[0].title', 'attendees', 'ends_at', 'org_id', 'place', 'sign_in.fence', 'sign_in.fence.radius_m', 'sign_in.opens_minutes_before', 'sign_up.deadline', 'topic', 'type'])
  })

  it('is a link that is none', () => {
    for (const videoLink of ['会议号 123', 'http://a.cn/x', 'https://']) {
      expect(Object.keys(problemsOf(good({ mode: 'online', videoLink })))).toEqual(['video_link'])
      expect(problemsOf(good({ videoLink }))).toEqual({})
    }
    expect(problemsOf(good({ mode: 'hybrid', videoLink: ' https://meeting.example.cn/1 ' }))).toEqual({})
  })

  it('is nothing when a meeting online has no place, or nobody signs in', () => {
    expect(problemsOf(good({ mode: 'online', place: '', required: false, opensBefore: 'x', fenced: true }))).toEqual({})
  })
})

it('reads a point as map pages write it', () => {
  expect(readPoint('108.3669, 22.8170')).toEqual({ lng: '108.3669', lat: '22.8170' })
  expect(readPoint('22.8170，108.3669')).toEqual({ lng: '108.3669', lat: '22.8170' })
  expect(readPoint('坐标: 108.3669 22.8170')).toEqual({ lng: '108.3669', lat: '22.8170' })
  expect(readPoint('二楼会议室')).toBeNull()
  expect(readPoint('108.3669')).toBeNull()
})

it('moves an item and nothing beyond the ends', () => {
  expect(moved(['a', 'b', 'c'], 0, 1)).toEqual(['b', 'a', 'c'])
  expect(moved(['a', 'b', 'c'], 2, 1)).toEqual(['a', 'c', 'b'])
  expect(moved(['a', 'b'], 0, -1)).toEqual(['a', 'b'])
})

it('adds the minutes of the agenda up', () => {
  const agenda = ['15', '', '40'].map((minutes) => ({ ...emptyItem(), minutes }))
  expect(agendaMinutes({ agenda, starts: '2026-11-22T14:30', ends: '2026-11-22T15:00' })).toEqual({ planned: 55, available: 30 })
})

it('says the hour of Beijing', () => {
  expect(localTime('2026-11-21T16:30:00.000Z')).toBe('2026-11-22T00:30')
})
