/** Times as the inputs of a form hold them, by Beijing's clock. */

const zoneMs = 8 * 3600_000

/** 2026-11-21T14:30 */
export function localTime(value: string | number): string {
  return new Date((typeof value === 'number' ? value : Date.parse(value)) + zoneMs).toISOString().slice(0, 16)
}

/** null: no time */
export function momentOf(local: string): number | null {
  const at = Date.parse(`${local.slice(0, 16)}:00+08:00`)
  return Number.isFinite(at) ? at : null
}
