import type { SignInCode } from './types'

/** When a rotating code is good, by this device's own clock: the server says its time, only differences count here. */

export interface ShownCode {
  url: string
  /** by this device's clock */
  endsAt: number
  lastsMs: number
}

/** The server takes the code of the slot before, too; so long a new one may take to come without the picture going. */
export const graceMs = 1_500
/** After a failure. */
export const retryMs = 1_000

export function shownCode(code: SignInCode, receivedAt: number): ShownCode {
  const left = Date.parse(code.slot_ends_at) - Date.parse(code.now)
  return { url: code.url, endsAt: receivedAt + (Number.isFinite(left) ? Math.max(0, left) : 0), lastsMs: code.rotates_every_ms }
}

/** Whether a scan of it still leads somewhere. */
export function isGood(code: ShownCode, now: number): boolean {
  return now < code.endsAt + graceMs
}

/** How long to wait before the next one is asked for. */
export function nextIn(code: ShownCode, now: number): number {
  return Math.max(50, code.endsAt - now + 20)
}

/** 1 at the beginning of a slot, 0 at its end. */
export function shareLeft(code: ShownCode, now: number): number {
  return Math.min(1, Math.max(0, (code.endsAt - now) / code.lastsMs))
}

/** The dark modules as one path in a square of `size` units, with the quiet zone of four modules around them. */
export function qrPath(modules: readonly (readonly boolean[])[]): { path: string; size: number } {
  const quiet = 4
  let path = ''
  modules.forEach((row, y) => {
    for (let x = 0; x < row.length; x += 1) {
      if (row[x] !== true) continue
      const start = x
      while (row[x + 1] === true) x += 1
      path += `M${start + quiet} ${y + quiet}h${x - start + 1}v1h-${x - start + 1}z`
    }
  })
  return { path, size: modules.length + 2 * quiet }
}
