import { onScopeDispose, ref, type Ref } from 'vue'

/** The server's clock decides deadlines; phones are often minutes off. */
let skewMs = 0

/** `underWayMs`: how long the answer that brought the time was on its way. */
export function setServerTime(iso: string, underWayMs = 0): void {
  const server = Date.parse(iso)
  if (Number.isFinite(server)) skewMs = server + underWayMs - Date.now()
}

export function serverNow(): number {
  return Date.now() + skewMs
}

/** The server's time as a ref that moves while the component lives. */
export function useNow(everyMs = 1000): Readonly<Ref<number>> {
  const now = ref(serverNow())
  const timer = setInterval(() => {
    now.value = serverNow()
  }, everyMs)
  onScopeDispose(() => clearInterval(timer))
  return now
}
