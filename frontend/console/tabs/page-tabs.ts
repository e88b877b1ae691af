import type { LocationQuery } from 'vue-router'

/** Which pages are open, as a list of tabs. The address in the browser says which one is shown; here stands the rest. */

/** What a route says of its page. */
export interface PageKind {
  key: string
  title: string
  /** Each record has a tab of its own. */
  record?: boolean
  /** The entry of the menu it belongs to; else its own key. */
  menu?: string
}

export interface ShownPage {
  key: string
  title: string
  menu: string
}

export interface PageTab {
  key: string
  /** Where it was left, with its filters. */
  path: string
  title: string
  /** The title is the name of what is shown, not only its kind. */
  named: boolean
  pinned: boolean
  /** When it was last looked at, as a number that only grows. */
  seen: number
}

export const mostTabs = 12
/** So that there is always one that may go. */
export const mostPinned = 8

export function pageOf({ key, title, record, menu = key }: PageKind, id: unknown, query: LocationQuery): ShownPage {
  // Two entries of the menu lead to one page.
  if (key === 'tickets' && query['tab'] === 'grid') return { key: 'grids', title: '网格管理', menu: 'grids' }
  return { key: record && typeof id === 'string' ? `${key}:${id}` : key, title, menu }
}

export function opened(tabs: readonly PageTab[], { key, title }: ShownPage, path: string): PageTab[] {
  const seen = Math.max(0, ...tabs.map((tab) => tab.seen)) + 1
  if (tabs.some((tab) => tab.key === key)) return tabs.map((tab) => (tab.key === key ? { ...tab, path, seen } : tab))
  const all = [...tabs, { key, path, title, named: false, pinned: false, seen }]
  if (all.length <= mostTabs) return all
  const [oldest] = all.filter((tab) => !tab.pinned && tab.key !== key).sort((a, b) => a.seen - b.seen)
  return all.filter((tab) => tab !== oldest)
}

export function renamed(tabs: readonly PageTab[], key: string, title: string): PageTab[] {
  return tabs.map((tab) => (tab.key === key ? { ...tab, title, named: true } : tab))
}

/** Pinned ones stand first. */
export function pinned(tabs: readonly PageTab[], key: string, pin: boolean): PageTab[] {
  if (pin && tabs.filter((tab) => tab.pinned).length >= mostPinned) return [...tabs]
  const changed = tabs.map((tab) => (tab.key === key ? { ...tab, pinned: pin } : tab))
  return [...changed.filter((tab) => tab.pinned), ...changed.filter((tab) => !tab.pinned)]
}

export type Closing = 'this' | 'others' | 'right'

/** Which tabs go. Pinned ones are closed by themselves alone. */
export function going(tabs: readonly PageTab[], key: string, closing: Closing): PageTab[] {
  const place = tabs.findIndex((tab) => tab.key === key)
  if (place < 0) return []
  if (closing === 'this') return tabs.slice(place, place + 1)
  return tabs.filter((tab, index) => !tab.pinned && (closing === 'right' ? index > place : index !== place))
}

/** What is shown when `shown` goes: the next one to the right, else to the left. */
export function neighbourOf(tabs: readonly PageTab[], shown: string, gone: readonly PageTab[]): PageTab | undefined {
  const place = tabs.findIndex((tab) => tab.key === shown)
  const left = (tab: PageTab): boolean => !gone.includes(tab)
  return tabs.slice(place).find(left) ?? tabs.slice(0, Math.max(0, place)).reverse().find(left)
}

/** What was kept for this account; nothing of anybody else. */
export function parseTabs(text: string | null, account: string): PageTab[] {
  try {
    const kept = JSON.parse(text ?? 'null') as { account?: unknown; tabs?: unknown } | null
    return kept?.account === account && Array.isArray(kept.tabs) ? kept.tabs.filter(isTab).slice(0, mostTabs) : []
  } catch {
    return []
  }
}

function isTab(value: unknown): value is PageTab {
  const tab = value as Partial<PageTab> | null
  return typeof tab?.key === 'string' && typeof tab.path === 'string' && /^\/console(\/|\?|$)/.test(tab.path) && typeof tab.title === 'string' && typeof tab.named === 'boolean' && typeof tab.pinned === 'boolean' && typeof tab.seen === 'number'
}
