import { describe, expect, it } from 'vitest'
import type { Ticket } from '@/shared/api/types'
import { ladderRows, type LadderGrid } from './ladder'
import { ticketFixture } from './ticket-fixture'

const now = Date.parse('2026-11-21T10:00:00Z')
const led = (...names: string[]): LadderGrid['staff'] => names.map((name) => ({ name, duty: 'leader' }))
const group: LadderGrid = { id: 'g', name: '一组', level: 5, staff: [{ name: '吴德明', duty: 'worker' }] }
const grids = (village: LadderGrid['staff'] = led('周立新')): LadderGrid[] => [
  group,
  { id: 'c', name: '青岚县', level: 1, staff: led('黄家旺') },
  { id: 't', name: '云溪镇', level: 2, staff: null },
  { id: 'v', name: '柳河村', level: 3, staff: village },
  { id: 'e', name: '东片', level: 4, staff: led('杨永福') },
]
const running = { purpose: 'accept', level: 4, due_at: '2026-11-21T10:30:00Z', ended: false, paused: null } as Ticket['clock']
const ticket = (fields: Partial<Ticket>): Ticket => ticketFixture({ grid: { id: 'g', name: '一组', full_name: '一组', level: 5 }, clock: running, ...fields })
const places = (of: Ticket, on = grids()): string[] => ladderRows(of, on, now).map((row) => `${row.gridName} ${row.place}`)

describe('ladderRows', () => {
  it('goes from the ticket upwards', () => {
    expect(places(ticket({ handling_level: 4 }))).toEqual(['一组 passed', '东片 here', '柳河村 next', '云溪镇 later', '青岚县 later'])
    expect(ladderRows(ticket({ handling_level: 4 }), grids(), now)[2]?.note).toBe('今天 18:30 前未接单，上报到这里')
  })

  it('passes over a vacant level', () => {
    const rows = ladderRows(ticket({ handling_level: 4 }), grids([{ name: '罗文书', duty: 'worker' }]), now)
    expect(rows[2]).toMatchObject({ vacant: true, place: 'later', note: '跳过，直接上报', people: [] })
    expect(rows[3]).toMatchObject({ gridName: '云溪镇', place: 'next', vacant: false })
  })

  it('counts everybody who serves the own grid', () => {
    expect(ladderRows(ticket({}), grids(), now)[0]).toMatchObject({ people: ['吴德明'], vacant: false })
  })

  it('ends at the top', () => {
    const rows = ladderRows(ticket({ handling_level: 1, clock: { ...running, ended: true } as Ticket['clock'] }), grids(), now)
    expect(rows[4]).toMatchObject({ place: 'here', note: '已是最高一级' })
    expect(rows.some((row) => row.place === 'next')).toBe(false)
  })

  it('tells what comes sooner, a limit or a nudge', () => {
    const nudge = { unread: true, answer_by: '2026-11-21T10:10:00Z' } as Ticket['nudge']
    expect(ladderRows(ticket({ handling_level: 4, nudge }), grids(), now)[2]?.note).toBe('今天 18:10 前不回应督促，上报到这里')
    const paused = { ...running, paused: {} } as Ticket['clock']
    expect(ladderRows(ticket({ handling_level: 4, clock: paused }), grids(), now)[2]?.note).toBe('暂停计时，恢复后再计')
  })

  it('has nothing to come when the work is done', () => {
    expect(places(ticket({ state: 'completed', clock: null }))).toContain('东片 later')
  })
})
