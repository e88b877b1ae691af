import type { BoardFeedItem, BoardState, BoardTicket, GridNode, PolygonArea } from '@/shared/api/types'

/** An invented county for boards whose server is played: townships of villages of groups, and as many open requests as wanted. */

type Point = readonly [lng: number, lat: number]

const south = 24.6
const west = 106.2
const side = 0.16
const townships = ['云溪镇', '石门镇', '白沙乡', '青林镇', '城关镇', '东湾镇', '南渡乡', '北坪镇', '花岭乡'] as const
const villages = ['柳河村', '大坪村', '上寨屯', '茶山村', '古渡村', '坪坝村', '沙口村', '码头社区', '新圩村'] as const
const columns = 3

function square([lng, lat]: Point, width: number): PolygonArea {
  return { type: 'Polygon', coordinates: [[[lng, lat], [lng + width, lat], [lng + width, lat + width], [lng, lat + width], [lng, lat]]] }
}

function node(id: string, name: string, level: number, parent: string | null, place: Point, width: number, children: GridNode[]): GridNode {
  return {
    id,
    code: id,
    number: id,
    name,
    full_name: name,
    version: 1,
    level,
    level_title: ['县级', '乡镇', '村级', '四级', '五级网格'][level - 1] ?? '',
    parent_id: parent,
    order: 0,
    status: 'active',
    organisation: null,
    center: { lng: place[0] + width / 2, lat: place[1] + width / 2 },
    area: square(place, width),
    staff_count: 3,
    households: 0,
    households_in_all: 0,
    vacant: false,
    counters: { submitted: 1, accepted: 2, completed: 3, rated: 4, overdue: 0, returned: 0 },
    children,
  }
}

export const countyId = 'county'

/** @param rename what a grid is called instead, for names that are longer than usual */
export function playedCounty(rename: (name: string) => string = (name) => name): GridNode {
  const parts = (place: Point, width: number, index: number): Point => [place[0] + (index % columns) * (width / columns), place[1] + Math.floor(index / columns) * (width / columns)]
  const county: Point = [west, south]
  const whole = side * columns
  return node(
    countyId,
    rename('青岚县'),
    1,
    null,
    county,
    whole,
    townships.map((town, t) => {
      const at = parts(county, whole, t)
      return node(`t${t}`, rename(town), 2, countyId, at, side, villages.map((village, v) => {
        const inTown = parts(at, side, v)
        const width = side / columns
        return node(`t${t}v${v}`, rename(village), 3, `t${t}`, inTown, width, [1, 2, 3, 4].map((group) => node(`t${t}v${v}g${group}`, rename(`${group} 组`), 4, `t${t}v${v}`, parts(inTown, width, group), width / columns, [])))
      }))
    }),
  )
}

/** The same for the same number: repeatable, and still without a pattern that the eye would see. */
function chance(seed: number): number {
  const x = Math.sin(seed * 12.9898) * 43758.5453
  return x - Math.floor(x)
}

export function playedTicket(number: number): BoardTicket {
  // More of them in the south-west, as round a county's town.
  const spread = (seed: number): number => chance(seed) ** 1.6
  const [x, y] = [spread(number), spread(number + 0.5)]
  const [t, v] = [x, y].reduce<[number, number]>(([town, village], part, axis) => {
    const step = axis === 0 ? 1 : columns
    return [town + Math.floor(part * columns) * step, village + (Math.floor(part * columns * columns) % columns) * step]
  }, [0, 0])
  const accepted = chance(number + 0.25) < 0.6
  const overdue = chance(number + 0.75) < 0.1
  return {
    ticket_id: `k${number}`,
    grid_id: `t${t}v${v}`,
    kind: 'suggestion',
    state: accepted ? 'accepted' : 'submitted',
    lng: west + x * side * columns,
    lat: south + y * side * columns,
    overdue,
    escalated: overdue && !accepted,
  }
}

export function playedFeed(count: number, endsAt: string, firstSeq = 1): BoardFeedItem[] {
  return Array.from({ length: count }, (_, index) => ({
    ...playedTicket(index),
    seq: firstSeq + count - index,
    at: new Date(Date.parse(endsAt) - index * 41_000).toISOString(),
    kind: ['ticket.submitted', 'ticket.accepted', 'ticket.nudged', 'ticket.completed', 'ticket.rated', 'ticket.escalated'][index % 6] ?? '',
    grid_name: `${townships[index % townships.length] ?? ''} ${villages[(index * 5) % villages.length] ?? ''} ${1 + (index % 4)} 组`,
    kind_title: '意见建议',
    text: ['路灯不亮两天了', '韦志强 接单，用时 2 分 11 秒', '领导督促：请尽快处理', '灌渠堵塞，已清理（图 2）', '评价 ★★★★★ 来得快', '超时未接，升级到村级网格长'][index % 6] ?? '',
  }))
}

/** A board with so many open requests; `changes` replaces what a test is about. */
export function playedBoard(open: number, at: string, changes: Partial<BoardState> = {}): BoardState {
  const tickets = Array.from({ length: open }, (_, index) => playedTicket(index))
  const inState = (state: string): number => tickets.filter((ticket) => ticket.state === state).length
  const overdue = tickets.filter((ticket) => ticket.overdue).length
  return {
    grid_id: countyId,
    counters: { submitted: inState('submitted'), accepted: inState('accepted'), completed: 38, rated: 527, overdue, returned: 4 },
    today: { submitted: 318, accepted: 290, completed: 244, rated: 190, nudged: 12, escalated: 9, satisfied_pct: 98 },
    kinds: [['suggestion', '意见建议', 318], ['dispute', '矛盾纠纷', 96], ['revitalization', '乡村振兴', 141], ['employment', '务工就业', 213]].map(([kind, title, count]) => ({ kind: String(kind), title: String(title), count: Number(count) })),
    times: { accept_avg_s: 252, accept_within_pct: 96.8, accept_limit_s: 1_800, finish_avg_s: 20_520, finish_within_pct: 99.2, finish_limit_s: 86_400 },
    ladder: ['县级', '乡镇', '村级', '四级', '五级网格'].map((level_title, index) => ({ level: index + 1, level_title, count: [1, 3, 9, 14, Math.max(0, open - 27)][index] ?? 0, escalated: 1, overdue: index === 4 ? overdue : 0 })),
    slowest: townships.slice(0, 5).map((name, index) => ({ grid_id: `t${index}`, name: `${name} ${villages[index] ?? ''} ${index + 1} 组`, accept_avg_s: 2_460 - index * 300, waiting: 1 + (index % 3) })),
    grids_total: 400,
    staff_total: 2_986,
    open: tickets,
    feed: playedFeed(20, at),
    ...changes,
  }
}

/** As the server sends it: the counters on top. */
export function boardJson({ counters, ...rest }: BoardState): object {
  return { ...counters, ...rest, seq: 100 }
}
