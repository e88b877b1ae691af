import { describe, expect, it } from 'vitest'
import type { Due } from '@/shared/api/tickets'
import { countdown, dueMoment, minutesWords, officeTimeLeft, pausedSentence, pieces, residentCountdown, type TicketClock } from './countdown'
import { ticketFixture } from './ticket-fixture'

const minute = 60_000
/** Saturday 18:00 in China */
const now = Date.parse('2026-11-21T10:00:00Z')
const at = (minutes: number): string => new Date(now + minutes * minute).toISOString()

function clockFixture(fields: Partial<TicketClock>): TicketClock {
  return {
    purpose: 'finish',
    level: 5,
    level_title: '五级网格',
    run: 2,
    started_at: at(-60),
    limit: { value: 24, unit: 'hours', clock: 'continuous' },
    limit_words: '24 小时（全天计时）',
    due_at: at(600),
    overdue: false,
    ended: false,
    paused: null,
    extension: null,
    ...fields,
  }
}

function timed(fields: Partial<TicketClock>): ReturnType<typeof ticketFixture> {
  const clock = clockFixture(fields)
  return ticketFixture({ state: 'accepted', clock, due_at: clock.due_at, overdue: clock.overdue })
}

const pause = { since: at(-5), until: '2026-12-04T09:30:00Z', reason: 'waiting_for_department', reason_title: '等待其他部门', note: null, by: { id: 'w', name: '韦师傅' } }

describe('countdown', () => {
  it('says what is left with a word where it matters', () => {
    expect(countdown(timed({}), now)).toEqual({ tone: 'calm', word: null, text: '剩 10 小时' })
    expect(countdown(timed({ due_at: at(9) }), now)).toEqual({ tone: 'soon', word: '即将到期', text: '剩 9 分' })
    expect(countdown(timed({ due_at: at(-9), overdue: true }), now)).toEqual({ tone: 'over', word: null, text: '超时 9 分' })
  })

  it('warns in the last fifth of a long limit', () => {
    expect(countdown(timed({ started_at: at(-800), due_at: at(200) }), now)?.tone).toBe('soon')
    expect(countdown(timed({ started_at: at(-790), due_at: at(210) }), now)?.tone).toBe('calm')
  })

  it('stays late while the next level has its own time', () => {
    expect(countdown(timed({ due_at: at(30), overdue: true }), now)).toEqual({ tone: 'over', word: '已超时', text: '剩 30 分' })
  })

  it('does not count hours of a closed office', () => {
    const limit = { value: 1, unit: 'workdays', clock: 'working' }
    expect(countdown(timed({ limit, due_at: '2026-11-23T02:30:00Z' }), now)?.text).toBe('11-23 10:30 到期')
    expect(countdown(timed({ limit, due_at: '2026-11-23T02:30:00Z' }), now, '')?.text).toBe('11-23 10:30')
    expect(countdown(timed({ limit, due_at: at(90) }), now)?.text).toBe('剩 1 小时 30 分')
  })

  it('stands still in a pause, even past the end', () => {
    const ticket = timed({ due_at: at(-5), paused: pause })
    expect(countdown(ticket, now)).toEqual({ tone: 'paused', word: null, text: '暂停计时' })
    expect(pausedSentence(ticket.clock, now)).toBe('暂停计时：等待其他部门（到 12-04 17:30 自动恢复）')
    expect(pausedSentence(timed({}).clock, now)).toBeNull()
  })

  it('is silent when nothing runs', () => {
    expect(countdown(ticketFixture({ state: 'completed', due_at: at(5) }), now)).toBeNull()
    expect(countdown(ticketFixture({ state: 'accepted' }), now)).toBeNull()
  })

  it('spares residents the minutes of lateness', () => {
    expect(residentCountdown(timed({ due_at: at(-9) }), now)?.text).toBe('已超时')
    expect(residentCountdown(timed({ due_at: at(9) }), now)).toEqual({ tone: 'soon', word: null, text: '还剩 9 分' })
  })
})

describe('dueMoment', () => {
  it('speaks of today and tomorrow in China', () => {
    expect(dueMoment('2026-11-21T15:59:00Z', now)).toBe('今天 23:59')
    expect(dueMoment('2026-11-21T16:00:00Z', now)).toBe('明天 00:00')
    expect(dueMoment('2026-11-23T02:30:00Z', now)).toBe('11-23 10:30')
    expect(dueMoment('2027-01-04T02:30:00Z', now)).toBe('2027-01-04 10:30')
  })
})

describe('pieces', () => {
  it('keeps dates whole', () => {
    expect(pieces('到 12-04 17:30 恢复').map((piece) => [piece.text, piece.whole])).toEqual([
      ['到 ', false],
      ['12-04 17:30', true],
      [' 恢复', false],
    ])
    expect(pieces('明天 17:30')).toEqual([{ text: '明天 17:30', whole: false }])
  })
})

describe('officeTimeLeft', () => {
  const due = (counted: { from: string; to: string }[]): Due => ({
    due_at: at(600),
    purpose: 'finish',
    limit_words: '',
    started_at: at(-60),
    level: 5,
    level_title: '五级网格',
    rules: null,
    extension: null,
    pauses: [],
    days: [{ date: '2026-11-21', name: null, working: true, provisional: false, counted, counted_minutes: 0, paused_minutes: 0 }],
    plain: '',
    overdue: false,
  })

  it('adds up only what still lies ahead', () => {
    expect(officeTimeLeft(due([{ from: at(-60), to: at(30) }, { from: at(90), to: at(150) }]), now)).toBe('1 小时 30 分钟')
    expect(officeTimeLeft(due([{ from: at(-60), to: at(-30) }]), now)).toBeNull()
    expect(officeTimeLeft({ ...due([]), days: [] }, now)).toBeNull()
  })

  it('keeps hours of office time hours', () => {
    expect([45, 60, 1445].map(minutesWords)).toEqual(['45 分钟', '1 小时', '24 小时 5 分钟'])
  })
})
