import { describe, expect, it } from 'vitest'
import type { Due, DueDay } from '@/shared/api/tickets'
import { countedInAll, derivationDays, derivationFacts, rulesWords } from './derivation'

const now = Date.parse('2026-09-30T10:00:00Z')

const free = (date: string, name: string | null = null, provisional = false): DueDay => ({ date, name, working: false, provisional, counted: [], counted_minutes: 0, paused_minutes: 0 })

function worked(date: string, from: string, to: string, more: Partial<DueDay> = {}): DueDay {
  const stretch = { from: `${date}T${from}:00+08:00`, to: `${date}T${to}:00+08:00` }
  return { ...free(date), working: true, counted: [stretch], counted_minutes: (Date.parse(stretch.to) - Date.parse(stretch.from)) / 60_000, ...more }
}

describe('derivationDays', () => {
  it('tells each day that counts, and free days in one line', () => {
    const days = [worked('2026-11-20', '16:00', '17:30'), free('2026-11-21'), free('2026-11-22'), worked('2026-11-23', '08:30', '10:00')]
    expect(derivationDays(days)).toEqual([
      { date: '2026-11-20', title: '11 月 20 日 周五', marks: [], counts: true, words: '计 1 小时 30 分钟', hours: '16:00–17:30' },
      { date: '2026-11-21', title: '11 月 21 日、22 日', marks: [], counts: false, words: '周末休息，不计时', hours: '' },
      { date: '2026-11-23', title: '11 月 23 日 周一', marks: [], counts: true, words: '计 1 小时 30 分钟', hours: '08:30–10:00' },
    ])
    expect(countedInAll(days)).toBe('3 小时')
  })

  it('names holidays and the weekends that make up for them', () => {
    const holiday = ['2026-10-01', '2026-10-02', '2026-10-03'].map((date) => free(date, '国庆节'))
    const lines = derivationDays([...holiday, worked('2026-10-10', '08:30', '12:00', { name: '国庆节' })])
    expect(lines.map(({ title, marks, words }) => [title, marks, words])).toEqual([
      ['10 月 1 日 至 3 日', ['国庆节'], '休 3 天，不计时'],
      ['10 月 10 日 周六', ['国庆节调休上班'], '计 3 小时 30 分钟'],
    ])
  })

  it('keeps what is not settled yet apart', () => {
    const lines = derivationDays([free('2026-12-31', '元旦'), free('2027-01-01', '元旦', true)])
    expect(lines.map(({ title, marks }) => [title, marks])).toEqual([
      ['12 月 31 日 周四', ['元旦']],
      ['1 月 1 日 周五', ['元旦', '暂定']],
    ])
  })

  it('says why a workday counts nothing, or less', () => {
    const [evening, paused, partly] = derivationDays([
      worked('2026-11-19', '08:30', '08:30', { counted: [] }),
      worked('2026-11-20', '08:30', '08:30', { counted: [], paused_minutes: 420 }),
      worked('2026-11-23', '08:30', '10:00', { paused_minutes: 30 }),
    ])
    expect(evening?.words).toBe('工作时间外，不计时')
    expect(paused).toMatchObject({ counts: false, words: '暂停 7 小时' })
    expect(partly?.words).toBe('计 1 小时 30 分钟，暂停 30 分钟')
  })
})

describe('derivationFacts', () => {
  const due: Due = {
    due_at: '2026-10-09T01:00:00Z',
    purpose: 'finish',
    limit_words: '3 个工作日',
    started_at: '2026-09-30T06:00:00Z',
    level: 4,
    level_title: '四级网格',
    rules: { service_levels_version: 3, calendar_version: 0 },
    extension: { value: 1, unit: 'workdays', clock: 'working' },
    pauses: [{ from: '2026-09-30T07:00:00Z', to: '2026-09-30T08:00:00Z', reason_title: '等待其他部门', note: '等供电所' }, { from: '2026-09-30T09:00:00Z', to: null, reason_title: '不可抗力', note: null }],
    days: [],
    plain: '',
    overdue: false,
  }

  it('names limit, level, beginning, pauses and extension', () => {
    expect(derivationFacts(due, now).map((fact) => fact.words)).toEqual([
      '办结时限 3 个工作日',
      '由四级网格负责',
      '今天 14:00',
      '今天 15:00 至 今天 16:00，等待其他部门：等供电所',
      '今天 17:00 至今，不可抗力',
      '经批准延长 1 个工作日',
    ])
  })

  it('names the versions that it follows from', () => {
    expect(rulesWords(due.rules)).toBe('依据：服务时限第 3 版，工作日历（初始设置）')
    expect(rulesWords(null)).toBe('')
  })
})
