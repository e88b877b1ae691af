import type { GridRef, Staff, Ticket } from '@/shared/api/types'
import { dueMoment } from './countdown'

/** The levels a ticket may climb, where it stands, and what comes next. */

export interface LadderGrid extends Pick<GridRef, 'id' | 'name' | 'level'> {
  /** null: not known, because the reader may not look there */
  staff: readonly Pick<Staff, 'name' | 'duty'>[] | null
}

export interface LadderRow {
  id: string
  level: number
  gridName: string
  people: string[]
  vacant: boolean
  place: 'passed' | 'here' | 'next' | 'later'
  note: string | null
}

type Climbing = Pick<Ticket, 'state' | 'grid' | 'handling_level' | 'handler' | 'clock' | 'nudge'>

/** From the ticket's own grid up to the top. */
export function ladderRows(ticket: Climbing, grids: readonly LadderGrid[], now: number): LadderRow[] {
  const upwards = [...grids].sort((a, b) => b.level - a.level)
  const above = upwards.filter((grid) => grid.level < ticket.handling_level)
  const open = ticket.state === 'submitted' || ticket.state === 'accepted'
  const next = open && ticket.clock?.ended !== true ? (above.find((grid) => !isVacant(grid, ticket)) ?? above[above.length - 1]) : undefined
  return upwards.map((grid) => {
    const place = grid.level > ticket.handling_level ? 'passed' : grid.level === ticket.handling_level ? 'here' : grid === next ? 'next' : 'later'
    return { id: grid.id, level: grid.level, gridName: grid.name, people: peopleOf(grid, ticket), vacant: isVacant(grid, ticket), place, note: noteOf(place, grid, ticket, above.length === 0, now) }
  })
}

function noteOf(place: LadderRow['place'], grid: LadderGrid, ticket: Climbing, top: boolean, now: number): string | null {
  if (place === 'next') return nextWords(ticket, now)
  if (place === 'here') return top && ticket.state === 'submitted' ? '已是最高一级' : null
  if (place === 'later' && isVacant(grid, ticket)) return '跳过，直接上报'
  return null
}

/** What takes the ticket one level up, and when. */
export function nextWords(ticket: Climbing, now: number): string | null {
  const running = ticket.clock
  if (!running) return null
  if (running.paused) return '暂停计时，恢复后再计'
  const step = running.purpose === 'accept' ? '接单' : '办结'
  const answerBy = ticket.nudge?.unread ? ticket.nudge.answer_by : null
  if (answerBy !== null && answerBy < running.due_at) return `${dueMoment(answerBy, now)} 前不回应督促，上报到这里`
  return `${dueMoment(running.due_at, now)} 前未${step}，上报到这里`
}

/** At the ticket's own grid everybody serves; above it the leaders. */
function peopleOf(grid: LadderGrid, ticket: Climbing): string[] {
  const staff = grid.staff ?? []
  return (grid.id === ticket.grid.id ? staff : staff.filter((person) => person.duty !== 'worker')).map((person) => person.name)
}

function isVacant(grid: LadderGrid, ticket: Climbing): boolean {
  return grid.staff !== null && peopleOf(grid, ticket).length === 0
}
