import { onScopeDispose, ref, type Ref } from 'vue'

/** Whether the phone believes that it has a network; it may be wrong, and never knows how slow it is. */
export function useOnline(): Readonly<Ref<boolean>> {
  const online = ref(navigator.onLine)
  const look = (): void => void (online.value = navigator.onLine)
  window.addEventListener('online', look)
  window.addEventListener('offline', look)
  onScopeDispose(() => {
    window.removeEventListener('online', look)
    window.removeEventListener('offline', look)
  })
  return online
}
