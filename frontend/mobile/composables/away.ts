import { readonly, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { serverNow } from '@/shared/format/clock'

/** Without a network: what a page shows is as old as `asOf` says, and what needs the server has to wait. */
export interface Away {
  /** the server's time, as well as this phone knows it */
  asOf: number
  /** the phone kept only part of a list that is shown */
  partial: boolean
}

const state = shallowRef<Away | null>(null)
export const away: Readonly<ShallowRef<Away | null>> = readonly(state) as Readonly<ShallowRef<Away | null>>

/** How many of one's own things were written here and are not with the server yet. */
export const unsentCount: Ref<number> = ref(0)

/** The oldest of what is shown counts. */
export function goneAway(asOf = serverNow(), partial = false): void {
  const before = state.value
  state.value = { asOf: Math.min(before?.asOf ?? asOf, asOf), partial: partial || before?.partial === true }
}

/** Another page shows other things. */
export function startAfresh(): void {
  if (state.value) state.value = { asOf: serverNow(), partial: false }
}

export function cameBack(): void {
  state.value = null
}

/** While the calling component lives: what it shows was kept, and the network is back. */
export function whenBack(reload: () => unknown): void {
  watch(away, (now, before) => {
    if (now === null && before !== null) void reload()
  })
}
