import type { Entry, TicketKind } from '@/shared/api/types'

/** What this phone remembers of the grid whose QR was scanned last: 服务 leads back to it, and it is shown without a network. */

const key = 'lianxin.entry'
const kindsKey = 'lianxin.kinds'

export interface RememberedEntry {
  code: string
  name: string
}

export function rememberEntry(entry: RememberedEntry, page?: Entry): void {
  remember(key, { ...entry, page })
}

export function rememberedEntry(): RememberedEntry | null {
  const value = recall(key)
  return typeof value.code === 'string' && typeof value.name === 'string' ? { code: value.code, name: value.name } : null
}

/** The page of a grid as it was when it was last opened; an older build of this code may have written something else. */
export function rememberedPage(code: string): Entry | null {
  const { code: of, page } = recall(key)
  const { grid, staff, services, emergency } = (page ?? {}) as Partial<Entry>
  return of === code && grid && Array.isArray(staff) && Array.isArray(services) && Array.isArray(emergency) ? (page as Entry) : null
}

export function rememberKinds(kinds: readonly TicketKind[]): void {
  remember(kindsKey, { kinds })
}

export function rememberedKinds(): TicketKind[] {
  const { kinds } = recall(kindsKey)
  return Array.isArray(kinds) ? (kinds as TicketKind[]).filter((kind) => Array.isArray(kind.fields)) : []
}

function remember(name: string, value: object): void {
  try {
    localStorage.setItem(name, JSON.stringify(value))
  } catch {
    // Private browsing may refuse storage; the page works without the memory.
  }
}

function recall(name: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(name) ?? 'null')
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
