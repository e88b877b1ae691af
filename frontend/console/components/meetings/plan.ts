import type { MeetingChanges, NewMeeting } from '@/shared/api/meetings'
import type { Attachment, Person } from '@/shared/api/types'
import { localTime, momentOf } from '@/shared/format/local-time'
import type { Invited, Meeting, MeetingMode } from '@/shared/meeting/types'

/** The plan of a meeting as the form holds it: texts as typed, times by Beijing's clock. */

export type Datum = 'gcj02' | 'bd09' | 'wgs84'

export interface PlanItem {
  /** for the form alone: items move */
  key: number
  title: string
  minutes: string
  presenter: string
}

export interface PlanDraft {
  topic: string
  type: string
  org_id: string
  /** an account */
  host: Person | null
  recorder: Person | null
  /** `2026-11-21T14:30` */
  starts: string
  ends: string
  mode: MeetingMode
  place: string
  videoLink: string
  content: string
  papers: Attachment[]
  invited: Invited
  signUp: boolean
  signUpUntil: string
  required: boolean
  opensBefore: string
  lateAfter: string
  fenced: boolean
  lng: string
  lat: string
  radius: string
  datum: Datum
  /** A region that is not a circle stays as it is unless somebody takes it away. */
  polygon: unknown
  agenda: PlanItem[]
}

export type FieldProblems = Readonly<Record<string, string>>

const hourMs = 3600_000
/** What the server takes, see domain/src/meeting/plan.rs. */
export const limits = { topic: 100, place: 200, videoLink: 500, content: 5000, papers: 10, agenda: 50, item: 100, presenter: 50, itemMinutes: 600, opensBefore: 1440, lateAfter: 600, radius: [20, 5000] } as const

let lastKey = 0

export function emptyItem(): PlanItem {
  lastKey += 1
  return { key: lastKey, title: '', minutes: '15', presenter: '' }
}

/** A new plan: tomorrow afternoon, the whole branch, signing in half an hour before. */
export function emptyPlan(orgId: string, host: Person | null, now: number): PlanDraft {
  const tomorrow = localTime(now + 24 * hourMs).slice(0, 10)
  return {
    topic: '',
    type: '',
    org_id: orgId,
    host,
    recorder: null,
    starts: `${tomorrow}T14:30`,
    ends: `${tomorrow}T16:00`,
    mode: 'onsite',
    place: '',
    videoLink: '',
    content: '',
    papers: [],
    invited: { whole_branch: true, members: [], orgs: [] },
    signUp: false,
    signUpUntil: `${tomorrow}T12:00`,
    required: true,
    opensBefore: '30',
    lateAfter: '0',
    fenced: false,
    lng: '',
    lat: '',
    radius: '200',
    datum: 'gcj02',
    polygon: null,
    agenda: [],
  }
}

export function planOf(meeting: Meeting): PlanDraft {
  const { sign_in, sign_up_until } = meeting
  const circle = sign_in.fence && typeof sign_in.fence.lng === 'number' ? sign_in.fence : null
  return {
    topic: meeting.topic,
    type: meeting.type,
    org_id: meeting.org_id,
    host: meeting.host,
    recorder: meeting.recorder,
    starts: localTime(meeting.starts_at),
    ends: localTime(meeting.ends_at),
    mode: meeting.mode,
    place: meeting.place,
    videoLink: meeting.video_link ?? '',
    content: meeting.content,
    papers: [...meeting.attachments],
    invited: { whole_branch: meeting.attendees.whole_branch, members: [...meeting.attendees.members], orgs: [...meeting.attendees.orgs] },
    signUp: sign_up_until !== null,
    signUpUntil: localTime(sign_up_until ?? Date.parse(meeting.starts_at) - 2 * hourMs),
    required: sign_in.required,
    opensBefore: String(sign_in.opens_minutes_before),
    lateAfter: String(sign_in.late_after_minutes),
    fenced: sign_in.fence !== null,
    lng: circle ? String(circle.lng) : '',
    lat: circle ? String(circle.lat) : '',
    radius: String(circle?.radius_m ?? 200),
    datum: circle ? 'wgs84' : 'gcj02',
    polygon: sign_in.fence?.polygon ?? null,
    agenda: meeting.agenda.map((item) => ({ ...emptyItem(), title: item.title, minutes: item.minutes === 0 ? '' : String(item.minutes), presenter: item.presenter ?? '' })),
  }
}

