import { describe, expect, it } from 'vitest'
import { aDelivery, aWebhook } from './fixture'
import { deliveryTone, outcomeWords, webhookWords } from './words'

const now = Date.parse('2026-11-21T06:40:00.000Z')

describe('how a receiver does', () => {
  it.each([
    [{}, 'good', '正常', '最近成功 14:39'],
    [{ last_taken_at: null }, 'calm', '等待事件', '还没有推送过'],
    [{ failures: 3, last_status: 500, paused_until: '2026-11-21T06:45:00.000Z' }, 'bad', '连续失败 3 次', '接收方返回 500，14:45 再试'],
    [{ failures: 1, last_status: null, last_error_title: '接收方没有及时回应' }, 'bad', '连续失败 1 次', '接收方没有及时回应，马上再试'],
    [{ enabled: false }, 'calm', '已停用', '停用期间的事件不会补发'],
    [{ enabled: false, stopped: 'gone', stopped_title: '接收方表示不再接收（410）' }, 'bad', '已自动停用', '接收方表示不再接收（410）'],
  ])('%j', (changes, tone, state, more) => {
    expect(webhookWords(aWebhook(changes), now)).toEqual({ tone, state, more })
  })
})

describe('what became of a message', () => {
  it.each([
    [{}, 'good', '204 · 38 毫秒'],
    [{ state: 'owed' as const, attempts: 0, status: null, duration_ms: null, next_at: '2026-11-21T06:40:00.000Z' }, 'calm', '等待推送'],
    [{ state: 'owed' as const, status: 503, next_at: '2026-11-21T06:41:00.000Z' }, 'bad', '接收方返回 503，14:41 再试'],
    [{ state: 'given_up' as const, status: null, error_title: '域名无法解析' }, 'bad', '域名无法解析'],
  ])('%j', (changes, tone, words) => {
    const delivery = aDelivery(changes)
    expect([deliveryTone(delivery), outcomeWords(delivery, now)]).toEqual([tone, words])
  })
})
