import type { InjectionKey, Ref } from 'vue'

/** The page's one clock, for the parts of rows that need it. */
export const clockKey: InjectionKey<Readonly<Ref<number>>> = Symbol('clock')
