import { describe, expect, it } from 'vitest'
import { someFacts } from './fixture'
import { amongWords, countedWords, fromTo, groupedAttendance, itemTimes, materialsOf, rateWords, remarkOf } from './words'

describe('words of the facts', () => {
  it('count as the printed file does', () => {
    expect(countedWords(someFacts(), 667)).toBe('应到 9 人，实到 6 人（到会率 66.7%），请假 1 人，缺席 2 人')
    expect(amongWords(someFacts())).toBe('实到中迟到 1 人、早退 1 人；列席 1 人')
    expect(rateWords(1000)).toBe('100.0%')
    const running = someFacts()
    running.heading.ended_at = null
    expect(countedWords(running, null)).toBe('应到 9 人，实到 6 人，请假 1 人，未到 2 人')
  })

  it('name times by their day', () => {
    expect(fromTo('2026-11-21T06:30:12.000Z', '2026-11-21T07:48:40.000Z')).toBe('2026-11-21 14:30–15:48')
    expect(fromTo('2026-11-20T15:30:00.000Z', '2026-11-20T16:30:00.000Z')).toBe('2026-11-20 23:30 至 2026-11-21 00:30')
    expect(fromTo('2026-11-21T06:30:12.000Z', null)).toBe('2026-11-21 14:30 起，进行中')
    expect(itemTimes([{ from: '2026-11-21T06:31:00.000Z', until: '2026-11-21T06:58:00.000Z' }, { from: '2026-11-21T07:31:00.000Z', until: null }])).toBe('14:31–14:58、15:31–进行中')
  })

  it('group people by what is said of them', () => {
    const groups = groupedAttendance(someFacts().attendance).map(({ title, lines }) => [title, lines.length])
    expect(groups).toEqual([['到会', 6], ['列席', 1], ['请假', 1], ['缺席', 2]])
  })

  it('name papers and pictures', () => {
    const media = [{ id: 'f1', kind: 'image' as const, title: '会场全景', at: '2026-11-21T07:50:00.000Z', by: '罗秀英' }]
    expect(materialsOf(someFacts({ media }))).toEqual(['材料：冬季森林防火分工表.pdf', '图片：会场全景（罗秀英 2026-11-21 15:50 上传）'])
  })

  it('say beside a line what its state does not', () => {
    const [first] = someFacts().attendance
    expect(remarkOf(first!)).toBe('')
    expect(remarkOf({ ...first!, presence: [{ from: '', until: null, way: 'manual' }] })).toBe('代签')
    expect(remarkOf({ ...first!, role: 'substitute', other: '农春兰' })).toBe('替 农春兰')
    expect(remarkOf({ ...first!, status: 'leave_approved', presence: [], leave_reason: '住院治疗' })).toBe('住院治疗')
  })
})
