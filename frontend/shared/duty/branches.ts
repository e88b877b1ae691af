import type { DutyOrder, DutyWarning, LinkedBranch } from '@/shared/api/duties'

/** The branches that somebody looks after, and those that warnings and orders tell of. */

export interface BranchSummary {
  id: string
  name: string
  red: number
  orange: number
  yellow: number
  /** orders and nudges that wait for an answer */
  waiting: number
}

/** Those with the gravest warnings first. */
export function branchesOf(linked: readonly Pick<LinkedBranch, 'org'>[], warnings: readonly DutyWarning[], orders: readonly DutyOrder[]): BranchSummary[] {
  const found = new Map<string, BranchSummary>()
  const of = (org: { id: string; name: string }): BranchSummary => {
    const known = found.get(org.id) ?? { id: org.id, name: org.name, red: 0, orange: 0, yellow: 0, waiting: 0 }
    found.set(org.id, known)
    return known
  }
  for (const { org } of linked) of(org)
  for (const warning of warnings) {
    const branch = of(warning.org)
    if (warning.state === 'warned') branch[warning.level] += 1
  }
  for (const order of orders) of(order.org).waiting += order.state === 'open' ? 1 : 0
  const gravity = (branch: BranchSummary): number => branch.red * 1e6 + branch.orange * 1e3 + branch.yellow
  return [...found.values()].sort((a, b) => gravity(b) - gravity(a) || a.name.localeCompare(b.name, 'zh-CN'))
}
