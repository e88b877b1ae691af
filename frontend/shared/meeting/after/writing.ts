import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { newKey } from '@/shared/api/client'
import { ApiProblem, describeProblem } from '@/shared/api/problem'
import { compare, excess, joined, partsOf, sameText, withPart, type Difference, type Part } from './text'
import type { Minutes, MinutesChanged, MinutesText } from './types'

/**
 * The minutes of a meeting while somebody writes them. Every push may bring facts, rights and a newer version, but never
 * touches what is being typed: that changes by the writer's own hand or choice alone. Until the server has it, it also
 * lies in the browser's storage.
 */

export type WritingState = 'clean' | 'unsaved' | 'saving' | 'offline' | 'refused'

export interface WritingParts {
  read: () => Promise<Minutes>
  write: (text: MinutesText, version: number) => Promise<MinutesChanged>
  sign: (version: number, key: string) => Promise<MinutesChanged>
  reopen: (reason: string) => Promise<MinutesChanged>
  store: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  /** of this account and meeting: a PC is shared */
  storeKey: string
}

export interface Writing {
  /** as the server has them; null: not read */
  minutes: ShallowRef<Minutes | null>
  /** why they cannot be read */
  barred: ShallowRef<ApiProblem | null>
  text: Ref<MinutesText>
  state: ComputedRef<WritingState>
  dirty: ComputedRef<boolean>
  /** Somebody else's newer version, while something unsaved stands here; null: nothing to compare. */
  newer: ShallowRef<Minutes | null>
  /** why the server took nothing */
  message: Ref<string>
  /** Parts that are longer than the server takes. */
  tooLong: ComputedRef<Part[]>
  /** What was typed and not saved came back from the browser's storage. */
  restored: Ref<boolean>
  refresh: () => Promise<void>
  type: (part: Part, value: string) => void
  /** True when the server has it. False with `newer`: compare first. */
  save: () => Promise<boolean>
  differences: () => Difference[]
  /** What stands here from now on grew from the newer version. */
  settle: (differences: readonly Difference[]) => void
  discard: () => void
  sign: () => Promise<void>
  reopen: (reason: string) => Promise<void>
}

interface Base {
  text: MinutesText
  version: number
}

const nothing: MinutesText = { content: '', discussions: [], decisions: '', remarks: '' }

