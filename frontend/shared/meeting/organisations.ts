import type { OrganisationKind, OrganisationNode } from '@/shared/api/organisations'

/** The tree of organisations as lists need it. */

/** A tree as one list, those above before those below. */
export function flat(root: OrganisationNode | null): OrganisationNode[] {
  return root === null ? [] : [root, ...root.children.flatMap(flat)]
}

/** Whoever is invited with a branch is invited with its groups; a committee's own members are few. */
export function takesInGroups(kind: OrganisationKind): boolean {
  return kind === 'branch' || kind === 'joint_branch' || kind === 'temporary_branch'
}

/** 柳河村党支部 */
export function nameOf(node: Pick<OrganisationNode, 'name' | 'short_name'>): string {
  return node.short_name || node.name
}
