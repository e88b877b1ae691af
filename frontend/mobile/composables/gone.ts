import { shallowRef, type ShallowRef } from 'vue'
import type { Gone } from './old-drafts'

const told = shallowRef<Gone | null>(null)
/** Drafts that were too old to keep and are gone; until somebody has read it. Null: nothing is to be told. */
export const goneNow: Readonly<ShallowRef<Gone | null>> = told

export function tellGone(gone: Gone | null): void {
  told.value = gone !== null && Object.values(gone).some((count) => count > 0) ? gone : null
}
