import { expect, it } from 'vitest'
import { aLife, aLinked, aPart, returned, submitted } from './fixture'
import { nextInstant, ownChip, ownTask, stepsOf, taskWords, untilWords } from './words'

const now = Date.parse('2026-11-21T06:00:00.000Z')
const during = aLife({ phase: 'during', materials_due_at: '2026-11-20T10:00:00.000Z', counts: { participants: 5, submitted: 0, approved: 5, returned: 0, missing: 0, late: 0 } })

it('ticks what is over and marks what runs', () => {
  expect(stepsOf('during').map(({ state }) => state)).toEqual(['done', 'now', 'next'])
  expect(stepsOf('completed').map(({ state }) => state)).toEqual(['done', 'done', 'done'])
})

it('tells how long it still is only when that is near', () => {
  expect(untilWords('2026-11-21T08:30:00.000Z', now)).toBe('今天 16:30（还剩 2 小时 30 分）')
  expect(untilWords('2026-12-05T10:00:00.000Z', now)).toBe('12 月 5 日 星期六 18:00')
  expect(untilWords('2026-11-21T05:00:00.000Z', now)).toBe('今天 13:00')
})

it('says what is to be done now', () => {
  expect(taskWords(aLife(), now)).toMatch(/有 1 份材料等待审核。还有 3 人没有交齐/)
  expect(taskWords(aLife({ counts: { participants: 2, submitted: 0, approved: 2, returned: 0, missing: 0, late: 0 } }), now)).toMatch(/^全部材料已通过/)
  expect(taskWords(during, now)).toMatch(/请通知召开支委会和党员会/)
  expect(taskWords({ ...during, meetings: { committee: aLinked(), members: null } }, now)).toMatch(/^请通知召开党员会/)
  expect(taskWords({ ...during, meetings: { committee: null, members: aLinked() } }, now)).toMatch(/还没有通知召开支委会/)
  expect(taskWords({ ...during, meetings: { committee: null, members: aLinked({ state: 'running' }) } }, now)).toBe('党员会正在进行。')
  expect(taskWords({ ...during, meetings: { committee: aLinked(), members: aLinked() } }, now)).toMatch(/两个会议都已安排/)
  expect(taskWords({ ...during, phase: 'after' }, now)).toMatch(/还没有召开党员会/)
  expect(taskWords({ ...during, phase: 'after', meetings: { committee: null, members: aLinked({ state: 'running' }) } }, now)).toMatch(/党员会还没有结束/)
  expect(taskWords({ ...during, phase: 'after', meetings: { committee: null, members: aLinked({ state: 'ended' }) } }, now)).toMatch(/请上传会后报告/)
  expect(taskWords({ ...during, phase: 'completed' }, now)).toMatch(/已完成/)
})

it('says what is asked of whoever takes part, also when it is too late', () => {
  const open = aLife({ may: { ...aLife().may, submit: true } })
  const closed = aLife({ phase: 'during' })
  expect(ownTask(aPart(), open, now)).toBe('请在 后天 18:00 前（还剩 2 天 4 小时）提交对照检查材料，逾期不能提交。')
  expect(ownTask(aPart(submitted), open, now)).toMatch(/还可以修改后再次提交/)
  expect(ownTask(aPart(returned), open, now)).toMatch(/请按退回原因修改/)
  expect(ownTask(aPart(), closed, now)).toMatch(/没有收到您的材料/)
  expect(ownTask(aPart(submitted), closed, now)).toMatch(/正等待审核/)
  expect(ownTask(aPart({ state: 'approved' }), open, now)).toMatch(/不用再修改/)
})

it('tells what became of one that is late', () => {
  expect(ownChip(aPart()).text).toBe('待提交')
  expect(ownChip(aPart({ late: true }))).toEqual({ text: '未提交，已逾期', tone: 'bad' })
  expect(ownChip(aPart({ ...returned, late: true })).text).toBe('已退回，已逾期')
})

it('knows when a phase ends by itself', () => {
  expect(nextInstant(aLife())).toBe(Date.parse('2026-11-23T10:00:00.000Z'))
  expect(nextInstant(during)).toBe(Date.parse('2026-12-05T10:00:00.000Z'))
  expect(nextInstant({ ...during, phase: 'after' })).toBeNull()
})
