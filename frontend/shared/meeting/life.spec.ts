import { expect, it } from 'vitest'
import type { LiveEvent } from '@/shared/live/frames'
import { aMeeting, someFigures } from './fixture'
import { announcement, itemTime, withFigures, withLifeEvent, withNow } from './life'

const at = '2026-11-21T06:31:00.000Z'
const event = (kind: string, data: Record<string, unknown> = {}): LiveEvent => ({ seq: 1, topics: [], kind: `meeting.${kind}`, at, data })

it('follows the life of a meeting by its events', () => {
  const meeting = aMeeting()
  expect(withLifeEvent(meeting, event('started'))).toMatchObject({ state: 'running', started_at: at })
  expect(withLifeEvent(meeting, event('ended', { tally: {} }))).toMatchObject({ state: 'ended', ended_at: at, agenda_position: null })
  expect(withLifeEvent(meeting, event('cancelled', { reason: '停电' }))).toMatchObject({ state: 'cancelled', cancel_reason: '停电' })
  expect(withLifeEvent(meeting, event('launched'))).toMatchObject({ state: 'launched', launched_at: at })
  expect(withLifeEvent(meeting, event('archived'))).toMatchObject({ state: 'archived' })
  expect(withLifeEvent(meeting, event('minutes_edited'))).toMatchObject({ minutes_state: 'draft' })
  expect(withLifeEvent(meeting, event('minutes_signed'))).toMatchObject({ minutes_state: 'signed' })
  expect(withLifeEvent(meeting, event('minutes_reopened'))).toMatchObject({ minutes_state: 'draft' })
  expect(withLifeEvent(meeting, event('signed_in'))).toBe(meeting)
})

it('takes state and item from figures, and nothing new from figures that say the same', () => {
  const agenda = { index: 1, since: at, ends_at: null }
  const running = withFigures(aMeeting(), someFigures({ state: 'running', agenda }))
  expect(running).toMatchObject({ state: 'running', agenda_position: agenda })
  expect(withFigures(running, someFigures({ state: 'running', agenda, present: 9 }))).toBe(running)
  expect(withNow(aMeeting(), { startedAt: at, endedAt: null, cancelReason: null, items: [] })).toMatchObject({ started_at: at, agenda: aMeeting().agenda })
})

it('tells how much time an item has left, by the server’s clock', () => {
  const position = { index: 0, since: '2026-11-21T06:30:00.000Z', ends_at: '2026-11-21T06:40:00.000Z' }
  const after = (minutes: number) => itemTime(position, Date.parse(position.since) + minutes * 60_000)
  expect(after(5)).toEqual({ left: 300_000, share: 0.5, tone: 'calm' })
  expect(after(8)).toMatchObject({ tone: 'soon' })
  expect(after(12)).toEqual({ left: -120_000, share: 1, tone: 'over' })
  expect(itemTime({ ...position, ends_at: null }, 0)).toBeNull()
  expect(itemTime(null, 0)).toBeNull()
})

it('announces what changes for everybody', () => {
  expect(announcement(event('agenda_moved', { title: '表决' }))).toBe('现在进行：表决')
  expect(announcement(event('cancelled', { reason: '停电' }))).toBe('会议已取消：停电')
  expect(announcement(event('leave_requested', { name: '黄志强' }))).toBe('黄志强 申请请假')
  expect(announcement(event('signed_in', { name: '黄志强' }))).toBe('')
})
