import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { BoardState, BoardTicket } from '@/shared/api/types'
import { ApiProblem, unreachableProblem } from '@/shared/api/problem'
import { dateWord, momentsOf, replayDays } from './days'
import { createMomentLoader, nextToFetch } from './moment-loader'
import { backAfterEndMs, backAfterPauseMs, createReplay, momentMs, readingWord, type Replay } from './replay'

/** 22 November 2026, 02:05 in China: of today there are 13 moments. */
const now = Date.parse('2026-11-21T18:05:00Z')
const midnight = Date.parse('2026-11-21T16:00:00Z')

const ticket = (id: string): BoardTicket => ({ ticket_id: id, grid_id: 'g', kind: 'dispute', state: 'submitted', lng: 1, lat: 2, overdue: false, escalated: false })
const board = (at: number): BoardState =>
  ({ grid_id: 'g', counters: { submitted: at }, open: [ticket('same')], feed: [] }) as unknown as BoardState

beforeEach(() => vi.useFakeTimers({ now }))
afterEach(() => vi.useRealTimers())

describe('days', () => {
  it('are those of China, the newest first', () => {
    const days = replayDays(now)
    expect(days.map(({ word }) => word)).toEqual(['今天', '昨天', '20 日', '19 日', '18 日', '17 日', '16 日'])
    expect(days[0]).toEqual({ startsAt: midnight, word: '今天', date: '11 月 22 日' })
    expect(dateWord(midnight - 1)).toBe('11 月 21 日')
  })

  it('have a moment every ten minutes and their end, today only what has been', () => {
    const today = momentsOf(midnight, now)
    expect([today.length, today[0], today[12]]).toEqual([13, midnight, midnight + 2 * 3600_000])
    const whole = momentsOf(midnight - 86_400_000, now)
    expect([whole.length, whole[144]]).toEqual([145, midnight - 1])
    expect(momentsOf(midnight, midnight)).toEqual([midnight])
  })
})

describe('what is fetched next', () => {
  it('is what is played next, then the full hours, then the rest', () => {
    const have = new Set<number>()
    const order: number[] = []
    for (let next = nextToFetch((index) => !have.has(index), 20, 40); next !== null; next = nextToFetch((index) => !have.has(index), 20, 40)) {
      have.add(next)
      order.push(next)
    }
    expect(order.slice(0, 12)).toEqual([20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31])
    expect(order.slice(12, 17)).toEqual([0, 6, 12, 18, 36])
    expect(order.slice(17, 20)).toEqual([32, 33, 34])
    expect(new Set(order).size).toBe(40)
  })
})

describe('the loader', () => {
  it('asks for two at a time and keeps each answer, each request of it once', async () => {
    const open: (() => void)[] = []
    const fetch = vi.fn((index: number) => new Promise<BoardState>((done) => open.push(() => done(board(index)))))
    const loader = createMomentLoader({ from: 0, count: 5, fetch, onChange: () => {} })
    expect(fetch).toHaveBeenCalledTimes(2)
    expect(loader.at(0)).toBeNull()
    while (open.length > 0) {
      open.shift()?.()
      await vi.advanceTimersByTimeAsync(0)
    }
    expect(fetch.mock.calls.map(([index]) => index)).toEqual([0, 1, 2, 3, 4])
    expect(loader.part).toBe(1)
    expect(loader.at(0)?.board?.open[0]).toBe(loader.at(4)?.board?.open[0])
  })

  it('tries again after a while what may pass, and says what will not', async () => {
    const asked: number[] = []
    const fetch = (index: number): Promise<BoardState> => {
      asked.push(index)
      if (index === 0) return Promise.reject(new ApiProblem(422, 'board.at_before_first', '这个时刻还没有任何记录，请选择更晚的时间'))
      return asked.filter((one) => one === index).length === 1 ? Promise.reject(unreachableProblem()) : Promise.resolve(board(index))
    }
    const loader = createMomentLoader({ from: 0, count: 2, fetch, onChange: () => {} })
    await vi.advanceTimersByTimeAsync(2_900)
    expect([loader.at(0), loader.at(1)]).toEqual([{ board: null, word: '这个时刻还没有任何记录，请选择更晚的时间' }, null])
    expect(asked).toEqual([0, 1])
    await vi.advanceTimersByTimeAsync(200)
    expect(loader.at(1)?.board).toMatchObject({ counters: { submitted: 1 } })
  })

  it('gives up what fails for ever, and asks nothing more when it is stopped', async () => {
    const fetch = vi.fn(() => Promise.reject(new ApiProblem(500, 'http.500', '服务器暂时繁忙，请稍后再试。')))
    const loader = createMomentLoader({ from: 0, count: 1, fetch, onChange: () => {} })
    await vi.advanceTimersByTimeAsync(60_000)
    expect([fetch.mock.calls.length, loader.at(0)]).toEqual([4, { board: null, word: '服务器暂时繁忙，请稍后再试。' }])
    const other = createMomentLoader({ from: 0, count: 9, fetch, onChange: () => {} })
    other.stop()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(fetch).toHaveBeenCalledTimes(6)
  })
})

