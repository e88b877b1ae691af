import { describe, expect, it } from 'vitest'
import type { TimelineItem } from '@/shared/api/types'
import { nearName, starText, thousands, timelineLine } from './words'

const item = (kind: string, data: Record<string, unknown> = {}): TimelineItem => ({ seq: 1, at: '2026-11-21T00:00:00.000Z', kind, by: { id: 'a', name: '韦师傅' }, data })

describe('timelineLine', () => {
  it('says in plain words what happened', () => {
    expect(timelineLine(item('ticket.accepted'))).toEqual({ title: '韦师傅 已接单', note: null })
    expect(timelineLine(item('ticket.returned', { reason: '不在本网格范围' }))).toEqual({ title: '韦师傅 退回，将由其他人员接单', note: '不在本网格范围' })
    expect(timelineLine(item('ticket.reassigned', { handler: { id: 'b', name: '陆师傅' } })).title).toBe('已改派给 陆师傅')
    expect(timelineLine(item('ticket.escalated', { to_level: 3 })).title).toBe('已升级到村级')
    expect(timelineLine(item('ticket.rated', { stars: 4, comment: '来得快' }))).toEqual({ title: '评价 ★★★★☆', note: '来得快' })
  })

  it('has words for an event it does not know', () => {
    expect(timelineLine(item('ticket.something_new')).title).toBe('韦师傅 有新进展')
  })
})

describe('small words', () => {
  it('shortens names, groups digits, draws stars', () => {
    expect(nearName('云溪镇 柳河村 三组')).toBe('柳河村 三组')
    expect(nearName('青岚县')).toBe('青岚县')
    expect(thousands(2986)).toBe('2,986')
    expect(thousands(1234567)).toBe('1,234,567')
    expect(starText(9)).toBe('★★★★★')
  })
})
