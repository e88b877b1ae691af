import { describe, expect, it } from 'vitest'
import { ApiProblem, unreachableProblem } from '@/shared/api/problem'
import { someFacts, someMinutes } from './fixture'
import type { Minutes, MinutesChanged, MinutesText } from './types'
import { openWriting, type Writing } from './writing'

/** A server that keeps minutes, and others who write to them too. */
class Server {
  minutes: Minutes = someMinutes()
  reachable = true
  losesAnswers = false
  /** told before the answer of one's own saving, as the live channel does */
  onWritten: () => void = () => undefined
  readonly values = new Map<string, string>()
  readonly signatures: string[] = []

  open(): Writing {
    return openWriting({
      read: async () => {
        this.reach()
        return this.minutes
      },
      write: async (text, version) => {
        this.reach()
        if (this.minutes.state === 'signed') throw new ApiProblem(409, 'minutes.signed', '会议纪要已签发，不能再修改')
        if (version !== this.minutes.version) throw new ApiProblem(409, 'minutes.changed', '会议纪要刚刚被其他人修改')
        this.wrote(text, '黄志强')
        this.onWritten()
        if (this.losesAnswers) throw unreachableProblem()
        return this.changed()
      },
      sign: async (version, key) => {
        this.signatures.push(key)
        this.reach()
        if (version !== this.minutes.version) throw new ApiProblem(409, 'minutes.changed', '会议纪要刚刚被其他人修改')
        this.signs()
        return this.changed()
      },
      reopen: async () => {
        this.minutes = { ...this.minutes, version: this.minutes.version + 1, state: 'draft', signed_by: null, signed_at: null, may: { edit: true, sign: true, reopen: false } }
        return this.changed()
      },
      store: { getItem: (key) => this.values.get(key) ?? null, setItem: (key, value) => void this.values.set(key, value), removeItem: (key) => void this.values.delete(key) },
      storeKey: 'minutes',
    })
  }

  wrote(text: Partial<MinutesText>, name = '罗秀英'): void {
    this.minutes = { ...this.minutes, version: this.minutes.version + 1, state: 'draft', text: { ...this.minutes.text, ...text }, edited_by: { id: name, name } }
  }

  signs(): void {
    this.minutes = { ...this.minutes, version: this.minutes.version + 1, state: 'signed', signed_by: { id: 'h', name: '韦建国' }, signed_at: '2026-11-21T08:20:00.000Z', may: { edit: false, sign: false, reopen: true } }
  }

  private reach(): void {
    if (!this.reachable) throw unreachableProblem()
  }

  private changed(): MinutesChanged {
    const { state, version, edited_by, edited_at, signed_at } = this.minutes
    return { state, version, edited_by, edited_at, signed_at }
  }
}

async function opened(server: Server): Promise<Writing> {
  const writing = server.open()
  await writing.refresh()
  return writing
}

