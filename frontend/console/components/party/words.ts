import type { Gender, MemberStatus, Position, Standing } from '@/shared/api/members'
import type { OrganisationKind, OrganisationRole } from '@/shared/api/organisations'

/** Words to choose from; what the server tells comes with its own. */

export const kindWords: Record<OrganisationKind, string> = {
  party_committee: '党委',
  general_branch: '党总支',
  branch: '党支部',
  joint_branch: '联合党支部',
  temporary_branch: '临时党支部',
  group: '党小组',
}

export const positionWords: Record<Position, string> = {
  secretary: '书记',
  deputy_secretary: '副书记',
  organisation_commissioner: '组织委员',
  publicity_commissioner: '宣传委员',
  discipline_commissioner: '纪检委员',
  committee_member: '委员',
  group_leader: '党小组长',
}

export const standingWords: Record<Standing, string> = { full: '正式党员', probationary: '预备党员' }
export const genderWords: Record<Gender, string> = { male: '男', female: '女' }
export const memberStatusWords: Record<MemberStatus, string> = { active: '在册', history: '历史' }
export const roleWords: Record<OrganisationRole, { title: string; may: string }> = {
  administrator: { title: '管理员', may: '可以修改本组织和下级组织、党员、会议' },
  supervisor: { title: '督导员', may: '可以查看本组织和下级组织的全部情况，不能修改' },
}

const kinds = Object.keys(kindWords) as OrganisationKind[]
const branches: readonly OrganisationKind[] = ['branch', 'joint_branch', 'temporary_branch']

/** What may stand right below; null: at the top. The server checks it again. */
export function kindsBelow(parent: OrganisationKind | null): readonly OrganisationKind[] {
  if (parent === null) return ['party_committee', 'general_branch']
  if (parent === 'party_committee') return kinds.filter((kind) => kind !== 'group')
  if (parent === 'general_branch') return branches
  return branches.includes(parent) ? ['group'] : []
}