describe('the replay', () => {
  let fails: (at: number) => Error | null
  let replay: Replay
  const fetch = vi.fn((_grid: string, at: number) => {
    const error = fails(at)
    return error ? Promise.reject(error) : Promise.resolve(board(at))
  })
  beforeEach(() => {
    fetch.mockClear()
    fails = () => null
    replay = createReplay({ fetch, now: Date.now, elapsed: Date.now })
    setInterval(replay.tick, 100)
  })
  const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

  it('plays today from midnight on, moment after moment, and goes back to now two minutes after its end', async () => {
    replay.open('g')
    expect([replay.isOpen.value, replay.playing.value, replay.note.value, replay.shown.value]).toEqual([true, true, readingWord, null])
    await pass(10)
    expect(replay.shown.value?.at).toBe(midnight)
    await pass(3 * momentMs)
    expect(replay.shown.value?.at).toBe(midnight + 3 * 600_000)
    await pass(12 * momentMs)
    expect([replay.playing.value, replay.index.value, replay.isOpen.value]).toEqual([false, 12, true])
    await pass(backAfterEndMs - 5 * momentMs)
    expect(replay.isOpen.value).toBe(true)
    await pass(5 * momentMs)
    expect([replay.isOpen.value, replay.shown.value]).toEqual([false, null])
  })

  it('is faster when asked, stops when asked, and begins anew after its end', async () => {
    replay.open('g')
    await pass(10)
    replay.setSpeed(4)
    await pass(momentMs)
    expect(replay.index.value).toBeGreaterThanOrEqual(3)
    replay.toggle()
    const stopped = replay.index.value
    await pass(5_000)
    expect(replay.index.value).toBe(stopped)
    replay.seek(999)
    expect(replay.index.value).toBe(12)
    replay.toggle()
    expect([replay.index.value, replay.playing.value]).toEqual([0, true])
  })

  it('waits for a moment that is not there yet, with the last one still shown', async () => {
    let release = (): void => {}
    const slow = new Promise<void>((done) => (release = done))
    const replayOfSlow = createReplay({ now: Date.now, elapsed: Date.now, fetch: (_grid, at) => (at === midnight ? Promise.resolve(board(at)) : slow.then(() => board(at))) })
    setInterval(replayOfSlow.tick, 100)
    replayOfSlow.open('g')
    await pass(5_000)
    expect([replayOfSlow.index.value, replayOfSlow.shown.value?.at, replayOfSlow.note.value]).toEqual([1, midnight, readingWord])
    release()
    await pass(10)
    expect([replayOfSlow.shown.value?.at, replayOfSlow.note.value]).toEqual([midnight + 600_000, ''])
  })

  it('says why a moment is missing, keeps the last picture with its own time, and plays on', async () => {
    fails = (at) => (at === midnight + 600_000 ? new ApiProblem(422, 'board.at_not_kept', '这个时刻的记录已归档，请选择更晚的时间') : null)
    replay.open('g')
    await pass(10)
    replay.seek(1)
    expect([replay.note.value, replay.shown.value?.at]).toEqual(['这个时刻的记录已归档，请选择更晚的时间', midnight])
    replay.toggle()
    await pass(momentMs + 100)
    expect([replay.note.value, replay.shown.value?.at]).toEqual(['', midnight + 2 * 600_000])
  })

  it('chooses another day, and another grid at the same time of day', async () => {
    replay.open('g')
    await pass(10)
    const yesterday = replay.days.value[1]
    if (!yesterday) throw new Error('no yesterday')
    replay.chooseDay(yesterday)
    await pass(10)
    expect([replay.day.value?.word, replay.shown.value?.at, replay.moments.value.length]).toEqual(['昨天', midnight - 86_400_000, 145])
    replay.seek(30)
    await pass(10)
    fetch.mockClear()
    replay.moveTo('town')
    await pass(10)
    expect(fetch.mock.calls[0]?.slice(0, 2)).toEqual(['town', midnight - 86_400_000 + 30 * 600_000])
    expect(replay.shown.value?.at).toBe(midnight - 86_400_000 + 30 * 600_000)
  })

  it('does not stay for ever where somebody stopped it and went away', async () => {
    replay.open('g')
    await pass(10)
    replay.toggle()
    await pass(backAfterPauseMs - 1_000)
    replay.touch()
    await pass(backAfterPauseMs - 1_000)
    expect(replay.isOpen.value).toBe(true)
    await pass(1_200)
    expect(replay.isOpen.value).toBe(false)
    fetch.mockClear()
    await pass(60_000)
    expect(fetch).not.toHaveBeenCalled()
  })
})
