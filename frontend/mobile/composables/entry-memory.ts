/** The grid whose QR was scanned last on this phone, so that 服务 leads back to it. */

const key = 'lianxin.entry'

export interface RememberedEntry {
  code: string
  name: string
}

export function rememberEntry(entry: RememberedEntry): void {
  try {
    localStorage.setItem(key, JSON.stringify(entry))
  } catch {
    // Private browsing may refuse storage; the page works without the memory.
  }
}

export function rememberedEntry(): RememberedEntry | null {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? 'null')
    if (typeof value !== 'object' || value === null || !('code' in value) || !('name' in value)) return null
    return typeof value.code === 'string' && typeof value.name === 'string' ? { code: value.code, name: value.name } : null
  } catch {
    return null
  }
}
