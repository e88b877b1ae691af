/** The one service worker of the origin: pages without a network, what waits to be sent, and push messages. */

const workerAddress = '/worker.js'

/** null where the browser has none, refuses it, or the page came by plain http. */
export async function registerWorker(): Promise<ServiceWorkerRegistration | null> {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return null
  try {
    return await navigator.serviceWorker.register(workerAddress, { scope: '/' })
  } catch {
    return null
  }
}
