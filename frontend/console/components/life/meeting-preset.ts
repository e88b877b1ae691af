import type { Member } from '@/shared/api/members'
import { localTime, momentOf } from '@/shared/format/local-time'
import type { LifeMeeting, Part } from '@/shared/organisational-life/types'
import { partTypes, partWords } from '@/shared/organisational-life/words'
import type { PlanDraft } from '../meetings/plan'

const dayMs = 86_400_000
const longMs = 90 * 60_000

/** What is known of the 支委会 or 党员会 before anybody fills in its form. `members`: of the branch, for its committee. */
export function presetOf(life: LifeMeeting, part: Part, members: readonly Member[], now: number): Partial<PlanDraft> {
  const tomorrow = localTime(now + dayMs).slice(0, 10)
  const starts = momentOf(`${tomorrow}T14:30`) ?? now
  return {
    type: partTypes[part],
    org_id: life.org.id,
    topic: part === 'members' ? life.topic : `${life.topic}（${partWords[part]}）`,
    content: life.content,
    starts: localTime(starts),
    ends: localTime(starts + longMs),
    invited: part === 'members' ? { whole_branch: true, members: [], orgs: [] } : { whole_branch: false, members: committeeOf(members), orgs: [] },
  }
}

/** Who has a position in the branch; whoever only leads a group is not of its committee. */
function committeeOf(members: readonly Member[]): string[] {
  return members.filter(({ positions }) => positions.some((position) => position !== 'group_leader')).map(({ id }) => id)
}
