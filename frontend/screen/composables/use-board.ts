import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import type { BoardFigures, BoardState } from '@/shared/api/types'
import { parseBoardEvent, parseBoardFigures, parseBoardState } from '@/shared/live/ticket-events'
import type { RefusedReason } from '@/shared/live/frames'
import { useLiveTopic } from '@/shared/live/use-live'
import { withEvents, withFigures, type BoardEvent } from './board-state'

/** The live state of one grid's board. While another grid is being fetched, the last state stays: a screen is never blank. */
export interface Board {
  state: ShallowRef<BoardState | null>
  refused: Ref<RefusedReason | null>
}

/** Bursts are drawn together; four times a second is still "at once" for the eye. */
const flushEveryMs = 250

export function useBoard(gridId: () => string | null): Board {
  const state = shallowRef<BoardState | null>(null)
  const refused = ref<RefusedReason | null>(null)
  let pending: BoardEvent[] = []
  let figures: BoardFigures | null = null
  const timer = setInterval(flush, flushEveryMs)
  onScopeDispose(() => clearInterval(timer))

  useLiveTopic(() => (gridId() === null ? null : `board:${gridId() ?? ''}`), {
    onSnapshot: (value) => {
      const snapshot = parseBoardState(value)
      if (!snapshot) return
      pending = []
      figures = null
      state.value = snapshot
      refused.value = null
    },
    onState: (value) => {
      const told = parseBoardFigures(value)
      // Figures of the grid looked at before may still be under way.
      if (told && told.grid_id === state.value?.grid_id) figures = told
    },
    onEvent: (event) => {
      const data = parseBoardEvent(event)
      if (data) pending.push({ seq: event.seq, at: event.at, kind: event.kind, data })
    },
    onRefused: (reason) => (refused.value = reason),
  })
  return { state, refused }

  function flush(): void {
    if (!state.value || (pending.length === 0 && figures === null)) return
    const told = withEvents(state.value, pending)
    state.value = figures === null ? told : withFigures(told, figures)
    pending = []
    figures = null
  }
}
