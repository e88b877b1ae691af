/** What a screen wears: boards are dark, the meeting wall is light unless its address asks otherwise. */

export type ScreenKind = 'board' | 'meeting'

export function themeOf(kind: ScreenKind, search: string): 'board' | 'wall' | 'wall-dark' {
  if (kind === 'board') return 'board'
  return new URLSearchParams(search).get('theme') === 'dark' ? 'wall-dark' : 'wall'
}

const grounds: Record<ReturnType<typeof themeOf>, string> = { board: '#0E1826', wall: '#FFFFFF', 'wall-dark': '#15110F' }

/** Puts it on; the answer puts on again what was worn before. */
export function wearTheme(kind: ScreenKind): () => void {
  const root = document.documentElement
  const before = root.dataset['theme']
  const theme = themeOf(kind, location.search)
  root.dataset['theme'] = theme
  document.querySelector('meta[name="theme-color"]')?.setAttribute('content', grounds[theme])
  return () => {
    root.dataset['theme'] = before
  }
}
