import { describe, expect, it } from 'vitest'
import { aMeeting, anAttendee } from './fixture'
import { onlineEntry, videoLink } from './video'

const link = 'https://meeting.example.cn/r/1'
const opens = Date.parse(aMeeting().sign_in_opens_at)
const there = (way: 'online' | 'code') => anAttendee({ present: true, number: 3, presence: [{ from: '2026-11-21T06:31:00.000Z', until: null, way }] })

describe('the video meeting', () => {
  it('is offered for meetings that are held online as well, and only over https', () => {
    expect(videoLink(aMeeting({ mode: 'online', video_link: link }))).toBe(link)
    expect(videoLink(aMeeting({ mode: 'onsite', video_link: link }))).toBeNull()
    expect(videoLink(aMeeting({ mode: 'hybrid', video_link: 'javascript:alert(1)' }))).toBeNull()
    expect(videoLink(aMeeting({ mode: 'hybrid' }))).toBeNull()
  })
})

describe('coming online', () => {
  it('signs in once the sign-in is open', () => {
    const meeting = aMeeting({ mode: 'hybrid', video_link: null })
    expect(onlineEntry(meeting, anAttendee(), opens - 1)).toBeNull()
    expect(onlineEntry(meeting, anAttendee(), opens)).toEqual({ signsIn: true, here: false, link: null })
    expect(onlineEntry(aMeeting(), anAttendee(), opens)).toBeNull()
  })

  it('leaves who is there already the way into the video meeting', () => {
    const meeting = aMeeting({ mode: 'hybrid', video_link: link, state: 'running' })
    expect(onlineEntry(meeting, there('online'), opens)).toEqual({ signsIn: false, here: true, link })
    expect(onlineEntry(meeting, there('code'), opens)).toEqual({ signsIn: false, here: false, link })
  })

  it('ends with the meeting, and is not for who sent a substitute', () => {
    const meeting = aMeeting({ mode: 'online', video_link: link })
    expect(onlineEntry({ ...meeting, state: 'ended' }, there('online'), opens)).toBeNull()
    expect(onlineEntry(meeting, anAttendee({ substituted_by: '罗秀英' }), opens)).toBeNull()
  })
})
