import { get, post, request } from './client'
import type { components } from './schema'
import type { Page } from './types'

/** The caller's own inbox, how the caller wants to be told, and the browsers that take push messages. */

export type NotificationType = 'request' | 'employment' | 'nudge' | 'escalation' | 'deadline' | 'approval' | 'meeting' | 'progress' | 'digest'
export type Urgency = 'normal' | 'important' | 'urgent'

export interface Notification {
  id: string
  type: NotificationType
  type_title: string
  urgency: Urgency
  title: string
  text: string
  subject: { kind: string; id: string }
  at: string
  read_at: string | null
}

export interface Unread {
  total: number
  by_type: { type: NotificationType; type_title: string; unread: number }[]
}

export interface Channels {
  push: boolean
  wechat: boolean
  sms: boolean
  voice: boolean
}

export interface Wishes {
  quiet: { from: string; to: string } | null
  muted: NotificationType[]
  channels: Channels
  digest: string | null
}
export type WishesView = Wishes & { available: Channels; may_mute: NotificationType[] }
export type PushBrowser = components['schemas']['SubscriptionView']

export const fetchInbox = (query: { unread?: boolean; type?: NotificationType; limit?: number; cursor?: string }): Promise<Page<Notification>> => get('/inbox', { ...query })
export const fetchUnread = (): Promise<Unread> => get('/inbox/unread')
export const markRead = (ids: string[]): Promise<void> => post('/inbox/read', { ids })
export const markAllRead = (until: string): Promise<void> => post('/inbox/read', { all_until: until })

export const fetchWishes = (): Promise<WishesView> => get('/me/notifications')
export const saveWishes = (wishes: Wishes): Promise<WishesView> => request('PUT', '/me/notifications', { body: wishes })

export const fetchPushKey = (): Promise<{ enabled: boolean; key: string | null }> => get('/push/key')
export const fetchPushBrowsers = (): Promise<{ items: PushBrowser[] }> => get('/push/subscriptions')
export const addPushBrowser = (subscription: { endpoint: string; keys: { p256dh: string; auth: string }; device?: string }): Promise<{ id: string }> => post('/push/subscriptions', subscription)
export const removePushBrowser = (id: string): Promise<void> => request('DELETE', `/push/subscriptions/${encodeURIComponent(id)}`)
