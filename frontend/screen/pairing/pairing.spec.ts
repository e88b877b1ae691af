import { describe, expect, it, vi } from 'vitest'
import { ApiProblem, unreachableProblem } from '@/shared/api/problem'
import type { OpenedScreen, OwnScreen } from '@/shared/api/screens'
import { isOwnScreen, keep, pathOf, readKept, type KeptScreen } from './kept-screen'
import { createPairing, graceMs, type PairingOptions } from './pairing'

const id = '01890a5d-ac96-774b-bcce-b302099a8057'
const other = '01890a5d-ac96-774b-bcce-b302099a8058'
const begin = Date.parse('2026-11-21T06:00:00.000Z')
const opened = (number: number): OpenedScreen => ({ screen_id: `s${number}`, code: `00000${number}`, token: `screen.t${number}`, expires_at: new Date(begin + number * 600_000).toISOString() })
const ownOf = (more: Partial<OwnScreen>): OwnScreen => ({ screen_id: 's1', name: '', code: null, expires_at: null, target: null, ...more })
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

function stage(kept: KeptScreen | null = null) {
  let time = begin
  let stored = kept
  let count = 0
  const options = {
    open: vi.fn(() => Promise.resolve(opened((count += 1)))),
    fetchOwn: vi.fn(() => Promise.resolve(ownOf({ target: kept?.target ?? null }))),
    read: () => stored,
    keep: vi.fn((screen: KeptScreen | null) => void (stored = screen)),
    useToken: vi.fn(),
    connect: vi.fn(),
    disconnect: vi.fn(),
    now: () => time,
    onTarget: vi.fn(),
  } satisfies PairingOptions
  return { options, pairing: createPairing(options), wait: (ms: number) => (time += ms), stored: () => stored }
}
const event = (kind: string, data: Record<string, unknown> = {}) => ({ seq: 1, topics: ['screen'], kind, at: '', data })

