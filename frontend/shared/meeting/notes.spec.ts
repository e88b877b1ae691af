import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiProblem, unreachableProblem } from '@/shared/api/problem'
import { joinedText } from './joined-text'
import { longestNotes, openNotes, type NotesParts, type OpenNotes } from './notes'
import type { Notes } from './types'

/** A server that keeps one person's notes, and a phone that may lose it. */
class Server {
  notes: Notes = { text: '', version: 0, updated_at: null }
  reachable = true
  losesAnswers = false
  readonly writes: { text: string; version: number; key: string }[] = []
  readonly values = new Map<string, string>()

  open(): OpenNotes {
    const parts: NotesParts = {
      read: async () => {
        if (!this.reachable) throw unreachableProblem()
        return this.notes
      },
      write: async (text, version, key) => {
        if (!this.reachable) throw unreachableProblem()
        this.writes.push({ text, version, key })
        if (version !== this.notes.version) throw new ApiProblem(409, 'notes.changed', '别处改过')
        this.notes = { text, version: version + 1, updated_at: '2026-11-21T06:41:00.000Z' }
        if (this.losesAnswers) throw unreachableProblem()
        return this.notes
      },
      store: { getItem: (key) => this.values.get(key) ?? null, setItem: (key, value) => void this.values.set(key, value), removeItem: (key) => void this.values.delete(key) },
      storeKey: 'notes',
    }
    return openNotes(parts)
  }
}

describe('notes', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('are saved by themselves a moment after the last key', async () => {
    const server = new Server()
    const notes = server.open()
    await notes.open()
    notes.type('第一')
    notes.type('第一点')
    expect(notes.state.value).toBe('saving')
    await vi.advanceTimersByTimeAsync(1_300)
    expect(server.writes.map(({ text, version }) => [text, version])).toEqual([['第一点', 0]])
    expect(notes.state.value).toBe('saved')
    expect(server.values.size).toBe(0)
  })

  it('are kept by the phone while there is no network, also over a reload, and sent when there is', async () => {
    const server = new Server()
    const first = server.open()
    await first.open()
    server.reachable = false
    first.type('没有网络时写的')
    await first.flush()
    expect(first.state.value).toBe('offline')
    first.dispose()

    const second = server.open()
    await second.open()
    expect(second.text.value).toBe('没有网络时写的')
    expect(second.state.value).toBe('offline')
    server.reachable = true
    await vi.advanceTimersByTimeAsync(10_000)
    expect(server.notes.text).toBe('没有网络时写的')
    expect(second.state.value).toBe('saved')
  })

  it('that were sent without hearing the answer are not taken for somebody else’s', async () => {
    const server = new Server()
    const notes = server.open()
    await notes.open()
    server.losesAnswers = true
    notes.type('记一笔')
    await notes.flush()
    expect(notes.state.value).toBe('offline')
    server.losesAnswers = false
    await notes.flush()
    expect(notes.state.value).toBe('saved')
    expect(new Set(server.writes.map(({ key }) => key)).size).toBe(1)
    expect(notes.theirs.value).toBeNull()
  })

  it('that were written elsewhere in between are offered beside one’s own', async () => {
    const server = new Server()
    server.notes = { text: '开场', version: 1, updated_at: null }
    const notes = server.open()
    await notes.open()
    server.notes = { text: '开场\n电脑上写的', version: 2, updated_at: null }
    notes.type('开场\n手机上写的')
    await notes.flush()
    expect(notes.state.value).toBe('changed')
    expect(notes.theirs.value?.text).toBe('开场\n电脑上写的')

    await notes.choose('both')
    expect(server.notes).toMatchObject({ text: '开场\n电脑上写的\n手机上写的', version: 3 })
    expect(notes.state.value).toBe('saved')
  })

  it('are replaced by the others only when the writer says so', async () => {
    const server = new Server()
    const notes = server.open()
    await notes.open()
    server.notes = { text: '他处', version: 4, updated_at: null }
    notes.type('此处')
    await notes.flush()
    await notes.choose('mine')
    expect(server.notes).toMatchObject({ text: '此处', version: 5 })

    server.notes = { text: '又改了', version: 6, updated_at: null }
    notes.type('此处二')
    await notes.flush()
    await notes.choose('theirs')
    expect(notes.text.value).toBe('又改了')
    expect(server.notes.version).toBe(6)
    expect(server.values.size).toBe(0)
  })

  it('that are too long wait until they are shorter', async () => {
    const server = new Server()
    const notes = server.open()
    await notes.open()
    notes.type('长'.repeat(longestNotes + 2))
    await vi.advanceTimersByTimeAsync(5_000)
    expect(notes.state.value).toBe('too-long')
    expect(notes.left.value).toBe(-2)
    expect(server.writes).toHaveLength(0)
    notes.type('长'.repeat(longestNotes))
    await vi.advanceTimersByTimeAsync(5_000)
    expect(notes.state.value).toBe('saved')
  })

  it('typed while others are on their way are sent after them', async () => {
    const server = new Server()
    const notes = server.open()
    await notes.open()
    notes.type('一')
    const sending = notes.flush()
    notes.type('一二')
    await sending
    expect(notes.state.value).toBe('saving')
    await vi.advanceTimersByTimeAsync(1_300)
    expect(server.notes).toMatchObject({ text: '一二', version: 2 })
  })
})

describe('two texts become one', () => {
  it.each([
    ['一\n二', '一\n二', '一\n二'],
    ['一\n二', '一\n三', '一\n二\n三'],
    ['一\n二\n九', '一\n三\n九', '一\n二\n三\n九'],
    ['', '三', '三'],
    ['一', ' ', '一'],
    ['一', '一\n二', '一\n二'],
  ])('%j and %j', (first, second, joined) => expect(joinedText(first, second)).toBe(joined))
})
