import { onScopeDispose } from 'vue'

/**
 * A remote control has arrows, Enter and Back, at best a key to play. Arrows walk over what is marked `data-stop`, in
 * its order. While there is a panel (`data-panel`) they walk in it: up and down between its rows (`data-row`), left and right in one.
 */

export type Direction = 'next' | 'before' | 'up' | 'down'

const directions: Record<string, Direction> = { ArrowRight: 'next', ArrowLeft: 'before', ArrowUp: 'up', ArrowDown: 'down' }
const backKeys: readonly string[] = ['Escape', 'Backspace', 'GoBack', 'BrowserBack']
const playKeys: readonly string[] = ['MediaPlayPause', 'MediaPlay', 'MediaPause']

/** Where the focus goes; null: it stays, and the key means what it always means there. `slides`: left and right belong to what has the focus. */
export function nextInRows<T>(rows: readonly (readonly T[])[], current: T | null, direction: Direction, slides: boolean): T | null {
  const at = rows.findIndex((row) => current !== null && row.includes(current))
  const row = rows[at]
  if (!row || current === null) return rows[rows.length - 1]?.[0] ?? null
  if (direction === 'up' || direction === 'down') return rows[at + (direction === 'up' ? -1 : 1)]?.[0] ?? current
  if (slides) return null
  return row[(row.indexOf(current) + (direction === 'next' ? 1 : -1) + row.length) % row.length] ?? null
}

export function nextInCircle<T>(stops: readonly T[], current: T | null, direction: Direction): T | null {
  const step = direction === 'next' || direction === 'down' ? 1 : -1
  const index = current === null ? -1 : stops.indexOf(current)
  // Nobody has the focus: forwards begins with the first, backwards with the last.
  if (index < 0) return stops[step > 0 ? 0 : stops.length - 1] ?? null
  return stops[(index + step + stops.length) % stops.length] ?? null
}

export interface RemoteActions {
  back: () => void
  play: () => void
}

export function useRemote(root: () => HTMLElement | null, actions: RemoteActions): void {
  window.addEventListener('keydown', hear)
  onScopeDispose(() => window.removeEventListener('keydown', hear))

  function hear(event: KeyboardEvent): void {
    const direction = directions[event.key]
    if (backKeys.includes(event.key)) actions.back()
    else if (playKeys.includes(event.key) || (event.key === ' ' && !isControl(event.target))) actions.play()
    else if (!direction || !walk(direction)) return
    event.preventDefault()
  }

  function walk(direction: Direction): boolean {
    const board = root()
    if (!board) return false
    const panel = board.querySelector('[data-panel]')
    const active = document.activeElement
    const to = panel
      ? nextInRows([...panel.querySelectorAll('[data-row]')].map((row) => stopsIn(row)), active, direction, active instanceof HTMLInputElement)
      : nextInCircle(stopsIn(board), active, direction)
    if (!to) return false
    ;(to as HTMLElement).focus()
    return true
  }
}

/** In their order on the page; what is marked `last` comes after all others. */
function stopsIn(part: Element): Element[] {
  const stops = [...part.querySelectorAll('[data-stop]')]
  const isLast = (stop: Element): boolean => stop.getAttribute('data-stop') === 'last'
  return [...stops.filter((stop) => !isLast(stop)), ...stops.filter(isLast)]
}

const isControl = (target: EventTarget | null): boolean => target instanceof HTMLButtonElement || target instanceof HTMLInputElement
