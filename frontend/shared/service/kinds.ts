import type { ServiceKind } from '@/shared/api/services'

/** Kinds of 服务日记 in the order in which they are offered. */
export const serviceKinds: readonly { kind: ServiceKind; title: string }[] = [
  { kind: 'visit', title: '走访入户' },
  { kind: 'mediation', title: '矛盾调解' },
  { kind: 'help', title: '帮办代办' },
  { kind: 'inspection', title: '巡查排查' },
  { kind: 'publicity', title: '政策宣传' },
  { kind: 'other', title: '其他服务' },
]
