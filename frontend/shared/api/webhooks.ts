import { get, post, request } from './client'
import type { components } from './schema'
import type { From, Page, With } from './types'

/** 事件推送: other systems that are told of tickets. */

type Schemas = components['schemas']
export type WebhookKind = From<'WebhookKindView'>
export type Webhook = From<'WebhookView'>
export type WebhookDeliveryState = 'owed' | 'sent' | 'given_up'
export type WebhookDelivery = With<From<'WebhookDeliveryView'>, { state: WebhookDeliveryState }>
export type NewWebhook = Schemas['NewWebhookInput']
export type WebhookChanges = Schemas['WebhookChanges']

export interface WebhookList {
  items: Webhook[]
  /** what one can be told of */
  kinds: WebhookKind[]
}

/** The secret is answered once, when it is made. */
export interface WebhookWithSecret {
  webhook: Webhook
  secret: string
}

const at = (id: string): string => `/webhooks/${encodeURIComponent(id)}`

export const fetchWebhooks = (): Promise<WebhookList> => get('/webhooks')
export const createWebhook = (webhook: NewWebhook): Promise<WebhookWithSecret> => post('/webhooks', webhook)
export const changeWebhook = (id: string, changes: WebhookChanges): Promise<Webhook> => request('PATCH', at(id), { body: changes })
export const deleteWebhook = (id: string): Promise<void> => request('DELETE', at(id))
export const renewWebhookSecret = (id: string): Promise<WebhookWithSecret> => post(`${at(id)}/secret`, {})
export const pingWebhook = (id: string): Promise<WebhookDelivery> => post(`${at(id)}/ping`, {})
export const fetchWebhookDeliveries = (id: string, state: WebhookDeliveryState | null, cursor: string | null = null, limit = 50): Promise<Page<WebhookDelivery>> => get(`${at(id)}/deliveries`, { state, cursor, limit })
export const redeliverWebhook = (id: string, delivery: string): Promise<WebhookDelivery> => post(`${at(id)}/deliveries/${encodeURIComponent(delivery)}/redeliver`, {})
