/** The one service worker of the origin: pages without a network, what waits to be sent, and push messages. */

const workerAddress = '/worker.js'

/** Told to the worker by a page of somebody who serves a grid: keep their pages too, not only the residents'. */
export const staffPagesWanted = 'lianxin-staff'

export async function keepStaffPages(): Promise<void> {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return
  // Never there where there is no worker; then nothing waits for it.
  const { active } = await navigator.serviceWorker.ready
  active?.postMessage(staffPagesWanted)
}

/** null where the browser has none, refuses it, or the page came by plain http. */
export async function registerWorker(): Promise<ServiceWorkerRegistration | null> {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return null
  try {
    return await navigator.serviceWorker.register(workerAddress, { scope: '/' })
  } catch {
    return null
  }
}
