import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { newKey } from '@/shared/api/client'
import { ApiProblem, describeProblem } from '@/shared/api/problem'
import { joinedText } from './joined-text'
import type { Notes } from './types'

/**
 * Somebody's notes of a meeting while they are written. What is typed lies in the phone's storage at once and stays
 * there until the server has it; when somewhere else was written in between, nothing is lost and the writer chooses.
 */

export type NotesState = 'opening' | 'saved' | 'saving' | 'offline' | 'changed' | 'too-long' | 'refused'

export interface NotesParts {
  read: () => Promise<Notes>
  write: (text: string, version: number, key: string) => Promise<Notes>
  store: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  /** of this account and meeting: a phone may be lent */
  storeKey: string
}

export interface OpenNotes {
  text: Ref<string>
  state: Ref<NotesState>
  /** what was written elsewhere, while it differs from what stands here */
  theirs: ShallowRef<Notes | null>
  /** why the server took nothing: it is not a matter of the network */
  message: Ref<string>
  /** Nothing can be read or written here by this person. */
  absent: Ref<boolean>
  savedAt: Ref<string | null>
  left: ComputedRef<number>
  open: () => Promise<void>
  type: (text: string) => void
  /** Now, instead of in a moment. */
  flush: () => Promise<void>
  choose: (which: 'mine' | 'theirs' | 'both') => Promise<void>
  dispose: () => void
}

export const longestNotes = 20_000
const saveAfterMs = 1_200
const retryAfterMs = 10_000

interface Kept {
  text: string
  /** what the text grew from */
  version: number
}

export function openNotes(parts: NotesParts): OpenNotes {
  const text = ref('')
  const state = ref<NotesState>('opening')
  const theirs = shallowRef<Notes | null>(null)
  const message = ref('')
  const absent = ref(false)
  const savedAt = ref<string | null>(null)
  const left = computed(() => longestNotes - lengthOf(text.value))
  let version = 0
  /** What the server does not have yet; the same lies in the store. */
  let kept: Kept | null = null
  /** The server's text is known, so that writing over it is meant. */
  let known = false
  let busy = false
  let timer: ReturnType<typeof setTimeout> | undefined
  /** The same text on the same version is the same request, however often it is sent. */
  let sent = { text: '', version: -1, key: '' }

  return { text, state, theirs, message, absent, savedAt, left, open, type, flush, choose, dispose: () => clearTimeout(timer) }

  async function open(): Promise<void> {
    if (busy) return
    if (!known && kept === null) {
      kept = readKept()
      if (kept) [text.value, version] = [kept.text, kept.version]
    }
    busy = true
    try {
      const newest = await parts.read()
      known = true
      absent.value = false
      meet(newest)
    } catch (error) {
      failed(error)
    } finally {
      busy = false
    }
    if (state.value === 'saving') await flush()
  }

  /** What the server has, against what stands here. */
  function meet(newest: Notes): void {
    message.value = ''
    theirs.value = null
    if (kept === null || kept.text === newest.text) take(newest)
    else if (kept.version === newest.version) [version, state.value] = [newest.version, 'saving']
    else [theirs.value, state.value] = [newest, 'changed']
  }

  function take(newest: Notes): void {
    text.value = newest.text
    version = newest.version
    savedAt.value = newest.updated_at
    theirs.value = null
    drop()
    state.value = 'saved'
  }

  function type(value: string): void {
    text.value = value
    keep()
    if (theirs.value !== null) return
    message.value = ''
    state.value = left.value < 0 ? 'too-long' : state.value === 'offline' ? 'offline' : 'saving'
    later(saveAfterMs)
  }

  async function flush(): Promise<void> {
    clearTimeout(timer)
    if (busy || theirs.value !== null || absent.value) return
    if (!known) return open()
    if (kept === null || left.value < 0) return
    const writing = text.value
    if (sent.text !== writing || sent.version !== version) sent = { text: writing, version, key: newKey() }
    busy = true
    if (state.value !== 'offline') state.value = 'saving'
    try {
      const saved = await parts.write(writing, version, sent.key)
      version = saved.version
      savedAt.value = saved.updated_at
      if (text.value === writing) {
        drop()
        state.value = 'saved'
      } else {
        keep()
        state.value = left.value < 0 ? 'too-long' : 'saving'
        later(saveAfterMs)
      }
    } catch (error) {
      if (error instanceof ApiProblem && error.code === 'notes.changed') await compare()
      else failed(error)
    } finally {
      busy = false
    }
  }

  async function compare(): Promise<void> {
    try {
      meet(await parts.read())
      if (state.value === 'saving') later(saveAfterMs)
    } catch (error) {
      failed(error)
    }
  }

  async function choose(which: 'mine' | 'theirs' | 'both'): Promise<void> {
    const other = theirs.value
    if (other === null) return
    if (which === 'theirs') return take(other)
    if (which === 'both') text.value = joinedText(other.text, text.value)
    version = other.version
    theirs.value = null
    keep()
    state.value = left.value < 0 ? 'too-long' : 'saving'
    await flush()
  }

  function failed(error: unknown): void {
    const problem = error instanceof ApiProblem ? error : null
    if (problem?.status === 403 || problem?.status === 404) {
      absent.value = true
      state.value = 'refused'
      return
    }
    // A session that ended comes back with the login, a busy server by itself.
    const passes = problem === null || problem.isUnreachable || problem.isSignedOut || problem.status === 429 || problem.status >= 500
    state.value = passes ? 'offline' : 'refused'
    message.value = passes ? '' : describeProblem(error)
    if (passes) later(retryAfterMs)
  }

  function later(ms: number): void {
    clearTimeout(timer)
    timer = setTimeout(() => void flush(), ms)
  }

  function keep(): void {
    kept = { text: text.value, version }
    try {
      parts.store.setItem(parts.storeKey, JSON.stringify(kept))
    } catch {
      // Full or forbidden: then it lives as long as the page does.
    }
  }

  function drop(): void {
    kept = null
    try {
      parts.store.removeItem(parts.storeKey)
    } catch {
      // What could not be kept need not be removed.
    }
  }

  function readKept(): Kept | null {
    try {
      const value: unknown = JSON.parse(parts.store.getItem(parts.storeKey) ?? 'null')
      if (typeof value !== 'object' || value === null) return null
      const { text: written, version: base } = value as Partial<Kept>
      return typeof written === 'string' && typeof base === 'number' ? { text: written, version: base } : null
    } catch {
      return null
    }
  }
}

/** As the server counts: a rare character is one. */
function lengthOf(text: string): number {
  return text.length > longestNotes ? Array.from(text).length : text.length
}