describe('writing minutes', () => {
  it('saves over the version that was read, and goes on', async () => {
    const server = new Server()
    const writing = await opened(server)
    writing.type('decisions', '按分工表执行')
    expect(writing.state.value).toBe('unsaved')
    expect(await writing.save()).toBe(true)
    expect(server.minutes.text.decisions).toBe('按分工表执行')
    expect([writing.state.value, writing.minutes.value?.version, server.values.size]).toEqual(['clean', 2, 0])
    writing.type('remarks', '无')
    expect(await writing.save()).toBe(true)
    expect(server.minutes.version).toBe(3)
  })

  it('takes what others write while nothing is typed, and never touches what is', async () => {
    const server = new Server()
    const writing = await opened(server)
    server.wrote({ content: '别人写的' })
    await writing.refresh()
    expect(writing.text.value.content).toBe('别人写的')
    writing.type('content', '别人写的，我接着写')
    server.wrote({ remarks: '别人的备注' })
    server.minutes = { ...server.minutes, facts: someFacts({ as_of: 1600 }) }
    await writing.refresh()
    expect(writing.text.value).toMatchObject({ content: '别人写的，我接着写', remarks: '' })
    expect([writing.newer.value?.version, writing.minutes.value?.facts.as_of]).toEqual([3, 1600])
    expect(await writing.save()).toBe(false)
    writing.settle(writing.differences())
    expect(writing.text.value).toMatchObject({ content: '别人写的，我接着写', remarks: '别人的备注' })
    expect(await writing.save()).toBe(true)
    expect(server.minutes).toMatchObject({ version: 4, text: { content: '别人写的，我接着写', remarks: '别人的备注' } })
  })

  it('that was overtaken keeps both', async () => {
    const server = new Server()
    const writing = await opened(server)
    writing.type('content', '我的')
    server.wrote({ content: '他的' })
    expect(await writing.save()).toBe(false)
    expect(writing.newer.value?.text.content).toBe('他的')
    expect([writing.text.value.content, server.minutes.text.content]).toEqual(['我的', '他的'])
    expect(writing.differences()[0]).toMatchObject({ mine: '我的', theirs: '他的', contested: true })
  })

  it('whose answer was lost is saved after all', async () => {
    const server = new Server()
    const writing = await opened(server)
    writing.type('content', '新的')
    server.losesAnswers = true
    expect(await writing.save()).toBe(false)
    expect(writing.state.value).toBe('offline')
    server.losesAnswers = false
    await writing.save()
    expect([writing.state.value, writing.newer.value, server.minutes.version]).toEqual(['clean', null, 2])
  })

  it('does not take its own saving for somebody else’s', async () => {
    const server = new Server()
    const writing = await opened(server)
    server.onWritten = () => void writing.refresh()
    writing.type('content', '新的')
    expect(await writing.save()).toBe(true)
    await writing.refresh()
    expect([writing.newer.value, writing.state.value, writing.minutes.value?.version]).toEqual([null, 'clean', 2])
  })

  it('survives a closed window, on what it grew from', async () => {
    const server = new Server()
    const first = await opened(server)
    server.reachable = false
    first.type('remarks', '断网时写的')
    await first.save()
    expect(first.state.value).toBe('offline')
    server.reachable = true
    server.wrote({ decisions: '期间别人写的' })
    const second = await opened(server)
    expect([second.text.value.remarks, second.restored.value, second.newer.value?.version]).toEqual(['断网时写的', true, 2])
    second.settle(second.differences())
    expect(second.text.value).toMatchObject({ remarks: '断网时写的', decisions: '期间别人写的' })
    second.discard()
    expect([second.text.value.remarks, server.values.size]).toEqual(['', 0])
  })

  it('finds them signed, and keeps what was not saved', async () => {
    const server = new Server()
    const writing = await opened(server)
    writing.type('content', '来不及保存')
    server.signs()
    expect(await writing.save()).toBe(false)
    expect([writing.minutes.value?.state, writing.text.value.content, writing.dirty.value]).toEqual(['signed', '来不及保存', true])
    await writing.reopen('漏了一段')
    // What was signed is the text that mine grew from: nothing to choose between.
    writing.settle(writing.differences())
    expect(await writing.save()).toBe(true)
    expect(server.minutes.text.content).toBe('来不及保存')
  })

  it('signs what was read, once, however often it is sent', async () => {
    const server = new Server()
    const writing = await opened(server)
    server.reachable = false
    await expect(writing.sign()).rejects.toThrow()
    server.reachable = true
    await writing.sign()
    expect(new Set(server.signatures).size).toBe(1)
    expect([writing.minutes.value?.state, writing.minutes.value?.may.edit]).toEqual(['signed', false])
  })

  it('says why minutes cannot be read, until they can', async () => {
    const server = new Server()
    const read = server.minutes
    const writing = openWriting({
      read: async () => {
        if (server.minutes.state !== 'signed') throw new ApiProblem(403, 'minutes.not_signed', '会议纪要签发后才能查看')
        return server.minutes
      },
      write: async () => Promise.reject(new ApiProblem(403, 'meeting.not_manager', '')),
      sign: async () => Promise.reject(new ApiProblem(403, 'minutes.not_signer', '')),
      reopen: async () => Promise.reject(new ApiProblem(403, 'minutes.not_manager', '')),
      store: { getItem: () => null, setItem: () => undefined, removeItem: () => undefined },
      storeKey: 'minutes',
    })
    await writing.refresh()
    expect([writing.barred.value?.code, writing.minutes.value]).toEqual(['minutes.not_signed', null])
    server.minutes = { ...read, state: 'signed', version: 2 }
    await writing.refresh()
    expect([writing.barred.value, writing.minutes.value?.state]).toEqual([null, 'signed'])
  })
})
