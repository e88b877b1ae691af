import { parseTarget, type ScreenTarget } from '@/shared/api/screens'

/** What a screen keeps over reloads and power cuts: who it is, and what it last showed. */
export interface KeptScreen {
  id: string
  token: string
  target: ScreenTarget | null
}

const key = 'lianxin.screen'

/** The browser's local storage, or what stands for it in a test. */
type Box = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

export function readKept(storage: Box): KeptScreen | null {
  try {
    const value: unknown = JSON.parse(storage.getItem(key) ?? 'null')
    if (typeof value !== 'object' || value === null) return null
    const { id, token, target } = value as Record<string, unknown>
    return typeof id === 'string' && typeof token === 'string' ? { id, token, target: parseTarget(target) } : null
  } catch {
    return null
  }
}

/** A browser that keeps nothing still shows a screen, until it is switched off. */
export function keep(storage: Box, screen: KeptScreen | null): void {
  try {
    if (screen === null) storage.removeItem(key)
    else storage.setItem(key, JSON.stringify(screen))
  } catch {
    return
  }
}

/** Where the page of a target is. */
export function pathOf(target: ScreenTarget | null): string {
  return target === null ? '/screen' : `/screen/${target.replace(':', '/')}`
}

/**
 * Whether the page is a screen of its own: at the bare address, and where it was left showing its target. Everywhere
 * else whoever is signed in looks at the page.
 */
export function isOwnScreen(path: string, kept: KeptScreen | null): boolean {
  const plain = path.replace(/\/$/, '')
  return plain === '/screen' || (kept?.target != null && plain === pathOf(kept.target))
}
