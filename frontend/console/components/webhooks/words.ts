import type { Webhook, WebhookDelivery, WebhookDeliveryState } from '@/shared/api/webhooks'
import { moment } from '@/shared/format/time'

/** What is said of webhooks and their messages. */

export type Tone = 'good' | 'bad' | 'calm'

export interface WebhookWords {
  tone: Tone
  /** one word or two */
  state: string
  /** why, or since when */
  more: string
}

export function webhookWords(webhook: Webhook, now: number): WebhookWords {
  if (!webhook.enabled) return { tone: webhook.stopped ? 'bad' : 'calm', state: webhook.stopped ? '已自动停用' : '已停用', more: webhook.stopped_title ?? '停用期间的事件不会补发' }
  if (webhook.failures > 0) {
    const next = webhook.paused_until ? `，${moment(webhook.paused_until, now)} 再试` : '，马上再试'
    return { tone: 'bad', state: `连续失败 ${webhook.failures} 次`, more: `${reason(webhook.last_status, webhook.last_error_title)}${next}` }
  }
  if (webhook.last_taken_at) return { tone: 'good', state: '正常', more: `最近成功 ${moment(webhook.last_taken_at, now)}` }
  return { tone: 'calm', state: '等待事件', more: '还没有推送过' }
}

/** Why a try failed; the receiver's own answer says more than that it was none. */
export function reason(status: number | null, title: string | null): string {
  return status === null ? (title ?? '') : `接收方返回 ${status}`
}

export const deliveryStateWords: Record<WebhookDeliveryState, string> = { owed: '待推送', sent: '已送达', given_up: '已放弃' }

export function deliveryTone(delivery: WebhookDelivery): Tone {
  if (delivery.state === 'sent') return 'good'
  return delivery.state === 'given_up' || delivery.attempts > 0 ? 'bad' : 'calm'
}

/** What became of a message, in one line. */
export function outcomeWords(delivery: WebhookDelivery, now: number): string {
  const took = delivery.duration_ms === null ? '' : ` · ${delivery.duration_ms} 毫秒`
  if (delivery.state === 'sent') return `${delivery.status ?? ''}${took}`
  if (delivery.attempts === 0) return '等待推送'
  const why = reason(delivery.status, delivery.error_title)
  return delivery.next_at ? `${why}，${moment(delivery.next_at, now)} 再试` : why
}
