import { get } from './client'
import type { Page, Person } from './types'

/** What was sent outside the inbox. */

export type DeliveryChannel = 'push' | 'wechat' | 'sms' | 'voice'
export type DeliveryState = 'owed' | 'sent' | 'given_up' | 'not_needed'

export interface Delivery {
  key: string
  channel: string
  state: DeliveryState
  attempts: number
  next_at: string
  last_error: string | null
  created_at: string
  done_at: string | null
  account: Person | null
  /** thousandths of a fen */
  cost_milli_fen: number | null
  reference: string | null
  title: string | null
}

export interface DeliveryCount {
  /** 2026-11 */
  month: string
  channel: string
  sent: number
  given_up: number
  not_needed: number
  attempts: number
  cost_milli_fen: number
}

export const fetchDeliveries = (state: DeliveryState, cursor: string | null = null, limit = 50): Promise<Page<Delivery>> => get('/deliveries', { state, cursor, limit })

export const fetchDeliveryCounts = (): Promise<{ items: DeliveryCount[] }> => get('/deliveries/counts')
