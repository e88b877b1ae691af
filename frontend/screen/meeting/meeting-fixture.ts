import type { Arrival, MeetingFacts, MeetingFigures } from './types'

/** 15:00 in China on the day of the meeting. */
export const threeOClock = Date.parse('2026-11-21T07:00:00.000Z')
export const minute = 60_000

export function factsOf(change: Partial<MeetingFacts> = {}): MeetingFacts {
  return {
    id: 'm1',
    topic: '党员大会',
    organisation: '柳河村党支部',
    host: '韦秀兰',
    place: '会议室',
    startsAt: threeOClock,
    endsAt: threeOClock + 90 * minute,
    startedAt: null,
    endedAt: null,
    cancelReason: '',
    signInOpensAt: threeOClock - 30 * minute,
    signInRequired: true,
    lateAt: null,
    fenceRadius: null,
    items: [
      { title: '学习', minutes: 20, presenter: null },
      { title: '讨论', minutes: 30, presenter: null },
    ],
    ...change,
  }
}

export function figuresOf(change: Partial<MeetingFigures> = {}): MeetingFigures {
  return { state: 'launched', expected: 126, present: 81, onTime: 81, late: 0, leftEarly: 0, online: 0, leave: 4, leavePending: 0, missing: 41, guests: 0, hands: 0, voters: 120, votersPresent: 80, agenda: null, vote: null, ...change }
}

export function arrivalOf(number: number, change: Partial<Arrival> = {}): Arrival {
  return { id: `m${number}`, name: `张${number}`, number, status: 'on_time', away: false, photo: null, ...change }
}
