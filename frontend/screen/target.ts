import type { ScreenKind } from './meeting/theme'

/** What an address shows; a board's `me` stands for the top grid of whoever is logged in. */
export interface Target {
  kind: ScreenKind
  id: string
}

export function targetOf(path: string): Target {
  const [, kind, id] = /^\/screen\/(board|meeting)\/([^/]+)/.exec(path) ?? []
  return kind !== undefined && id !== undefined ? { kind: kind as ScreenKind, id: decodeURIComponent(id) } : { kind: 'board', id: 'me' }
}
