import { fetchDuties, fetchLinkedBranches, fetchOrders } from '@/shared/api/duties'
import { branchesOf, type BranchSummary } from './branches'

const most = 200

/** The branches that the caller looks after, and those that warnings and orders tell of. */
export async function fetchOwnBranches(): Promise<BranchSummary[]> {
  const [linked, duties, orders] = await Promise.all([fetchLinkedBranches(), fetchDuties({ limit: most }), fetchOrders({ limit: most })])
  return branchesOf(linked, duties.items, orders.items)
}

/** Whether there is anything at all to look after or to answer. */
export async function hasDuties(): Promise<boolean> {
  const [linked, duties, orders] = await Promise.all([fetchLinkedBranches(), fetchDuties({ limit: 1 }), fetchOrders({ limit: 1 })])
  return linked.length > 0 || duties.items.length > 0 || orders.items.length > 0
}