/** What is wrong before anything is sent, by the API's names of the fields. */
export function problemsOf(plan: PlanDraft): FieldProblems {
  const found: Record<string, string> = {}
  const [starts, ends] = [momentOf(plan.starts), momentOf(plan.ends)]
  if (plan.topic.trim() === '') found['topic'] = '请填写会议主题'
  if (plan.type === '') found['type'] = '请选择会议类型'
  if (plan.org_id === '') found['org_id'] = '请选择召开会议的党组织'
  if (starts === null) found['starts_at'] = '请填写开始时间'
  if (ends === null) found['ends_at'] = '请填写结束时间'
  else if (starts !== null && ends < starts) found['ends_at'] = '结束时间不能早于开始时间'
  if (plan.mode !== 'online' && plan.place.trim() === '') found['place'] = '请填写会议地点'
  if (plan.mode !== 'onsite' && plan.videoLink.trim() !== '' && !isLink(plan.videoLink.trim())) found['video_link'] = '请填写以 https:// 开头的视频会议链接'
  if (!plan.invited.whole_branch && plan.invited.members.length === 0 && plan.invited.orgs.length === 0) found['attendees'] = '请选择参会人员'
  if (plan.signUp) {
    const until = momentOf(plan.signUpUntil)
    if (until === null) found['sign_up.deadline'] = '请填写报名截止时间'
    else if (starts !== null && until >= starts) found['sign_up.deadline'] = '报名截止要早于开始时间'
  }
  if (plan.required) {
    if (wholeNumber(plan.opensBefore, limits.opensBefore) === null) found['sign_in.opens_minutes_before'] = '请填写 0 到 1440 分钟'
    if (wholeNumber(plan.lateAfter, limits.lateAfter) === null) found['sign_in.late_after_minutes'] = '请填写 0 到 600 分钟'
    if (plan.fenced && plan.polygon === null) {
      const [lng, lat, radius] = [degrees(plan.lng, 180), degrees(plan.lat, 90), Number(plan.radius)]
      if (lng === null || lat === null) found['sign_in.fence'] = '请填写会场的经度和纬度'
      if (!(radius >= limits.radius[0] && radius <= limits.radius[1])) found['sign_in.fence.radius_m'] = `签到半径应在 ${limits.radius[0]} 至 ${limits.radius[1]} 米之间`
    }
  }
  plan.agenda.forEach((item, index) => {
    if (item.title.trim() === '') found[`agenda[${index}].title`] = '请填写这一项的内容'
    if (item.minutes.trim() !== '' && wholeNumber(item.minutes, limits.itemMinutes) === null) found[`agenda[${index}].minutes`] = '请填写 0 到 600 分钟'
  })
  return found
}

export function newMeetingOf(plan: PlanDraft): NewMeeting {
  return { ...changesOf(plan), org_id: plan.org_id }
}

/** All that the form shows: what it leaves empty is taken away. */
export function changesOf(plan: PlanDraft): Omit<NewMeeting, 'org_id'> & MeetingChanges {
  return {
    ...common(plan),
    recorder_id: plan.recorder?.id ?? null,
    video_link: plan.mode === 'onsite' ? null : plan.videoLink.trim() || null,
    attachments: plan.papers.map((paper) => paper.id),
    sign_up: plan.signUp ? { deadline: isoOf(plan.signUpUntil) } : null,
  }
}

function common(plan: PlanDraft) {
  return {
    topic: plan.topic.trim(),
    type: plan.type,
    ...(plan.host ? { host_id: plan.host.id } : {}),
    starts_at: isoOf(plan.starts),
    ends_at: isoOf(plan.ends),
    mode: plan.mode,
    place: plan.place.trim(),
    content: plan.content.trim(),
    attendees: plan.invited,
    sign_in: {
      required: plan.required,
      opens_minutes_before: wholeNumber(plan.opensBefore, limits.opensBefore) ?? 30,
      late_after_minutes: wholeNumber(plan.lateAfter, limits.lateAfter) ?? 0,
      fence: fenceOf(plan),
    },
    agenda: plan.agenda.map((item) => ({ title: item.title.trim(), minutes: wholeNumber(item.minutes, limits.itemMinutes) ?? 0, presenter: item.presenter.trim() || null })),
  }
}

function fenceOf(plan: PlanDraft): NonNullable<NewMeeting['sign_in']>['fence'] {
  if (!plan.required || !plan.fenced) return null
  if (plan.polygon !== null) return { polygon: plan.polygon as Record<string, never> }
  return { lng: Number(plan.lng), lat: Number(plan.lat), radius_m: Number(plan.radius), datum: plan.datum }
}

/** "108.3669, 22.8170", as map pages give a point away. */
export function readPoint(text: string): { lng: string; lat: string } | null {
  const numbers = text.match(/-?\d+(\.\d+)?/g)
  const [first, second] = [numbers?.[0], numbers?.[1]]
  if (numbers?.length !== 2 || first === undefined || second === undefined) return null
  // In China a longitude is the larger number, in whatever order a map writes them.
  return Number(first) >= Number(second) ? { lng: first, lat: second } : { lng: second, lat: first }
}

export function moved<Item>(items: readonly Item[], from: number, to: number): Item[] {
  const all = [...items]
  const [item] = all.splice(from, 1)
  if (item === undefined || to < 0 || to > all.length) return [...items]
  all.splice(to, 0, item)
  return all
}

/** Minutes of all items, and of the whole meeting: a hint when they do not fit. */
export function agendaMinutes(plan: Pick<PlanDraft, 'agenda' | 'starts' | 'ends'>): { planned: number; available: number | null } {
  const planned = plan.agenda.reduce((sum, item) => sum + (wholeNumber(item.minutes, limits.itemMinutes) ?? 0), 0)
  const [starts, ends] = [momentOf(plan.starts), momentOf(plan.ends)]
  return { planned, available: starts !== null && ends !== null && ends > starts ? Math.round((ends - starts) / 60_000) : null }
}

function isoOf(local: string): string {
  return new Date(momentOf(local) ?? 0).toISOString()
}

function isLink(text: string): boolean {
  return text.startsWith('https://') && URL.canParse(text)
}

function wholeNumber(text: string, most: number): number | null {
  const trimmed = text.trim()
  return /^\d+$/.test(trimmed) && Number(trimmed) <= most ? Number(trimmed) : null
}

function degrees(text: string, most: number): number | null {
  const value = Number(text)
  return text.trim() !== '' && Number.isFinite(value) && Math.abs(value) <= most ? value : null
}
