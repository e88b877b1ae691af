import type { Me } from '@/shared/api/types'

/**
 * Who finds which part of the console in the menu. The server decides what is allowed; this only keeps people from
 * entries that would be refused.
 */

/** Staff, and members who run or look over the meetings of an organisation. */
export function usesConsole(me: Me): boolean {
  return me.kind === 'staff' || me.organisation_roles.length > 0
}

export function servesGrids(me: Me): boolean {
  return me.grids.length > 0 || isAdministrator(me)
}

export function runsMeetings(me: Me): boolean {
  return isAdministrator(me) || me.organisation_roles.some(({ role }) => role === 'secretary' || role === 'administrator')
}

export function looksOnMeetings(me: Me): boolean {
  return isAdministrator(me) || me.organisation_roles.length > 0
}

/** Of a grid tree; the administrator of a whole tenant administers its organisations too. */
export function isAdministrator(me: Me): boolean {
  return me.roles.includes('admin')
}

/** Where somebody's own work begins. */
export function homeOf(me: Me): string {
  if (servesGrids(me) || !looksOnMeetings(me)) return '/console/grids'
  return runsMeetings(me) ? '/console/meetings' : '/console/supervision'
}
