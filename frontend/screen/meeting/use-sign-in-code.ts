import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { ApiProblem } from '@/shared/api/problem'
import { fetchSignInCode, type SignInCode } from '@/shared/api/sign-in-code'
import { serverNow, setServerTime } from '@/shared/format/clock'
import { asksAt, longestSpreadMs, showsCode, usualRotationMs, type CodeMemory } from './code-slot'

/** The code that may be shown right now, and why there is none. */
export interface ShownCode {
  code: ShallowRef<SignInCode | null>
  /** empty: all is well, or the first answer is still on its way */
  trouble: Ref<string>
}

const tickMs = 100
/** An answer that takes longer than this is too late for its slot. */
const patienceMs = 4_000

export function useSignInCode(meetingId: string, wanted: () => boolean): ShownCode {
  const code = shallowRef<SignInCode | null>(null)
  const trouble = ref('')
  let last: SignInCode | null = null
  let asking: AbortController | null = null
  let memory = unasked()
  const timer = setInterval(tick, tickMs)
  onScopeDispose(() => {
    clearInterval(timer)
    asking?.abort()
  })
  watch(wanted, tick, { immediate: true })
  return { code, trouble }

  function tick(): void {
    if (!wanted()) {
      asking?.abort()
      asking = null
      memory = unasked()
      code.value = last = null
      trouble.value = ''
      return
    }
    const now = serverNow()
    const shown = showsCode(memory, now) ? last : null
    if (code.value !== shown) code.value = shown
    if (asking === null && now >= asksAt(memory)) void ask(now)
  }

  async function ask(now: number): Promise<void> {
    const own = (asking = new AbortController())
    const leftAt = performance.now()
    memory = { ...memory, askedAt: now }
    const giveUp = setTimeout(() => own.abort(), patienceMs)
    try {
      const answer = await fetchSignInCode(meetingId, own.signal)
      if (asking !== own) return
      const underWayMs = (performance.now() - leftAt) / 2
      setServerTime(answer.now, underWayMs)
      memory = { ...memory, slotEndsAt: Date.parse(answer.slot_ends_at), rotatesEveryMs: answer.rotates_every_ms, underWayMs, askedAt: serverNow() - underWayMs * 2 }
      last = answer
      trouble.value = ''
    } catch (error) {
      if (asking !== own) return
      trouble.value = wordsOf(error)
    } finally {
      clearTimeout(giveUp)
      if (asking === own) asking = null
    }
    tick()
  }
}

function unasked(): CodeMemory {
  return { slotEndsAt: null, rotatesEveryMs: usualRotationMs, askedAt: null, underWayMs: 0, spreadMs: Math.random() * longestSpreadMs }
}

function wordsOf(error: unknown): string {
  if (error instanceof ApiProblem && error.status === 403) return '当前账号不能显示签到码'
  if (error instanceof ApiProblem && error.status >= 400 && error.status < 500 && error.status !== 429) return error.message
  return '签到码暂时取不到，正在重新获取'
}
