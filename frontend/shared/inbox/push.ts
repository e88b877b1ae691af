import { addPushBrowser, fetchPushKey, removePushBrowser } from '@/shared/api/inbox'
import { registerWorker } from '@/shared/session/worker'

/** Web push in this browser, with every reason why it may not work told apart. */
export type PushState = 'unsupported' | 'system-off' | 'blocked' | 'off' | 'on'

export async function pushState(): Promise<PushState> {
  if (!('serviceWorker' in navigator) || !('PushManager' in window) || !('Notification' in window)) return 'unsupported'
  const { enabled } = await fetchPushKey()
  if (!enabled) return 'system-off'
  if (window.Notification.permission === 'denied') return 'blocked'
  const registration = await navigator.serviceWorker.getRegistration('/')
  const subscription = await registration?.pushManager?.getSubscription()
  return subscription ? 'on' : 'off'
}

/** To be called from a click: the browser asks the person. */
export async function switchPushOn(device: string): Promise<PushState> {
  const { key } = await fetchPushKey()
  if (key === null) return 'system-off'
  if ((await window.Notification.requestPermission()) !== 'granted') return 'blocked'
  const registration = await registerWorker()
  if (!registration) return 'unsupported'
  await navigator.serviceWorker.ready
  const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(key) })
  const { endpoint, keys } = subscription.toJSON()
  if (!endpoint || !keys?.['p256dh'] || !keys['auth']) return 'unsupported'
  const { id } = await addPushBrowser({ endpoint, keys: { p256dh: keys['p256dh'], auth: keys['auth'] }, device })
  localStorage.setItem(idKey, id)
  return 'on'
}

export async function switchPushOff(): Promise<PushState> {
  const registration = await navigator.serviceWorker.getRegistration('/')
  const subscription = await registration?.pushManager?.getSubscription()
  await subscription?.unsubscribe()
  const id = localStorage.getItem(idKey)
  // Gone already is as good.
  if (id !== null) await removePushBrowser(id).catch(() => undefined)
  localStorage.removeItem(idKey)
  return 'off'
}

const idKey = 'lianxin.push_id'

/** What a person would call this browser. */
export function deviceName(agent: string): string {
  const system = /Android/.test(agent) ? '安卓手机' : /iPhone|iPad/.test(agent) ? '苹果设备' : /Windows/.test(agent) ? 'Windows 电脑' : /Mac/.test(agent) ? '苹果电脑' : '这台设备'
  const browser = /Edg\//.test(agent) ? 'Edge' : /Firefox\//.test(agent) ? 'Firefox' : /Chrome\//.test(agent) ? 'Chrome' : /Safari\//.test(agent) ? 'Safari' : ''
  return browser ? `${system} · ${browser}` : system
}

export function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replace(/-/g, '+').replace(/_/g, '/'))
  const bytes = new Uint8Array(text.length)
  for (let index = 0; index < text.length; index += 1) bytes[index] = text.charCodeAt(index)
  return bytes
}
