import { computed, onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import { newKey } from '@/shared/api/client'
import { ApiProblem } from '@/shared/api/problem'
import { castBallot } from '@/shared/api/votes'
import { keepDraft, keptDraft, newReceipt, progressOf, type Choice, type Draft, type Progress } from './ballot'
import { refusalLine } from './vote-words'
import type { Vote } from './votes'

/** How far my ballot has come. `sending`: it may be with the server already, so it can no longer be changed. */
export type BallotPhase = 'filling' | 'sending' | 'cast'

/** My own ballot. Nothing but my own touch changes what stands on it, until another round begins. */
export interface OwnDraft {
  draft: Ref<Draft>
  phase: ComputedRef<BallotPhase>
  progress: ComputedRef<Progress>
  /** Why it was not taken; empty: no trouble. */
  problem: Ref<string>
  /** It did not count, and never will. */
  lost: Ref<boolean>
  /** Waits for the network before it is sent again. */
  waits: Ref<boolean>
  /** A ballot of an earlier round was thrown away. */
  discarded: Ref<boolean>
  set: (choices: Choice[]) => void
  send: () => void
}

const pausesMs = [1_000, 2_000, 4_000, 8_000] as const
/** The ballot will not count any more. */
const tooLate: readonly string[] = ['vote.closed', 'vote.round_over', 'vote.not_open']

export function useBallot(meetingId: string, accountId: string, vote: () => Vote, done: (voteId: string, round: number) => void): OwnDraft {
  const started = keptDraft(localStorage, accountId, vote().id, vote(), vote().round)
  const draft = shallowRef<Draft>(started.draft)
  const discarded = ref(started.discarded)
  const problem = ref('')
  const lost = ref(false)
  const waits = ref(false)
  let attempt = 0
  let again: ReturnType<typeof setTimeout> | undefined
  let inFlight = false

  const phase = computed<BallotPhase>(() => (draft.value.cast ? 'cast' : draft.value.key !== null && !lost.value ? 'sending' : 'filling'))
  const progress = computed(() => progressOf(draft.value.choices, vote()))

  watch(
    () => `${vote().id} ${vote().round}`,
    () => {
      clearTimeout(again)
      const next = keptDraft(localStorage, accountId, vote().id, vote(), vote().round)
      draft.value = next.draft
      discarded.value = next.discarded
      problem.value = ''
      lost.value = waits.value = false
      resume()
    },
  )
  window.addEventListener('online', resume)
  onScopeDispose(() => {
    clearTimeout(again)
    window.removeEventListener('online', resume)
  })
  resume()
  return { draft, phase, progress, problem, lost, waits, discarded, set, send }

  function set(choices: Choice[]): void {
    if (phase.value !== 'filling') return
    keep({ ...draft.value, choices })
    problem.value = ''
    discarded.value = false
  }

  function send(): void {
    if (draft.value.cast || !progress.value.complete) return
    if (draft.value.key === null) keep({ ...draft.value, key: newKey(), receipt: vote().secrecy === 'secret' ? newReceipt() : null })
    attempt = 0
    resume()
  }

  /** What was sent and not answered is sent again under its key, also after the page was loaded anew. */
  function resume(): void {
    if (draft.value.key === null || draft.value.cast || lost.value || inFlight) return
    clearTimeout(again)
    void deliver()
  }

  async function deliver(): Promise<void> {
    const [{ id }, sent] = [vote(), draft.value]
    const { round, choices, receipt, key } = sent
    if (key === null) return
    inFlight = true
    try {
      await castBallot(meetingId, id, receipt === null ? { round, choices } : { round, choices, receipt }, key)
      settle(id, { ...sent, choices: [], cast: true }, '')
      done(id, round)
    } catch (error) {
      failed(id, sent, error)
    } finally {
      inFlight = false
    }
    // Another round may have begun meanwhile, with a ballot of its own.
    if (draft.value !== sent && draft.value.round !== round) resume()
  }

  function failed(id: string, sent: Draft, error: unknown): void {
    const refused = error instanceof ApiProblem && error.status >= 400 && error.status < 500 && ![401, 408, 429].includes(error.status)
    if (!refused) return retryLater(id, sent, error)
    if (error.code === 'vote.cast_already') {
      // Under this key it would have been answered as before: the ballot that counts is another one, and so is its code.
      settle(id, { ...sent, choices: [], receipt: null, cast: true }, '您已经投过票，可能是在另一台设备上。以那一张为准。')
      return done(id, sent.round)
    }
    // The key is spent: whatever is sent next is another ballot.
    settle(id, { ...sent, key: null, receipt: null }, refusalLine(error))
    if (isShown(id, sent.round)) lost.value = tooLate.includes(error.code)
  }

  function retryLater(id: string, sent: Draft, error: unknown): void {
    if (!isShown(id, sent.round)) return
    waits.value = true
    problem.value = error instanceof ApiProblem && error.isSignedOut ? '登录已失效，请重新登录。您填的选票还在这台手机上。' : ''
    const pause = pausesMs[Math.min(attempt, pausesMs.length - 1)] ?? 8_000
    attempt += 1
    again = setTimeout(resume, pause * (0.75 + Math.random() / 2))
  }

  function settle(id: string, next: Draft, words: string): void {
    keepDraft(localStorage, accountId, id, next)
    if (!isShown(id, next.round)) return
    draft.value = next
    problem.value = words
    waits.value = false
  }

  function isShown(id: string, round: number): boolean {
    return vote().id === id && draft.value.round === round
  }

  function keep(next: Draft): void {
    draft.value = next
    keepDraft(localStorage, accountId, vote().id, next)
  }
}
