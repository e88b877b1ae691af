import type { DutyCounts, DutySummary } from '@/shared/api/duties'
import type { OrganisationNode } from '@/shared/api/organisations'
import type { Counters, GridNode } from '@/shared/api/types'
import { flat, nameOf, takesInGroups } from '@/shared/meeting/organisations'
import type { Statistics, StatisticsLine } from '@/shared/meeting/statistics'

/** What a leader sees of an organisation: figures that other pages show one by one, side by side. */

export interface OrganisationFigures {
  id: string
  name: string
  kindTitle: string
  organisations: number
  branches: number
  members: number
  attendance: Attendance | null
  duties: DutyCounts | null
  /** of the grid that is linked to it, when the caller may see that */
  tickets: Counters | null
}

export interface Attendance {
  /** null: cannot be added up, as a meeting of several organisations would count for each */
  meetings: number | null
  expected: number
  present: number
}

/** What could be read; null: not, or not yet. */
export interface Sources {
  summary: DutySummary | null
  statistics: Statistics | null
  grids: ReadonlyMap<string, GridNode>
}

export function figuresOf(node: OrganisationNode, { summary, statistics, grids }: Sources): OrganisationFigures {
  return { ...plain(node), attendance: statistics && ofLine(statistics.total), duties: summary?.total ?? null, tickets: grids.get(node.id)?.counters ?? null }
}

export function figuresBelow(node: OrganisationNode, { summary, statistics, grids }: Sources): OrganisationFigures[] {
  const duties = new Map(summary?.items.map((item) => [item.org.id, item]))
  const lines = new Map(statistics?.items.map((line) => [line.key, line]))
  return node.children
    .filter((child) => child.status === 'active')
    .map((child) => ({ ...plain(child), attendance: statistics && added(child, lines), duties: duties.get(child.id) ?? null, tickets: grids.get(child.id)?.counters ?? null }))
}

function plain(node: OrganisationNode): Omit<OrganisationFigures, 'attendance' | 'duties' | 'tickets'> {
  const all = flat(node).filter(({ status }) => status === 'active')
  return {
    id: node.id,
    name: nameOf(node),
    kindTitle: node.kind_title,
    // A group is a part of its branch, no organisation of its own.
    organisations: all.filter(({ kind }) => kind !== 'group').length,
    branches: all.filter(({ kind }) => takesInGroups(kind)).length,
    members: node.members,
  }
}

const ofLine = ({ meetings, expected, present }: StatisticsLine): Attendance => ({ meetings, expected, present })

function added(node: OrganisationNode, lines: ReadonlyMap<string, StatisticsLine>): Attendance {
  const own = flat(node).flatMap(({ id }) => lines.get(id) ?? [])
  const sum = (figure: 'expected' | 'present'): number => own.reduce((total, line) => total + line[figure], 0)
  return { meetings: own.length === 1 ? (own[0]?.meetings ?? 0) : own.length === 0 ? 0 : null, expected: sum('expected'), present: sum('present') }
}

/** Grids by the organisation that they are linked to. */
export function gridsByOrganisation(root: GridNode | null): Map<string, GridNode> {
  const found = new Map<string, GridNode>()
  const visit = (grid: GridNode): void => {
    // Above its own grids a caller sees names without figures.
    if (grid.organisation && !found.has(grid.organisation.id)) found.set(grid.organisation.id, grid)
    for (const child of grid.children ?? []) visit(child)
  }
  if (root) visit(root)
  return found
}

/** Who waits: what a leader looks at first. */
export const openTickets = (counters: Counters): number => counters.submitted + counters.accepted