describe('pairing', () => {
  it('asks for a code, keeps its token and shows what it is paired to', async () => {
    const { options, pairing, stored } = stage()
    pairing.start()
    await settled()
    expect(pairing.state.value).toEqual({ kind: 'waiting', code: '000001', expiresAt: begin + 600_000 })
    expect(stored()).toEqual({ id: 's1', token: 'screen.t1', target: null })
    expect(options.connect).toHaveBeenCalledOnce()
    pairing.onEvent(event('screen.paired', { target: `board:${id}` }))
    expect(pairing.state.value).toEqual({ kind: 'paired', target: `board:${id}` })
    expect(stored()?.target).toBe(`board:${id}`)
    // On a new connection, which may read it.
    expect([options.disconnect, options.connect].map((call) => call.mock.calls.length)).toEqual([2, 2])
    pairing.onEvent(event('screen.retargeted', { target: `board:${other}` }))
    expect(options.onTarget).toHaveBeenLastCalledWith(`board:${other}`)
  })

  it('asks anew when the code is over, a moment later than the server thinks', async () => {
    const { options, pairing, wait } = stage()
    pairing.start()
    await settled()
    wait(600_000 + graceMs)
    pairing.tick()
    expect(options.open).toHaveBeenCalledOnce()
    wait(1)
    pairing.tick()
    pairing.tick()
    await settled()
    expect(options.open).toHaveBeenCalledTimes(2)
    expect(pairing.state.value).toMatchObject({ kind: 'waiting', code: '000002' })
  })

  it('is back at once after a power cut, without a new code', async () => {
    const { options, pairing } = stage({ id: 's1', token: 'screen.t1', target: `board:${id}` })
    pairing.start()
    expect(pairing.state.value).toEqual({ kind: 'paired', target: `board:${id}` })
    await settled()
    expect(options.open).not.toHaveBeenCalled()
    expect(options.useToken).toHaveBeenCalledWith('screen.t1')
    expect(options.connect).toHaveBeenCalledOnce()
  })

  it('shows a fresh code when it was released, also while it was off', async () => {
    const live = stage()
    live.pairing.start()
    await settled()
    live.pairing.onEvent(event('screen.paired', { target: `board:${id}` }))
    live.pairing.onEvent(event('screen.released'))
    await settled()
    expect(live.pairing.state.value).toMatchObject({ kind: 'waiting', code: '000002' })
    expect(live.stored()).toMatchObject({ token: 'screen.t2', target: null })

    const off = stage({ id: 's0', token: 'screen.t0', target: `board:${id}` })
    off.options.fetchOwn.mockRejectedValue(new ApiProblem(401, 'auth.screen_over', ''))
    off.pairing.start()
    await settled()
    expect(off.pairing.state.value).toMatchObject({ kind: 'waiting', code: '000001' })
  })

  it('waits for a server that is away, and goes on showing what it showed', async () => {
    const { options, pairing, wait } = stage()
    options.open.mockRejectedValueOnce(unreachableProblem())
    pairing.start()
    await settled()
    expect(pairing.trouble.value).toContain('正在重试')
    pairing.tick()
    expect(options.open).toHaveBeenCalledOnce()
    wait(5_000)
    pairing.tick()
    await settled()
    expect(pairing.state.value).toMatchObject({ kind: 'waiting' })
    expect(pairing.trouble.value).toBe('')

    const paired = stage({ id: 's1', token: 'screen.t1', target: `board:${id}` })
    paired.options.fetchOwn.mockRejectedValue(unreachableProblem())
    paired.pairing.start()
    await settled()
    expect(paired.pairing.state.value.kind).toBe('paired')
    expect(paired.options.connect).toHaveBeenCalledOnce()
  })

  it('comes back when the server says so after too many codes', async () => {
    const { options, pairing, wait } = stage()
    options.open.mockRejectedValueOnce(new ApiProblem(429, 'screen.opened_too_often', '', [], null, 60))
    pairing.start()
    await settled()
    wait(59_000)
    pairing.tick()
    expect(options.open).toHaveBeenCalledOnce()
    wait(1_000)
    pairing.tick()
    expect(options.open).toHaveBeenCalledTimes(2)
  })

  it('takes no snapshot of another screen', async () => {
    const { pairing } = stage()
    pairing.start()
    await settled()
    pairing.onSnapshot(ownOf({ screen_id: 's9', target: `board:${id}` }))
    pairing.onSnapshot(null)
    expect(pairing.state.value.kind).toBe('waiting')
    pairing.onSnapshot(ownOf({ target: `board:${id}` }))
    expect(pairing.state.value).toEqual({ kind: 'paired', target: `board:${id}` })
  })
})

describe('what a screen keeps', () => {
  const storage = () => {
    const values = new Map<string, string>()
    return { getItem: (name: string) => values.get(name) ?? null, setItem: (name: string, value: string) => void values.set(name, value), removeItem: (name: string) => void values.delete(name) }
  }

  it('comes back as it was, and nonsense as nothing', () => {
    const box = storage()
    const kept: KeptScreen = { id: 's', token: 't', target: `board:${id}` }
    keep(box, kept)
    expect(readKept(box)).toEqual(kept)
    keep(box, null)
    expect(readKept(box)).toBeNull()
    for (const nonsense of ['{', '7', '{"id":1}', 'null']) {
      box.setItem('lianxin.screen', nonsense)
      expect(readKept(box)).toBeNull()
    }
    box.setItem('lianxin.screen', JSON.stringify({ id: 's', token: 't', target: 'board:../../x' }))
    expect(readKept(box)?.target).toBeNull()
  })

  it('belongs to the bare address and to the place where it was left', () => {
    const kept: KeptScreen = { id: 's', token: 't', target: `board:${id}` }
    expect(pathOf(kept.target)).toBe(`/screen/board/${id}`)
    expect(isOwnScreen('/screen', null)).toBe(true)
    expect(isOwnScreen('/screen/', kept)).toBe(true)
    expect(isOwnScreen(`/screen/board/${id}`, kept)).toBe(true)
    expect(isOwnScreen(`/screen/board/${id}`, null)).toBe(false)
    expect(isOwnScreen('/screen/board/me', kept)).toBe(false)
    expect(isOwnScreen(`/screen/board/${other}`, { ...kept, target: null })).toBe(false)
  })
})
