import { get, post, request } from './client'
import type { components } from './schema'
import type { From, Page, With } from './types'

/** Meetings that are due: warnings, figures, a branch's year, orders, rules, and who looks after a branch. */

export type DutyLevel = 'yellow' | 'orange' | 'red'
export type WarningState = 'warned' | 'coming' | 'satisfied' | 'exempt'
export type PeriodState = 'exempt' | 'satisfied' | 'coming' | 'open' | DutyLevel
export type OrderState = 'open' | 'answered' | 'closed'
export type OrderKind = 'order' | 'nudge'
export type PeriodKind = 'month' | 'quarter' | 'year'
export type AppliesTo = 'every_branch' | 'with_committee' | 'each_group'

export type DutyWarning = With<From<'DutyPage'>['items'][number], { level: DutyLevel; state: WarningState }>
export type DutyCounts = From<'DutyCounts'>
export type DutySummary = From<'DutySummary'>
export type LinkedBranch = With<From<'LinkedBranch'>, DutyCounts>
export type DutyPeriod = With<From<'DutyPeriodView'>, { state: PeriodState }>
export type DutyCalendarRow = With<From<'DutyCalendarRow'>, { periods: DutyPeriod[] }>
export type DutyCalendar = With<From<'DutyCalendar'>, { items: DutyCalendarRow[] }>
export type DutyOrder = With<From<'OrderView'>, { kind: OrderKind; state: OrderState }>
export type NewOrder = components['schemas']['OrderInput']
export type DutyRule = With<From<'DutyRuleView'>, { period: PeriodKind; applies_to: AppliesTo }>
export type DutyRuleInput = Omit<DutyRule, 'type' | 'type_title' | 'version'>
export type BranchCadre = From<'BranchCadreView'>

/** Empty texts do not narrow. */
export interface DutyQuery {
  org?: string
  subtree?: boolean
  period?: string
  type?: string
  level?: DutyLevel | ''
  /** comma separated */
  state?: string
  handled?: boolean
  limit?: number
  cursor?: string
}

export interface OrderQuery {
  box?: 'received' | 'sent' | 'all'
  state?: OrderState | ''
  duty_id?: string
  limit?: number
  cursor?: string
}

const duty = (id: string, action: string): string => `/duties/${encodeURIComponent(id)}/${action}`
const order = (id: string, action: string): string => `/orders/${encodeURIComponent(id)}/${action}`
const cadres = (id: string): string => `/organisations/${encodeURIComponent(id)}/cadres`

export const fetchDuties = (query: DutyQuery): Promise<Page<DutyWarning>> => get('/duties', { ...query })
/** Without an organisation: the highest that the caller looks over. */
export const fetchDutySummary = (org?: string, period?: string): Promise<DutySummary> => get('/duties/summary', { org, period })
export const fetchDutyCalendar = (org: string, year: number): Promise<DutyCalendar> => get('/duties/calendar', { org, year })
/** Those that the caller looks after (联系支部). */
export const fetchLinkedBranches = async (): Promise<LinkedBranch[]> => (await get<{ items: LinkedBranch[] }>('/duties/branches')).items
export const nudgeBranch = (id: string, note: string, key: string): Promise<DutyOrder> => post(duty(id, 'nudge'), note === '' ? {} : { note }, key)
export const markHandled = (id: string, note: string, key: string): Promise<DutyWarning> => post(duty(id, 'handled'), { note }, key)

export const fetchOrders = (query: OrderQuery): Promise<Page<DutyOrder>> => get('/orders', { ...query })
export const giveOrder = (input: NewOrder, key: string): Promise<DutyOrder> => post('/orders', input, key)
export const answerOrder = (id: string, text: string, key: string): Promise<DutyOrder> => post(order(id, 'answer'), { text }, key)
export const closeOrder = (id: string, key: string): Promise<DutyOrder> => post(order(id, 'close'), {}, key)

export const fetchDutyRules = async (): Promise<DutyRule[]> => (await get<{ items: DutyRule[] }>('/duty-rules')).items
/** Refused with `duty_rule.changed` when somebody else changed version `over` meanwhile. */
export const saveDutyRule = (type: string, rule: DutyRuleInput, over: number): Promise<DutyRule> => request('PUT', `/duty-rules/${encodeURIComponent(type)}`, { body: { ...rule, version: over } })

export const fetchCadres = async (branch: string): Promise<BranchCadre[]> => (await get<{ items: BranchCadre[] }>(cadres(branch))).items
export const saveCadres = async (branch: string, accounts: readonly string[]): Promise<BranchCadre[]> => (await request<{ items: BranchCadre[] }>('PUT', cadres(branch), { body: { account_ids: accounts } })).items
