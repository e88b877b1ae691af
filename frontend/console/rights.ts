import type { Me } from '@/shared/api/types'

/** What the console offers to whom. The server decides again; this only spares people doors that do not open. */

export const isAdmin = (me: Me): boolean => me.roles.includes('admin')
const hasRole = (me: Me, ...roles: readonly string[]): boolean => me.organisation_roles.some((own) => roles.includes(own.role))

/** A secretary often has no work account and signs in as the resident that every member is. */
export const mayEnter = (me: Me | null): boolean => me !== null && (me.kind === 'staff' || me.organisation_roles.length > 0)

/** Before the first organisation is made there is none to have a role in; whoever administers grids may make it. */
export const usesParty = (me: Me | null): boolean => me !== null && (isAdmin(me) || me.organisation_roles.length > 0)

/** Who has a right in organisations and nothing to do with grids finds only the Party's pages. */
export const usesGrids = (me: Me | null): boolean => me !== null && me.kind === 'staff' && (isAdmin(me) || me.grids.length > 0 || me.organisation_roles.length === 0)

export const importsOrganisations = (me: Me | null): boolean => me !== null && (isAdmin(me) || hasRole(me, 'administrator'))

export const importsMembers = (me: Me | null): boolean => me !== null && hasRole(me, 'administrator', 'secretary')

/** Whoever looks over meetings without running any makes none. */
export const runsMeetings = (me: Me | null): boolean => importsMembers(me)

/** Who answers for grids: administers or leads one. */
export const publishes = (me: Me | null): boolean => me !== null && (isAdmin(me) || me.grids.some((grid) => grid.duty !== 'worker'))

/** Where somebody's own work begins. */
export function homeOf(me: Me): string {
  if (usesGrids(me) || !usesParty(me)) return '/console/grids'
  return runsMeetings(me) ? '/console/meetings' : '/console/supervision'
}
