import type { Ticket } from '@/shared/api/types'
import { ticketFixture } from '@/shared/ticket/ticket-fixture'
import type { Mocked } from './mocked'

/** A county with its towns, and the tickets in it, as the server tells them. */

const id = (number: number): string => `019ab000-0000-7000-8000-${String(number).padStart(12, '0')}`
const counters = (submitted: number, accepted: number, overdue = 0): object => ({ submitted, accepted, completed: 3, rated: 12, overdue, returned: 1 })
export const square = (west: number, south: number, size: number): object => ({ type: 'Polygon', coordinates: [[[west, south], [west + size, south], [west + size, south + size], [west, south + size], [west, south]]] })

export const places = { county: id(1), town: id(2), village: id(3), group: id(4), second: id(5), other: id(6) }
export const leader = { kind: 'staff', account: 'qingnan01', roles: ['admin'], grids: [{ id: places.county, name: '青岚县', full_name: '青岚县', level: 1, level_title: '县级', duty: 'leader', duty_title: '网格长' }], organisation_roles: [], membership: null }

interface Node {
  id: string
  name: string
  full_name: string
  children: Node[]
  [other: string]: unknown
}
const node = (key: keyof typeof places, name: string, full: string, level: number, area: object | null, children: Node[] = []): Node => ({
  id: places[key], version: 3, staff_count: 2, households: 0, households_in_all: 0, name, full_name: full, number: `4526${level}${places[key].slice(-2)}`, level, level_title: ['', '县级', '镇级', '村级', '组级', '末级'][level], parent_id: null, order: 1, status: 'active', vacant: key === 'second', organisation: null,
  center: null, area, code: `CODE${places[key].slice(-2)}`, counters: counters(6 - level, level), children,
})
export const tree = node('county', '青岚县', '青岚县', 1, square(106.9, 23.7, 0.4), [
  node('town', '云溪镇', '云溪镇', 2, square(106.95, 23.75, 0.2), [
    node('village', '柳河村', '云溪镇 柳河村', 3, square(106.96, 23.76, 0.1), [node('group', '一组', '云溪镇 柳河村 一组', 4, square(106.96, 23.76, 0.05)), node('second', '二组', '云溪镇 柳河村 二组', 4, null)]),
  ]),
  node('other', '石门镇', '石门镇', 2, square(107.15, 23.75, 0.1)),
])
const adopt = (parent: Node): void => parent.children.forEach((child) => ((child['parent_id'] = parent.id), adopt(child)))
adopt(tree)
const all = (from: Node): Node[] => [from, ...from.children.flatMap(all)]

export const person = (number: number, name: string, duty: 'leader' | 'deputy' | 'worker'): object => ({ account_id: id(100 + number), name, duty, duty_title: { leader: '网格长', deputy: '副网格长', worker: '网格员' }[duty], phone: '199****0000' })
const staff: Record<string, object[]> = { [places.group]: [person(1, '韦师傅', 'worker'), person(2, '黄师傅', 'worker')], [places.village]: [person(3, '农支书', 'leader'), person(4, '覃干事', 'worker')], [places.county]: [person(5, '陆书记', 'leader')] }

const words = ['三组路口的路灯坏了，晚上看不清路，老人出门容易摔倒', '与邻居因排水沟改道发生争执，请村里出面调解', '家中老人住院，请求核实医疗救助', '饮水管道破裂，十余户停水', '赴深圳务工，需要就业推荐']
const states = ['submitted', 'accepted', 'accepted', 'completed', 'rated'] as const
export function aTicket(number: number, changes: Partial<Ticket> = {}): Ticket {
  const state = states[number % states.length] ?? 'submitted'
  const open = state === 'submitted' || state === 'accepted'
  const where = number % 3 === 0 ? (['village', '柳河村', '云溪镇 柳河村', 3] as const) : (['group', '一组', '云溪镇 柳河村 一组', 4] as const)
  return ticketFixture({
    id: id(1000 + number), number: `261121-${String(number).padStart(7, 'K')}`, state, content: words[number % words.length] ?? '', grid: { id: places[where[0]], name: where[1], full_name: where[2], level: where[3] },
    submitter: { id: 'r', name: '李小明' }, handler: state === 'submitted' ? null : { id: id(101), name: '韦师傅' }, overdue: number % 5 === 1, due_at: open ? '2026-11-21T08:00:00.000Z' : null, actions: open ? ['reassign', 'nudge'] : [],
    submitted_at: new Date(Date.parse('2026-11-21T06:00:00.000Z') - number * 600_000).toISOString(), rating: state === 'rated' ? { stars: 4, comment: '谢谢', at: '2026-11-21T06:00:00.000Z' } : null, ...changes,
  })
}
export const tickets = Array.from({ length: 12 }, (_, number) => aTicket(number))

/** The server of that county. */
export function governs(server: Mocked): void {
  server.at('GET', '/grids/tree', ({ query }) => ({ body: all(tree).find((one) => one.id === query.get('root')) ?? tree }))
  for (const one of all(tree)) server.at('GET', `/grids/${one.id}`, { body: { ...one, children: undefined, ancestors: [], staff: staff[one.id] ?? [] } })
  server.at('GET', '/ticket-kinds', { body: { items: [{ kind: 'suggestion', title: '意见建议' }, { kind: 'dispute', title: '矛盾纠纷' }] } })
  server.at('GET', '/tickets', { body: { items: tickets, next_cursor: null } })
}
