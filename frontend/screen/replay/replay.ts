import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import type { BoardState } from '@/shared/api/types'
import { momentsOf, replayDays, type ReplayDay } from './days'
import { createMomentLoader, type MomentLoader } from './moment-loader'

/** Plays a day of a board. What is shown is always a whole board of one moment, and the last one stays until the next is there. */

export const speeds = [1, 2, 4] as const
export type Speed = (typeof speeds)[number]
/** At the first speed; a day takes a good minute. */
export const momentMs = 500
export const backAfterEndMs = 120_000
/** Nobody pauses yesterday on a hall's screen for ever. */
export const backAfterPauseMs = 600_000

export interface Shown {
  at: number
  board: BoardState
}

export interface ReplayWorld {
  fetch: (gridId: string, at: number, signal: AbortSignal) => Promise<BoardState>
  /** the server's time: which day it is */
  now: () => number
  /** milliseconds that pass evenly, whatever the clocks are set to */
  elapsed: () => number
}

export interface Replay {
  isOpen: Readonly<Ref<boolean>>
  days: Readonly<Ref<readonly ReplayDay[]>>
  day: ComputedRef<ReplayDay | null>
  moments: Readonly<Ref<readonly number[]>>
  /** the moment that is asked for */
  index: Readonly<Ref<number>>
  /** the moment that is seen; null: none yet */
  shown: Readonly<ShallowRef<Shown | null>>
  playing: Readonly<Ref<boolean>>
  speed: Readonly<Ref<Speed>>
  /** why what is seen is not what is asked for */
  note: Readonly<Ref<string>>
  /** how much of the day is there, 0 to 1 */
  part: Readonly<Ref<number>>
  open: (gridId: string) => void
  close: () => void
  chooseDay: (day: ReplayDay) => void
  /** the board looks at another grid now */
  moveTo: (gridId: string) => void
  seek: (index: number) => void
  toggle: () => void
  setSpeed: (speed: Speed) => void
  /** somebody is there */
  touch: () => void
  /** Lets time pass; called several times a second. */
  tick: () => void
}

export const readingWord = '正在读取…'

export function createReplay({ fetch, now, elapsed }: ReplayWorld): Replay {
  const isOpen = ref(false)
  const days = ref<readonly ReplayDay[]>([])
  const chosen = ref(0)
  const day = computed(() => days.value[chosen.value] ?? null)
  const moments = ref<readonly number[]>([])
  const index = ref(0)
  const shown = shallowRef<Shown | null>(null)
  const playing = ref(false)
  const speed = ref<Speed>(1)
  const note = ref('')
  const part = ref(0)
  let grid = ''
  let loader: MomentLoader | null = null
  let movedAt = 0
  let touchedAt = 0

  function begin(): void {
    loader?.stop()
    const all = moments.value
    const of = grid
    part.value = 0
    loader = createMomentLoader({ count: all.length, from: index.value, fetch: (at, signal) => fetch(of, all[at] ?? 0, signal), onChange: heard })
    show()
  }

  /** More is there: perhaps what is waited for. */
  function heard(): void {
    part.value = loader?.part ?? 0
    show()
  }

  /** Answers whether the moment that is asked for is known. */
  function show(): boolean {
    const moment = loader?.at(index.value) ?? null
    if (moment === null) {
      note.value = readingWord
      return false
    }
    if (moment.board === null) note.value = moment.word
    else {
      note.value = ''
      const at = moments.value[index.value] ?? 0
      if (shown.value?.board !== moment.board) shown.value = { at, board: moment.board }
    }
    return true
  }

  const isAtEnd = (): boolean => index.value >= moments.value.length - 1

  function goTo(to: number): void {
    index.value = Math.min(Math.max(0, Math.round(to)), Math.max(0, moments.value.length - 1))
    movedAt = elapsed()
    loader?.want(index.value)
    show()
  }

  function touch(): void {
    touchedAt = elapsed()
  }

  function startDay(): void {
    moments.value = momentsOf(day.value?.startsAt ?? 0, now())
    index.value = 0
    movedAt = elapsed()
    playing.value = true
    touch()
    begin()
  }

  function close(): void {
    loader?.stop()
    loader = null
    isOpen.value = false
    playing.value = false
    shown.value = null
    note.value = ''
  }

  function tick(): void {
    if (!isOpen.value) return
    const at = elapsed()
    const due = movedAt + momentMs / speed.value
    if (playing.value && at >= due && show()) {
      if (isAtEnd()) playing.value = false
      else goTo(index.value + 1)
      // Ticks and moments do not fall together; what one is late the next one is early.
      movedAt = Math.max(due, at - momentMs)
    }
    const idleSince = Math.max(touchedAt, movedAt)
    if (at - idleSince >= (isAtEnd() && !playing.value ? backAfterEndMs : backAfterPauseMs)) close()
  }

  return {
    isOpen,
    days,
    day,
    moments,
    index,
    shown,
    playing,
    speed,
    note,
    part,
    open: (gridId) => {
      grid = gridId
      days.value = replayDays(now())
      chosen.value = 0
      isOpen.value = true
      startDay()
    },
    close,
    chooseDay: (wanted) => {
      chosen.value = Math.max(0, days.value.findIndex(({ startsAt }) => startsAt === wanted.startsAt))
      startDay()
    },
    moveTo: (gridId) => {
      if (!isOpen.value || gridId === grid) return
      grid = gridId
      begin()
    },
    seek: (to) => {
      touch()
      playing.value = false
      goTo(to)
    },
    toggle: () => {
      touch()
      if (!playing.value && isAtEnd()) goTo(0)
      playing.value = !playing.value
      movedAt = elapsed()
    },
    setSpeed: (wanted) => {
      touch()
      speed.value = wanted
    },
    touch,
    tick,
  }
}
