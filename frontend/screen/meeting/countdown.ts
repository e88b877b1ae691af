import { clock } from '@/shared/format/time'
import { rateOf } from '@/shared/meeting/rate'
import type { MeetingFacts, MeetingFigures } from './types'

/** What the footer and the door say about time. All times come from the server; nothing is said about the past as if it were missing. */

/** 07:53, 1:07:53, 3 天 */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const two = (value: number): string => String(value).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  if (hours >= 48) return `${Math.floor(hours / 24)} 天`
  const minutes = Math.floor((seconds % 3600) / 60)
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${two(minutes)}:${two(seconds % 60)}`
}

/** 1 小时 40 分 */
export function lasted(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000))
  const hours = Math.floor(minutes / 60)
  if (hours === 0) return `${minutes} 分钟`
  return minutes % 60 === 0 ? `${hours} 小时` : `${hours} 小时 ${minutes % 60} 分`
}

export interface TimeWord {
  /** 距开会, 本项剩余, 本项已超, … */
  word: string
  /** empty: the word says it all */
  time: string
  tone: 'calm' | 'soon' | 'over'
}

const soonMs = 60_000
/** Counting up needs whole seconds that begin with 00:00; counting down ends with it. */
const upToSecond = 999

export function timeWord(facts: MeetingFacts, figures: MeetingFigures, now: number): TimeWord {
  switch (figures.state) {
    case 'draft':
      return { word: '会议尚未发布', time: '', tone: 'calm' }
    case 'cancelled':
      return { word: '会议已取消', time: '', tone: 'calm' }
    case 'ended':
    case 'archived':
      return { word: facts.endedAt === null ? '会议已结束' : `${clock(facts.endedAt)} 会议结束`, time: '', tone: 'calm' }
    case 'launched':
      return now < facts.startsAt ? { word: '距开会', time: duration(facts.startsAt - now + upToSecond), tone: facts.startsAt - now <= soonMs ? 'soon' : 'calm' } : { word: '等待主持人宣布开会', time: '', tone: 'calm' }
    case 'running':
      return runningWord(facts, figures, now)
    default: {
      const unreachable: never = figures.state
      return unreachable
    }
  }
}

function runningWord(facts: MeetingFacts, figures: MeetingFigures, now: number): TimeWord {
  const agenda = figures.agenda
  if (agenda?.endsAt != null) {
    const left = agenda.endsAt - now
    if (left < 0) return { word: '本项已超', time: duration(-left), tone: 'over' }
    return { word: '本项剩余', time: duration(left + upToSecond), tone: left <= soonMs ? 'soon' : 'calm' }
  }
  if (agenda?.since != null) return { word: '本项已进行', time: duration(now - agenda.since), tone: 'calm' }
  return { word: '会议已进行', time: duration(now - (facts.startedAt ?? facts.startsAt)), tone: 'calm' }
}

export interface AgendaLine {
  /** 议程 1 / 5; empty: no item is being dealt with */
  position: string
  title: string
  next: string
}

export function agendaLine(facts: MeetingFacts, figures: MeetingFigures): AgendaLine {
  const { items } = facts
  const index = figures.agenda?.index
  if (items.length === 0 || figures.state === 'ended' || figures.state === 'archived' || figures.state === 'cancelled') return { position: '', title: '', next: '' }
  if (index === undefined) {
    return { position: `议程共 ${items.length} 项`, title: '', next: items[0]?.title ?? '' }
  }
  return { position: `议程 ${index + 1} / ${items.length}`, title: items[index]?.title ?? '', next: items[index + 1]?.title ?? '' }
}

/** The items around the present one, when there are more than a list has room for. */
export function agendaWindow(items: number, present: number | null, room: number): { from: number; to: number } {
  const from = Math.max(0, Math.min((present ?? 0) - 1, items - room))
  return { from, to: Math.min(items, from + room) }
}

/** 66.4%: as everywhere, with its decimal while it moves. */
export function rate(present: number, expected: number): string {
  const of100 = rateOf({ present, expected })
  if (of100 === null) return '—'
  return of100 === 0 || of100 === 100 ? `${of100}%` : `${of100.toFixed(1)}%`
}

/** More than half of those entitled to vote are there; null: nobody is entitled. */
export function isQuorate(figures: MeetingFigures): boolean | null {
  return figures.voters === 0 ? null : figures.votersPresent * 2 > figures.voters
}
