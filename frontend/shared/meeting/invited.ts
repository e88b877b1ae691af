import { fetchAllMembers } from '@/shared/api/members'
import { fetchOrganisationTree } from '@/shared/api/organisations'
import { flat, takesInGroups } from './organisations'
import type { Invited, Meeting } from './types'

/** Whose members are invited, each organisation once. */
export function invitedOrganisations(invited: Invited, own: string): string[] {
  return [...new Set([...(invited.whole_branch ? [own] : []), ...invited.orgs])]
}

/** How many people a launch tells: everybody once, however often they are named. */
export async function countInvited(meeting: Pick<Meeting, 'org_id' | 'attendees'>): Promise<number> {
  const found = new Set(meeting.attendees.members)
  const organisations = invitedOrganisations(meeting.attendees, meeting.org_id)
  if (organisations.length === 0) return found.size
  const known = new Map(flat(await fetchOrganisationTree()).map((node) => [node.id, node]))
  for (const id of organisations) {
    const node = known.get(id)
    for (const member of await fetchAllMembers(id, node !== undefined && takesInGroups(node.kind))) found.add(member.id)
  }
  return found.size
}
