import { clock, stamp } from '@/shared/format/time'
import { dayOf, type Tone } from '@/shared/meeting/words'
import type { AttendanceLine, Facts, MinutesState } from './types'

/** Words of what follows a meeting; those of the facts are the printed file's own. */

export const minutesWords: Record<MinutesState, { text: string; short: string; tone: Tone }> = {
  none: { text: '纪要未上传', short: '未上传', tone: 'wait' },
  draft: { text: '纪要草稿', short: '草稿', tone: 'wait' },
  signed: { text: '纪要已签发', short: '已签发', tone: 'good' },
}

export const wayWords = { code: '扫码', manual: '代签', online: '线上' } as const
export const standingWords = { full: '正式党员', probationary: '预备党员', none: '非党员' } as const
export const roleWords = { member: '参会', guest: '列席', substitute: '替会' } as const

export function rateWords(permille: number | null): string {
  return permille === null ? '' : `${Math.floor(permille / 10)}.${permille % 10}%`
}

/** 2026-11-21 14:30–16:00; a second day is named. */
export function fromTo(from: string, until: string | null): string {
  if (until === null) return `${stamp(from)} 起，进行中`
  return dayOf(from) === dayOf(until) ? `${stamp(from)}–${clock(until)}` : `${stamp(from)} 至 ${stamp(until)}`
}

/** When an item was dealt with; more than once when the host came back to it. */
export function itemTimes(times: readonly { from: string; until: string | null }[]): string {
  return times.map(({ from, until }) => `${clock(from)}–${until === null ? '进行中' : clock(until)}`).join('、')
}

export function countedWords({ figures, heading }: Facts, permille: number | null): string {
  const rate = permille === null ? '' : `（到会率 ${rateWords(permille)}）`
  return `应到 ${figures.expected} 人，实到 ${figures.present} 人${rate}，请假 ${figures.leave} 人，${heading.ended_at ? '缺席' : '未到'} ${figures.absent} 人`
}

/** What of those who came is worth saying; nothing where nobody was late, away early, or the like. */
export function amongWords({ figures }: Facts): string {
  const counts: [string, number][] = [['迟到', figures.late], ['早退', figures.left_early], ['替会', figures.substituted], ['线上', figures.online]]
  const some = counts.filter(([, count]) => count > 0).map(([word, count]) => `${word} ${count} 人`)
  return [some.length > 0 ? `实到中${some.join('、')}` : '', figures.guests > 0 ? `列席 ${figures.guests} 人` : ''].filter((part) => part !== '').join('；')
}

/** Papers of the plan, then pictures and videos. */
export function materialsOf({ papers, media }: Facts): string[] {
  return [...papers.map(({ name }) => `材料：${name}`), ...media.map(({ kind, title, by, at }) => `${kind === 'video' ? '视频' : '图片'}：${title}（${by} ${stamp(at)} 上传）`)]
}

/** Beside somebody's line: how they came, in whose place, why they are away. */
export function remarkOf(line: AttendanceLine): string {
  const way = line.presence[0]?.way
  const other = line.other === undefined ? '' : line.role === 'substitute' ? `替 ${line.other}` : `由 ${line.other} 替会`
  return [way && way !== 'code' ? wayWords[way] : '', other, line.leave_reason ?? ''].filter((part) => part !== '').join('，')
}

/** People by what is said of them, in the order in which that matters to a reader. */
export function groupedAttendance(lines: readonly AttendanceLine[]): { title: string; lines: AttendanceLine[] }[] {
  const came = new Set(['on_time', 'online', 'late', 'left_early', 'substitute'])
  const rank = (line: AttendanceLine): string => (line.role === 'guest' ? '列席' : line.role === 'substitute' ? '替会人' : line.status === 'leave_approved' ? '请假' : came.has(line.status) ? '到会' : line.status === 'absent' ? '缺席' : '未到')
  return ['到会', '替会人', '列席', '请假', '缺席', '未到'].map((title) => ({ title, lines: lines.filter((line) => rank(line) === title) })).filter((group) => group.lines.length > 0)
}

/** 韦建国 2026-11-21 14:52 修改 */
export function markWords(by: { name: string } | null, at: string | null, what: string): string {
  return by && at ? `${by.name} ${stamp(at)} ${what}` : ''
}
