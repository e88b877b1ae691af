import { onScopeDispose } from 'vue'
import { fetchBoardAt } from '@/shared/api/grids'
import { ApiProblem } from '@/shared/api/problem'
import { serverNow } from '@/shared/format/clock'
import { parseBoardState } from '@/shared/live/ticket-events'
import { createReplay, type Replay } from './replay'

const tickMs = 100

/** A board's replay, as long as the calling component lives. */
export function useReplay(): Replay {
  const replay = createReplay({
    now: serverNow,
    elapsed: () => performance.now(),
    fetch: async (gridId, at, signal) => {
      const board = parseBoardState(await fetchBoardAt(gridId, new Date(at).toISOString(), signal))
      if (!board) throw new ApiProblem(200, 'answer.unreadable', '服务器的回答无法识别，请稍后再试。')
      return board
    },
  })
  const timer = setInterval(replay.tick, tickMs)
  onScopeDispose(() => {
    clearInterval(timer)
    replay.close()
  })
  return replay
}
