import type { NewVote } from '@/shared/api/votes'
import type { Base, Method, Question, Share, Vote } from '../votes'

/** A vote as the form holds it: texts of fields, turned into what the server takes. */

export type Preset = 'motion' | 'admission' | 'election' | 'score' | 'free'
/** none: no rule; own: a fraction of one's own */
export type ShareName = 'none' | 'half' | 'two_thirds' | 'three_quarters' | 'four_fifths' | 'own'

export interface PlannedShare {
  name: ShareName
  /** of `own` */
  numerator: string
  denominator: string
  more_than: boolean
}

export interface PlannedVote {
  preset: Preset
  title: string
  method: Method
  secrecy: Question['secrecy']
  /** one in each line */
  options: string
  min: string
  max: string
  seats: string
  quorum: PlannedShare
  majority: PlannedShare
  base: Base
  live: boolean
}

const shares: Record<Exclude<ShareName, 'none' | 'own'>, Share> = {
  half: { numerator: 1, denominator: 2, more_than: true },
  two_thirds: { numerator: 2, denominator: 3, more_than: false },
  three_quarters: { numerator: 3, denominator: 4, more_than: false },
  four_fifths: { numerator: 4, denominator: 5, more_than: false },
}

export const shareNames: Record<ShareName, string> = { none: '不要求', half: '过半数', two_thirds: '三分之二以上', three_quarters: '四分之三以上', four_fifths: '五分之四以上', own: '其他比例' }

export const presets: Record<Preset, { title: string; hint: string }> = {
  motion: { title: '一般表决', hint: '赞成、反对、弃权；应到过半数通过' },
  admission: { title: '接收预备党员、转正', hint: '无记名；应到过半数通过' },
  election: { title: '选举', hint: '无记名；到会五分之四以上，得赞成票超过实到半数的当选' },
  score: { title: '评分', hint: '每项打分，算平均分' },
  free: { title: '自定义', hint: '自己定投票方式和通过规则' },
}

const share = (name: ShareName): PlannedShare => ({ name, numerator: '', denominator: '', more_than: false })

export function emptyPlan(preset: Preset, title = ''): PlannedVote {
  const plan: PlannedVote = { preset, title, method: 'yes_no_abstain', secrecy: 'open', options: '', min: '', max: '', seats: '', quorum: share('half'), majority: share('half'), base: 'expected', live: false }
  switch (preset) {
    case 'admission':
      return { ...plan, secrecy: 'secret' }
    case 'election':
      return { ...plan, method: 'multiple', secrecy: 'secret', quorum: share('four_fifths'), base: 'present' }
    case 'score':
      return { ...plan, method: 'score', min: '0', max: '10', quorum: share('none'), majority: share('none') }
    case 'motion':
    case 'free':
      return plan
    default: {
      const unreachable: never = preset
      return unreachable
    }
  }
}

/** A vote of before, to be changed. */
export function planOf(vote: Vote): PlannedVote {
  const titled = vote.options.length === 1 && vote.options[0] === vote.title
  return {
    preset: 'free',
    title: vote.title,
    method: vote.method,
    secrecy: vote.secrecy,
    options: titled ? '' : vote.options.join('\n'),
    min: String(vote.min),
    max: String(vote.max),
    seats: vote.seats === null ? '' : String(vote.seats),
    quorum: plannedShare(vote.quorum),
    majority: plannedShare(vote.majority),
    base: vote.majority?.base ?? 'expected',
    live: vote.show === 'live',
  }
}

function plannedShare(value: Share | null): PlannedShare {
  if (!value) return share('none')
  const known = (Object.keys(shares) as (keyof typeof shares)[]).find((name) => sameShare(shares[name], value))
  return known ? share(known) : { name: 'own', numerator: String(value.numerator), denominator: String(value.denominator), more_than: value.more_than }
}

function sameShare(a: Share, b: Share): boolean {
  return a.numerator === b.numerator && a.denominator === b.denominator && a.more_than === b.more_than
}

export function optionsOf(plan: Pick<PlannedVote, 'options'>): string[] {
  return plan.options.split('\n').map((line) => line.trim()).filter((line) => line !== '')
}

function shareOf(planned: PlannedShare): Share | undefined {
  if (planned.name === 'none') return undefined
  if (planned.name !== 'own') return shares[planned.name]
  return { numerator: Number(planned.numerator), denominator: Number(planned.denominator), more_than: planned.more_than }
}

/** What is sent. What a method has no use for is left out. */
export function voteOf(plan: PlannedVote): NewVote {
  const { method } = plan
  const options = optionsOf(plan)
  const elects = (method === 'multiple' || method === 'yes_no_abstain') && plan.seats.trim() !== ''
  const seats = elects ? Number(plan.seats) : undefined
  const quorum = shareOf(plan.quorum)
  const majority = method === 'score' ? undefined : shareOf(plan.majority)
  const limits = limitsOf(plan, options.length)
  return {
    title: plan.title.trim(),
    method,
    secrecy: plan.secrecy,
    ...(options.length > 0 ? { options } : {}),
    ...limits,
    ...(seats === undefined ? {} : { seats }),
    ...(quorum ? { quorum } : {}),
    ...(majority ? { majority: { base: plan.base, ...majority } } : {}),
    show: plan.live && plan.secrecy === 'open' ? 'live' : 'after_close',
  }
}

function limitsOf(plan: PlannedVote, options: number): { min?: number; max?: number } {
  const number = (text: string): number | undefined => (text.trim() === '' ? undefined : Number(text))
  switch (plan.method) {
    case 'single': {
      const min = number(plan.min)
      return min === undefined ? {} : { min: Math.min(1, min), max: 1 }
    }
    case 'multiple': {
      // Whoever elects three names three at most, and may name fewer.
      const max = number(plan.max) ?? number(plan.seats)
      const min = number(plan.min) ?? (plan.preset === 'election' ? 0 : undefined)
      return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max: Math.min(max, Math.max(1, options)) }) }
    }
    case 'score': {
      const [min, max] = [number(plan.min), number(plan.max)]
      return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) }
    }
    case 'yes_no_abstain':
      return {}
    default: {
      const unreachable: never = plan.method
      return unreachable
    }
  }
}

/** What the form itself can say before anything is sent, by the server's names of the fields. */
export function wrongIn(plan: PlannedVote): Record<string, string> {
  const wrong: Record<string, string> = {}
  const options = optionsOf(plan)
  const whole = (text: string): boolean => text.trim() === '' || /^\d+$/.test(text.trim())
  if (plan.title.trim() === '') wrong['title'] = '请写明表决什么。'
  if ((plan.method === 'single' || plan.method === 'multiple') && options.length < 2) wrong['options'] = '至少要有 2 个选项，每行一个。'
  if (plan.method === 'score' && options.length < 1) wrong['options'] = '请写明给什么打分，每行一个。'
  if (new Set(options).size < options.length) wrong['options'] = '有重复的选项。'
  if (plan.preset === 'election' && plan.seats.trim() === '') wrong['seats'] = '请填写应选人数。'
  for (const field of ['min', 'max', 'seats'] as const) if (!whole(plan[field])) wrong[field] = '请填整数。'
  for (const field of ['quorum', 'majority'] as const) {
    const { name, numerator, denominator } = plan[field]
    if (name === 'own' && !(/^\d+$/.test(numerator) && /^\d+$/.test(denominator))) wrong[field] = '请填写比例，例如 3 分之 2。'
  }
  return wrong
}
