import { computed, onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import { fetchStatistics } from '@/shared/api/attendance'
import { fetchDutySummary, type DutySummary } from '@/shared/api/duties'
import { fetchTree } from '@/shared/api/grids'
import { fetchOrganisationTree, type OrganisationNode } from '@/shared/api/organisations'
import { ApiProblem, describeProblem } from '@/shared/api/problem'
import type { GridNode } from '@/shared/api/types'
import { useDutyNews } from '@/shared/duty/use-duty-news'
import { serverNow } from '@/shared/format/clock'
import { parseGridState } from '@/shared/live/ticket-events'
import { useLiveTopic } from '@/shared/live/use-live'
import { flat, nameOf } from '@/shared/meeting/organisations'
import { periodOf } from '@/shared/meeting/periods'
import type { Statistics } from '@/shared/meeting/statistics'
import { afterChange, rowsOf, totalsOf, type Rows, type Totals } from '@/shared/meeting/supervised-rows'
import { parseSupervision, parseSupervisionChange } from '@/shared/meeting/supervision'
import { useSession } from '@/shared/session/session'
import { figuresBelow, figuresOf, gridsByOrganisation, type OrganisationFigures } from './figures'

export type LeaderPeriod = 'month' | 'quarter'

export interface Leader {
  figures: ComputedRef<OrganisationFigures | null>
  below: ComputedRef<OrganisationFigures[]>
  path: ComputedRef<{ id: string; name: string }[]>
  /** of today's meetings, live; null: not known yet */
  today: ComputedRef<Totals | null>
  period: Ref<LeaderPeriod>
  /** why the page has nothing to show */
  message: Ref<string>
  /** there is nothing that this person looks over */
  none: Ref<boolean>
  reload: () => Promise<void>
}

/** Levels of grids that may be linked to organisations. */
const gridDepth = 3
/** Counters and rates of a busy hour are read at most this often. */
const pauseMs = 3000

/** An organisation's figures and those of the ones below it. `chosen`: empty for the highest that somebody looks over. */
export function useLeader(chosen: () => string): Leader {
  const { me } = useSession()
  const tree = shallowRef<OrganisationNode | null>(null)
  const top = ref('')
  const summary = shallowRef<DutySummary | null>(null)
  const statistics = shallowRef<Statistics | null>(null)
  const gridRoot = shallowRef<GridNode | null>(null)
  const rows = shallowRef<Rows | null>(null)
  const period = ref<LeaderPeriod>('month')
  const message = ref('')
  const none = ref(false)
  let generation = 0
  const waiting = new Map<() => Promise<void>, ReturnType<typeof setTimeout>>()
  onScopeDispose(() => waiting.forEach((timer) => clearTimeout(timer)))

  const nodes = computed(() => new Map(flat(tree.value).map((node) => [node.id, node])))
  const id = computed(() => chosen() || top.value)
  const node = computed(() => nodes.value.get(id.value) ?? null)
  const grids = computed(() => gridsByOrganisation(gridRoot.value))
  const sources = computed(() => ({ summary: summary.value?.org.id === id.value ? summary.value : null, statistics: statistics.value, grids: grids.value }))
  const figures = computed(() => node.value && figuresOf(node.value, sources.value))
  const below = computed(() => (node.value ? figuresBelow(node.value, sources.value) : []))
  const today = computed(() => rows.value && totalsOf(rows.value))
  const path = computed(() => {
    const steps: { id: string; name: string }[] = []
    for (let at = node.value; at; at = at.parent_id !== null && at.id !== top.value ? (nodes.value.get(at.parent_id) ?? null) : null) steps.unshift({ id: at.id, name: nameOf(at) })
    return steps
  })

  watch(id, (now, before) => {
    if (before === '' || now === before) return
    rows.value = null
    statistics.value = null
    void loadOrganisation()
  })
  watch(period, () => {
    statistics.value = null
    void loadStatistics()
  })
  watch(() => today.value?.over, (now, before) => now !== undefined && before !== undefined && now !== before && later(loadStatistics))
  useDutyNews(() => void loadSummary(), () => node.value?.id)
  useLiveTopic(() => (node.value ? `supervision:${node.value.id}` : null), {
    onSnapshot: take,
    onState: take,
    onChanges: (value) => {
      const change = parseSupervisionChange(value)
      if (change && rows.value) rows.value = afterChange(rows.value, change)
    },
  })
  useLiveTopic(() => (figures.value?.tickets && gridRoot.value ? `grid:${grids.value.get(id.value)?.id ?? ''}` : null), {
    onState: (value) => {
      if (parseGridState(value)) later(loadGrids)
    },
  })
  void reload()
  return { figures, below, path, today, period, message, none, reload }

  function take(value: unknown): void {
    const newest = parseSupervision(value)
    if (newest && newest.org_id === id.value) rows.value = rowsOf(newest.items, rows.value ?? undefined)
  }

  async function reload(): Promise<void> {
    try {
      const [all, own] = await Promise.all([fetchOrganisationTree(), fetchDutySummary()])
      tree.value = all
      top.value = own.org.id
      message.value = ''
      none.value = false
    } catch (error) {
      none.value = error instanceof ApiProblem && (error.status === 403 || error.status === 404)
      message.value = none.value ? '' : describeProblem(error)
      return
    }
    await loadOrganisation()
  }

  async function loadOrganisation(): Promise<void> {
    generation += 1
    message.value = node.value ? '' : '没有找到这个组织，可能已被删除或不归您查看。'
    if (!node.value) return
    await Promise.all([loadSummary(), loadStatistics(), loadGrids()])
  }

  async function loadSummary(): Promise<void> {
    const asked = id.value
    if (asked === '') return
    try {
      const newest = await fetchDutySummary(asked)
      if (asked === id.value) summary.value = newest
    } catch (error) {
      if (asked === id.value) message.value = describeProblem(error)
    }
  }

  async function loadStatistics(): Promise<void> {
    const [own, asked, of] = [generation, id.value, period.value]
    if (asked === '') return
    try {
      const newest = await fetchStatistics({ org_id: asked, include_below: true, by: 'organisation', ...periodOf(of, serverNow()), type: '' })
      if (own === generation && of === period.value) statistics.value = newest
    } catch (error) {
      if (own === generation) message.value = describeProblem(error)
    }
  }

  /** Who has nothing to do with grids sees no figures of requests; that is no failure. */
  async function loadGrids(): Promise<void> {
    if (!me.value || (me.value.grids.length === 0 && !me.value.roles.includes('admin'))) return
    gridRoot.value = await fetchTree(undefined, gridDepth).catch(() => gridRoot.value)
  }

  function later(work: () => Promise<void>): void {
    if (waiting.has(work)) return
    waiting.set(
      work,
      setTimeout(() => {
        waiting.delete(work)
        void work()
      }, pauseMs),
    )
  }
}