export function openWriting(parts: WritingParts): Writing {
  const minutes = shallowRef<Minutes | null>(null)
  const barred = shallowRef<ApiProblem | null>(null)
  const text = shallowRef<MinutesText>(nothing)
  /** What the text grew from. */
  const base = shallowRef<Base>({ text: nothing, version: -1 })
  const newer = shallowRef<Minutes | null>(null)
  const message = ref('')
  const restored = ref(false)
  const busy = ref(false)
  const failure = ref<'offline' | 'refused' | null>(null)
  const dirty = computed(() => minutes.value !== null && !sameText(text.value, base.value.text))
  const tooLong = computed(() => partsOf(text.value.discussions.length).filter((part) => excess(text.value, part) > 0))
  const state = computed<WritingState>(() => (busy.value ? 'saving' : !dirty.value ? 'clean' : (failure.value ?? 'unsaved')))
  let reading: Promise<void> | null = null
  let askedAgain = false
  /** The same signature, however often it is sent. */
  let signing = { version: -1, key: '' }

  return { minutes, barred, text, state, dirty, newer, message, tooLong, restored, refresh, type, save, differences, settle, discard, sign, reopen }

  /** One reading at a time; whoever asks meanwhile gets another one after it, which knows what they heard of. */
  function refresh(): Promise<void> {
    if (reading) askedAgain = true
    reading ??= read().finally(() => (reading = null))
    return reading
  }

  async function read(): Promise<void> {
    do {
      askedAgain = false
      try {
        const newest = busy.value ? null : await parts.read()
        // The event of one's own saving comes before its answer.
        if (busy.value || newest === null) return void (askedAgain = true)
        meet(newest)
      } catch (error) {
        refused(error)
      }
    } while (askedAgain)
  }

  function meet(newest: Minutes): void {
    if (minutes.value && newest.version < minutes.value.version) return
    minutes.value = newest
    barred.value = null
    if (base.value.version < 0) restore(newest)
    if (newest.version === base.value.version) return
    if (base.value.version < 0 || !dirty.value || sameText(text.value, newest.text)) take(newest)
    else newer.value = newest
  }

  function take(newest: Minutes): void {
    text.value = newest.text
    grewFrom(newest.text, newest.version)
  }

  function grewFrom(saved: MinutesText, version: number): void {
    base.value = { text: saved, version }
    newer.value = null
    message.value = ''
    failure.value = null
    restored.value = false
    keep()
  }

  function restore(newest: Minutes): void {
    const kept = readKept()
    if (kept === null || sameText(kept.text, newest.text)) return drop()
    text.value = kept.text
    base.value = kept.base
    restored.value = true
  }

  function type(part: Part, value: string): void {
    text.value = withPart(text.value, part, value)
    if (failure.value === 'refused') [failure.value, message.value] = [null, '']
    keep()
  }

  async function save(): Promise<boolean> {
    if (busy.value || newer.value !== null) return false
    if (!dirty.value) return true
    const [writing, version] = [text.value, base.value.version]
    busy.value = true
    message.value = ''
    try {
      changed(await parts.write(writing, version), writing)
    } catch (error) {
      failed(error)
    } finally {
      busy.value = false
    }
    if (askedAgain) await refresh()
    return failure.value === null && !dirty.value
  }

  /** Over what was answered; facts are read anew where they change. */
  function changed(answer: MinutesChanged, written: MinutesText): void {
    if (minutes.value) minutes.value = { ...minutes.value, text: written, state: answer.state, state_title: stateTitles[answer.state], version: answer.version, edited_by: answer.edited_by, edited_at: answer.edited_at }
    grewFrom(written, answer.version)
  }

  function failed(error: unknown): void {
    const problem = error instanceof ApiProblem ? error : null
    const passes = problem === null || problem.isUnreachable || problem.isSignedOut || problem.status === 429 || problem.status >= 500
    failure.value = passes ? 'offline' : 'refused'
    message.value = describeProblem(error)
    // Somebody was faster, or signed: what they have is needed to say so.
    if (problem?.status === 409 || problem?.status === 403) askedAgain = true
  }

  function refused(error: unknown): void {
    const problem = error instanceof ApiProblem ? error : null
    const final = problem !== null && (problem.status === 403 || problem.status === 404 || problem.status === 409)
    if (final) [barred.value, minutes.value] = [problem, dirty.value ? minutes.value : null]
    else if (minutes.value === null) barred.value = problem ?? new ApiProblem(0, 'minutes.unread', describeProblem(error))
  }

  function differences(): Difference[] {
    return newer.value ? compare(base.value.text, text.value, newer.value.text) : []
  }

  function settle(chosen: readonly Difference[]): void {
    const other = newer.value
    if (!other) return
    text.value = joined(text.value, chosen)
    grewFrom(other.text, other.version)
  }

  function discard(): void {
    if (minutes.value) take(minutes.value)
  }

  async function sign(): Promise<void> {
    const { version } = base.value
    if (signing.version !== version) signing = { version, key: newKey() }
    try {
      await parts.sign(version, signing.key)
    } finally {
      await refresh()
    }
  }

  async function reopen(reason: string): Promise<void> {
    try {
      await parts.reopen(reason)
    } finally {
      await refresh()
    }
  }

  function keep(): void {
    if (!dirty.value) return drop()
    try {
      parts.store.setItem(parts.storeKey, JSON.stringify({ text: text.value, base: base.value }))
    } catch {
      // Full or forbidden: then it lives as long as the page does.
    }
  }

  function drop(): void {
    try {
      parts.store.removeItem(parts.storeKey)
    } catch {
      // What could not be kept need not be removed.
    }
  }

  function readKept(): { text: MinutesText; base: Base } | null {
    try {
      const value: unknown = JSON.parse(parts.store.getItem(parts.storeKey) ?? 'null')
      const { text: kept, base: from } = (value ?? {}) as { text?: unknown; base?: Partial<Base> }
      return isText(kept) && isText(from?.text) && typeof from.version === 'number' ? { text: kept, base: { text: from.text, version: from.version } } : null
    } catch {
      return null
    }
  }
}

/** As the server titles them. */
export const stateTitles = { none: '未上传', draft: '草稿', signed: '已签发' } as const

function isText(value: unknown): value is MinutesText {
  const { content, discussions, decisions, remarks } = (value ?? {}) as Partial<Record<keyof MinutesText, unknown>>
  return [content, decisions, remarks].every((part) => typeof part === 'string') && Array.isArray(discussions) && discussions.every((part) => typeof part === 'string')
}
