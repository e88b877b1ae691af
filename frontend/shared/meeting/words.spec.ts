import { describe, expect, it } from 'vitest'
import { aMeeting, anAttendee } from './fixture'
import type { Attendee, Meeting } from './types'
import { arrivalWords, countdownClock, dayWords, hoursWords, mapAddress, nearWords, ownStanding, presenceMs, timeWords } from './words'

/** 2026-11-21 14:00 in Beijing, a Saturday. */
const now = Date.parse('2026-11-21T06:00:00.000Z')

describe('times as people say them', () => {
  it.each([
    ['2026-11-21T15:59:00.000Z', '今天'],
    ['2026-11-21T16:00:00.000Z', '明天'],
    ['2026-11-22T16:00:00.000Z', '后天'],
    ['2026-11-20T15:59:00.000Z', '昨天'],
    ['2026-11-25T02:00:00.000Z', '11 月 25 日 星期三'],
    ['2026-12-31T16:00:00.000Z', '2027 年 1 月 1 日 星期五'],
  ])('%s is %s', (at, words) => expect(dayWords(at, now)).toBe(words))

  it('names the day once, and the second day when there is one', () => {
    expect(timeWords(aMeeting(), now)).toBe('今天 14:30–16:00')
    expect(hoursWords(aMeeting())).toBe('14:30–16:00')
    expect(hoursWords(aMeeting({ ends_at: '2026-11-22T01:00:00.000Z' }))).toBe('14:30 至 次日 09:00')
    expect(hoursWords(aMeeting({ ends_at: '2026-11-23T01:00:00.000Z' }))).toBe('14:30 至 11 月 23 日 星期一 09:00')
    expect(timeWords(aMeeting({ ends_at: '2026-11-22T01:00:00.000Z' }), now)).toBe('今天 14:30 至 明天 09:00')
  })

  it('tells how near it is only where that helps', () => {
    expect(nearWords(aMeeting(), now)).toBe('还有 30 分')
    expect(nearWords(aMeeting({ starts_at: '2026-11-23T06:30:00.000Z' }), now)).toBe('')
    expect(nearWords(aMeeting(), now + 31 * 60_000)).toBe('到点，等主持人开始')
    expect(nearWords(aMeeting({ state: 'running', started_at: '2026-11-21T05:50:00.000Z' }), now)).toBe('已开始 10 分')
    expect(nearWords(aMeeting({ state: 'running', started_at: '2026-11-21T05:59:30.000Z' }), now)).toBe('刚开始')
    expect(nearWords(aMeeting({ state: 'ended' }), now)).toBe('')
  })

  it.each([
    [0, '0:00'],
    [500, '0:01'],
    [65_000, '1:05'],
    [3_725_000, '1:02:05'],
    [-30_500, '+0:30'],
  ])('%i ms left is %s', (ms, words) => expect(countdownClock(ms)).toBe(words))

  it('adds up the stretches of a presence', () => {
    const presence = [
      { from: '2026-11-21T06:00:00.000Z', until: '2026-11-21T06:20:00.000Z' },
      { from: '2026-11-21T06:30:00.000Z', until: null },
    ]
    expect(presenceMs(presence, Date.parse('2026-11-21T07:00:00.000Z'))).toBe(50 * 60_000)
  })
})

describe('my own standing', () => {
  const leave = (approved: boolean | null): Attendee['leave'] => ({ reason: '住院', asked_at: '', decision: approved === null ? null : { approved, note: null, by: null, at: '' } })
  it.each<[string, Partial<Attendee>, Partial<Meeting>, string, string]>([
    ['came on time', { number: 3, status: 'on_time', present: true }, {}, '已签到', 'good'],
    ['came late', { number: 3, status: 'late', present: true }, { state: 'running' }, '已签到 · 迟到', 'wait'],
    ['left early', { number: 3, status: 'left_early' }, { state: 'ended' }, '已签到 · 早退', 'wait'],
    ['leave waits', { leave: leave(null), status: 'leave_pending' }, {}, '请假待批', 'wait'],
    ['leave granted', { leave: leave(true), status: 'leave_approved' }, {}, '已准假', 'plain'],
    ['leave refused', { leave: leave(false) }, {}, '请假未批准，请参会', 'bad'],
    ['nothing said', {}, {}, '未回复', 'wait'],
    ['nothing said and sign-up wanted', {}, { sign_up_until: '2026-11-21T05:00:00.000Z' }, '未报名', 'wait'],
    ['said yes', { answer: { attending: true, at: '' } }, {}, '参加', 'good'],
    ['said no', { answer: { attending: false, at: '' } }, {}, '不参加', 'bad'],
    ['signed up', { signed_up_at: 'x' }, { sign_up_until: 'y' }, '已报名', 'good'],
    ['not there while it runs', { answer: { attending: true, at: '' } }, { state: 'running' }, '未签到', 'wait'],
    ['somebody else goes', { status: 'substitute' }, {}, '已请人替会', 'plain'],
    ['somebody else is to go', { substituted_by: '罗秀英' }, {}, '已请人替会', 'plain'],
    ['was absent', { status: 'absent' }, { state: 'ended' }, '缺席', 'bad'],
  ])('%s', (_words, own, meeting, text, tone) => expect(ownStanding(anAttendee(own), aMeeting(meeting))).toEqual({ text, tone }))

  it('is not told of somebody who is not on the list', () => {
    expect(ownStanding(null, aMeeting())).toBeNull()
    expect(ownStanding(undefined, aMeeting())).toBeNull()
  })

  it('says at the door that being late is recorded', () => expect(['on_time', 'late', 'online', 'guest'].map((status) => arrivalWords(status as Attendee['status']))).toEqual(['准时', '迟到，已如实记录', '线上参会', '列席']))
})

it('leads to a map by coordinates where they are known, else by words', () => {
  expect(mapAddress('村部', { lng: 105.1, lat: 24.5, radius_m: 200 })).toContain('position=105.1,24.5&name=%E6%9D%91%E9%83%A8&coordinate=wgs84')
  expect(mapAddress('村部', { polygon: {} })).toContain('keyword=%E6%9D%91%E9%83%A8')
  expect(mapAddress('村部', null)).toContain('keyword=')
})
