import type { Ticket, TicketState, TimelineItem } from '@/shared/api/types'

/** Words for states, kinds and events, the same on every page. */

export const stateWords: Record<TicketState, string> = {
  submitted: '未接服务',
  accepted: '办理中',
  completed: '待评价',
  rated: '已评价',
  withdrawn: '已撤回',
}

export const levelWords: Record<number, string> = { 1: '县级', 2: '乡镇', 3: '村级', 4: '四级', 5: '五级网格' }

/** First line for a card: what was said, or what it is about when only a form or a voice was sent. */
export function ticketTitle(ticket: Ticket): string {
  const content = ticket.content.trim()
  if (content !== '') return content
  if (typeof ticket.form['work_place'] === 'string' && ticket.form['work_place'] !== '') return `外出务工：${ticket.form['work_place']}`
  if (ticket.attachments.some((attachment) => attachment.kind === 'voice')) return `${ticket.kind_title}（语音诉求）`
  return `${ticket.kind_title}诉求`
}

/** The person a worker should ask for. */
export function personOf(ticket: Ticket): string {
  return ticket.on_behalf ? `${ticket.on_behalf.name}（${ticket.submitter.name} 代报）` : ticket.submitter.name
}

const eventWords: Record<string, string> = {
  'ticket.submitted': '提交诉求',
  'ticket.accepted': '接单',
  'ticket.completed': '办结',
  'ticket.returned': '退回',
  'ticket.reassigned': '改派',
  'ticket.nudged': '督促',
  'ticket.nudge_read': '收到督促',
  'ticket.withdrawn': '撤回诉求',
  'ticket.rated': '评价',
  'ticket.reopened': '要求重新办理',
  'ticket.commented': '留言',
  'ticket.escalated': '升级',
  'ticket.overdue': '超过时限',
  'ticket.due_soon': '即将超时',
  'ticket.level_vacant': '岗位空缺',
  'ticket.paused': '暂停计时',
  'ticket.resumed': '恢复计时',
  'ticket.extension_requested': '申请延期',
  'ticket.extension_decided': '延期审批',
  'ticket.due_changed': '时限调整',
  'ticket.contacted': '电话联系',
  'ticket.made_known': '公开说明',
  'ticket.concealed': '收回公开说明',
  'ticket.joined': '有居民反映同一件事',
  'ticket.left': '有居民不再关注',
}

export function eventWord(kind: string): string {
  return eventWords[kind] ?? '有新进展'
}

const causeWords: Record<string, string> = {
  not_accepted: '超时未接',
  not_completed: '超时未办结',
  nudge_ignored: '督促未回应',
  returned: '多次退回',
  vacant: '岗位空缺',
}

export interface TimelineLine {
  title: string
  note: string | null
}

/** One entry of the timeline in plain words. */
export function timelineLine(item: TimelineItem): TimelineLine {
  const who = item.by?.name ?? ''
  const data = item.data
  const words = (name: string): string | null => {
    const value = data[name]
    return typeof value === 'string' && value !== '' ? value : null
  }
  switch (item.kind) {
    case 'ticket.submitted':
      return { title: '诉求已提交，等待网格员接单', note: null }
    case 'ticket.accepted':
      return { title: `${who || '网格员'} 已接单`, note: null }
    case 'ticket.completed':
      return { title: `${who || '网格员'} 已办结`, note: words('note') }
    case 'ticket.returned':
      return { title: `${who || '网格员'} 退回，将由其他人员接单`, note: words('reason') }
    case 'ticket.reassigned': {
      const handler = data['handler']
      const name = typeof handler === 'object' && handler !== null && 'name' in handler && typeof handler.name === 'string' ? handler.name : words('to_name')
      return { title: name ? `已改派给 ${name}` : '已改派', note: words('reason') }
    }
    case 'ticket.nudged':
      return { title: `${who || '系统自动'} 督促办理`, note: words('note') }
    case 'ticket.withdrawn':
      return { title: '诉求已撤回', note: words('reason') }
    case 'ticket.rated': {
      const stars = typeof data['stars'] === 'number' ? data['stars'] : 0
      return { title: `评价 ${starText(stars)}`, note: words('comment') }
    }
    case 'ticket.reopened':
      return { title: '要求重新办理', note: words('reason') }
    case 'ticket.commented':
      return { title: `${who || '有人'} 留言`, note: words('text') }
    case 'ticket.escalated': {
      const level = typeof data['to_level'] === 'number' ? levelWords[data['to_level']] : undefined
      const cause = causeWords[words('cause') ?? '']
      return { title: level ? `已升级到${level}` : '已升级到上一级', note: cause ?? null }
    }
    case 'ticket.level_vacant': {
      const level = typeof data['level'] === 'number' ? levelWords[data['level']] : undefined
      return { title: `${level ?? '这一级'}暂无负责人，直接上报`, note: null }
    }
    case 'ticket.due_soon':
      return { title: '即将到期', note: null }
    case 'ticket.paused': {
      const pause = record(data['pause'])
      return { title: `${who || '办理人'} 暂停计时`, note: typeof pause?.['note'] === 'string' ? pause['note'] : (pauseWords[String(pause?.['reason'] ?? '')] ?? null) }
    }
    case 'ticket.resumed':
      return { title: who ? `${who} 恢复计时` : '自动恢复计时', note: null }
    case 'ticket.extension_requested': {
      const request = record(data['request'])
      return { title: `${who || '办理人'} 申请延期`, note: typeof request?.['reason'] === 'string' ? request['reason'] : null }
    }
    case 'ticket.extension_decided':
      return { title: data['approved'] === true ? `${who || '上级'} 同意延期` : `${who || '上级'} 未同意延期`, note: words('note') }
    case 'ticket.due_changed':
      return { title: data['cause'] === 'calendar' ? '工作日历调整，时限已重新计算' : '服务时限调整，已重新计算', note: null }
    case 'ticket.overdue':
      return { title: '已超过办理时限', note: null }
    default:
      return { title: who ? `${who} ${eventWord(item.kind)}` : eventWord(item.kind), note: words('note') ?? words('text') }
  }
}

export const pauseWords: Record<string, string> = {
  waiting_for_submitter: '等待诉求人补充',
  waiting_for_department: '等待其他部门',
  force_majeure: '不可抗力',
  other: '其他原因',
}

function record(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
}

export function starText(stars: number): string {
  const full = Math.max(0, Math.min(5, Math.round(stars)))
  return '★'.repeat(full) + '☆'.repeat(5 - full)
}

export function thousands(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}

/** 柳河村 三组 of 云溪镇 柳河村 三组: people near by need no more. */
export function nearName(fullName: string): string {
  return fullName.split(/\s+/).slice(-2).join(' ')
}

/** 张 of 张师傅, for the round portrait. */
export function initial(name: string): string {
  return Array.from(name.trim())[0] ?? '—'
}
