import { computed, onScopeDispose, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import { isNavigationFailure, useRoute, useRouter, type RouteLocationNormalizedLoaded } from 'vue-router'
import { useSession } from '@/shared/session/session'
import { homeOf } from '../rights'
import { going, neighbourOf, opened, pageOf, parseTabs, pinned, renamed, type Closing, type PageKind, type PageTab, type ShownPage } from './page-tabs'
import { mayLoseInput } from './unsaved'

declare module 'vue-router' {
  interface RouteMeta {
    page?: PageKind
  }
}

const key = 'lianxin.console-tabs'
/** Of the window where nobody is signed in. */
const windowTitle = '连心 · 党群实时服务平台'
const tabs = shallowRef<readonly PageTab[]>([])
/** How often each was asked to load anew. */
const refreshes = shallowRef<Readonly<Record<string, number>>>({})

export interface PageTabs {
  tabs: Readonly<Ref<readonly PageTab[]>>
  shown: ComputedRef<ShownPage>
  /** Another one, another instance of the page: whoever comes back sees what is so now. */
  instance: ComputedRef<string>
  close: (tab: string, closing?: Closing) => Promise<void>
  pin: (tab: string, pin: boolean) => void
  refresh: (tab: string) => Promise<void>
}

export function shownPage(route: RouteLocationNormalizedLoaded): ShownPage {
  return pageOf(route.meta.page ?? { key: 'unknown', title: '连心' }, route.params['id'], route.query)
}

/** For the frame of the console, once. The address stays the truth: a tab is opened by going somewhere. */
export function usePageTabs(): PageTabs {
  const route = useRoute()
  const router = useRouter()
  const { me, phase } = useSession()
  const shown = computed(() => shownPage(route))
  const instance = computed(() => `${shown.value.key === 'grids' ? 'tickets' : shown.value.key} ${refreshes.value[shown.value.key] ?? 0}`)
  const keep = (next: readonly PageTab[]): void => keepFor(me.value?.id, next)
  tabs.value = parseTabs(read(), me.value?.id ?? '')

  const arrive = (at: RouteLocationNormalizedLoaded): void => {
    if (at.meta.page) keep(opened(tabs.value, shownPage(at), at.fullPath))
  }
  arrive(route)
  onScopeDispose(router.afterEach((to, _from, failure) => void (failure === undefined && arrive(to))))
  // Names and filters do not outlive whoever was signed in.
  watch(phase, (now) => {
    if (now === 'guest') forget()
  })
  watch(
    () => tabs.value.find((tab) => tab.key === shown.value.key)?.title,
    (title) => void (document.title = title === undefined ? '连心' : `${title} · 连心`),
    { immediate: true },
  )
  onScopeDispose(() => void (document.title = windowTitle))

  async function close(tab: string, closing: Closing = 'this'): Promise<void> {
    const gone = going(tabs.value, tab, closing)
    // What is kept alone is what is wanted.
    const next = closing === 'others' ? tabs.value.find((one) => one.key === tab) : neighbourOf(tabs.value, shown.value.key, gone)
    if (gone.some((one) => one.key === shown.value.key) || (closing === 'others' && tab !== shown.value.key)) {
      const to = next?.path ?? (me.value ? homeOf(me.value) : '/console')
      // A page with unsaved input may refuse to be left.
      const failure = await router.replace(to)
      if (isNavigationFailure(failure)) return
    }
    keep(tabs.value.filter((one) => one.key === shown.value.key || !gone.some((other) => other.key === one.key)))
  }

  async function refresh(tab: string): Promise<void> {
    if (tab === shown.value.key && !mayLoseInput()) return
    refreshes.value = { ...refreshes.value, [tab]: (refreshes.value[tab] ?? 0) + 1 }
    const at = tabs.value.find((one) => one.key === tab)
    if (at && tab !== shown.value.key) await router.push(at.path)
  }

  return { tabs, shown, instance, close, refresh, pin: (tab, pin) => keep(pinned(tabs.value, tab, pin)) }
}

/** The name of what a page shows, once it is known; for the page's tab and the window. */
export function usePageTitle(title: () => string | undefined): void {
  const own = shownPage(useRoute()).key
  const { me } = useSession()
  watch(
    title,
    (name) => {
      if (name) keepFor(me.value?.id, renamed(tabs.value, own, name))
    },
    { immediate: true },
  )
}

/** For a page whose record is gone: its tab goes with it. */
export function useClosePage(): (to: string) => Promise<void> {
  const own = shownPage(useRoute()).key
  const router = useRouter()
  const { me } = useSession()
  return async (to) => {
    await router.replace(to)
    keepFor(me.value?.id, tabs.value.filter((tab) => tab.key !== own))
  }
}

function keepFor(account: string | undefined, next: readonly PageTab[]): void {
  tabs.value = next
  if (account !== undefined) write(JSON.stringify({ account, tabs: next }))
}

function forget(): void {
  tabs.value = []
  refreshes.value = {}
  try {
    sessionStorage.removeItem(key)
  } catch {
    // Then nothing was kept either.
  }
}

function read(): string | null {
  try {
    return sessionStorage.getItem(key)
  } catch {
    return null
  }
}

function write(text: string): void {
  try {
    sessionStorage.setItem(key, text)
  } catch {
    // The tabs hold until the page is loaded anew.
  }
}
