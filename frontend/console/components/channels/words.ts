import type { Delivery, DeliveryChannel, DeliveryCount, DeliveryState } from '@/shared/api/deliveries'

/** Words and sums of the deliveries' page. */

export const channels: readonly DeliveryChannel[] = ['push', 'wechat', 'sms', 'voice']
export const channelWords: Record<string, string> = { push: '浏览器推送', wechat: '微信', sms: '短信', voice: '语音电话' }
export const deliveryStateWords: Record<DeliveryState, string> = { owed: '待发送', given_up: '发送失败', sent: '已发送', not_needed: '不必再发' }
export const deliveryStates = Object.keys(deliveryStateWords) as DeliveryState[]

const milliFenPerYuan = 100_000

/** 4500 → 0.045; two digits at least, as money is written, and no more than it needs. */
export function yuan(milliFen: number): string {
  const text = (milliFen / milliFenPerYuan).toFixed(5).replace(/0{1,3}$/, '')
  return text.replace(/^(-?\d+)/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ','))
}

export interface MonthCounts {
  month: string
  byChannel: Map<string, DeliveryCount>
  costMilliFen: number
}

/** Newest month first. */
export function monthsOfCounts(counts: readonly DeliveryCount[]): MonthCounts[] {
  const months = new Map<string, MonthCounts>()
  for (const count of counts) {
    const month = months.get(count.month) ?? { month: count.month, byChannel: new Map(), costMilliFen: 0 }
    months.set(count.month, month)
    month.byChannel.set(count.channel, count)
    month.costMilliFen += count.cost_milli_fen
  }
  return [...months.values()].sort((a, b) => b.month.localeCompare(a.month))
}

/** 2026 年 11 月 */
export function monthWords(month: string): string {
  const [year = '', number = ''] = month.split('-')
  return `${year} 年 ${Number(number)} 月`
}

const knownReasons: Record<string, string> = {
  read: '收件人已经看过',
  'the channel is switched off': '渠道已停用',
  'no answer in time': '对方没有及时回答',
  'no address': '没有可用的号码或地址',
}

/** What our server says is told in Chinese; the other side's own words stay: whoever looks after the channel needs them. */
export function reasonWords(delivery: Pick<Delivery, 'state' | 'last_error' | 'reference'>): string | null {
  const reason = delivery.state === 'not_needed' ? delivery.reference : delivery.last_error
  if (reason === null) return null
  if (reason.startsWith('told with ')) return '与另一条合并发送'
  const answered = /^the \w+ bridge answered (.+)$/.exec(reason)
  if (answered) return `对方回答 ${answered[1] ?? ''}`
  return knownReasons[reason] ?? reason
}
