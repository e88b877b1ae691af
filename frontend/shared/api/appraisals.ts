import { get, post, request } from './client'
import type { components } from './schema'
import type { From, Page, With } from './types'

/** Appraisals of a branch's members (民主评议): what is asked and done over HTTP. Who rated whom is in no answer. */

export type Grade = 'excellent' | 'qualified' | 'basically_qualified' | 'unqualified'
export type AppraisalState = 'draft' | 'rating' | 'meeting' | 'grading' | 'ended'
export type AppraisalRight = 'edit' | 'delete' | 'start' | 'form' | 'opinion' | 'results' | 'link_meeting' | 'grade' | 'meet' | 'reopen' | 'acknowledge'
export type AppraisalPerson = With<From<'AppraisalPerson'>, { standing: 'full' | 'probationary' }>
export type AppraisalProgress = From<'AppraisalProgress'>
export type Tally = From<'AppraisalTally'>
type SelfRating = With<From<'SelfRatingView'>, { grade: Grade }>
export interface Rating {
  member_id: string
  grade: Grade
}

/** `people` stands in the answer for one appraisal alone. */
export type Appraisal = With<From<'AppraisalView'>, { state: AppraisalState; may: AppraisalRight[]; people?: AppraisalPerson[] }>
export type AppraisalForm = With<From<'AppraisalFormView'>, { state: AppraisalState; self: SelfRating | null; ratings: Rating[]; people: AppraisalPerson[] }>
export type MemberResult = With<From<'AppraisalMemberResult'>, { self: SelfRating | null; mass: Tally | null; grade: With<From<'GivenGradeView'>, { grade: Grade }> | null }>
export type AppraisalResults = With<From<'AppraisalResults'>, { state: AppraisalState; items: MemberResult[]; progress: AppraisalProgress | null }>

export type NewAppraisal = components['schemas']['NewAppraisalInput']
export type AppraisalChanges = components['schemas']['AppraisalChanges']
export interface FormInput {
  self: { grade: Grade; text: string } | null
  ratings: Rating[]
}
export interface GradeInput {
  grade: Grade
  opinion: string
  follow_up: string | null
}

/** Empty strings do not narrow. */
export interface AppraisalFilter {
  org: string
  subtree: boolean
  year: string
  state: AppraisalState | ''
}

const address = (id: string, part = ''): string => `/appraisals/${encodeURIComponent(id)}${part}`

export const fetchAppraisals = (filter: AppraisalFilter, limit: number, cursor?: string): Promise<Page<Appraisal>> => get('/appraisals', { ...filter, limit, cursor })
/** Those that I take part in, and those that I sent an opinion to. */
export const fetchMyAppraisals = (limit: number, cursor?: string): Promise<Page<Appraisal>> => get('/appraisals/mine', { limit, cursor })
export const fetchAppraisal = (id: string): Promise<Appraisal> => get(address(id))
export const createAppraisal = (plan: NewAppraisal, key: string): Promise<Appraisal> => post('/appraisals', plan, key)
export const changeAppraisal = (id: string, changes: AppraisalChanges): Promise<Appraisal> => request('PATCH', address(id), { body: changes })
export const deleteAppraisal = (id: string): Promise<void> => request('DELETE', address(id))
export const startAppraisal = (id: string): Promise<Appraisal> => post(address(id, '/start'))
export const linkMeeting = (id: string, meetingId: string): Promise<Appraisal> => request('PUT', address(id, '/meeting'), { body: { meeting_id: meetingId } })
export const endAppraisal = (id: string): Promise<Appraisal> => post(address(id, '/meet'))
export const reopenAppraisal = (id: string, reason: string): Promise<Appraisal> => post(address(id, '/reopen'), { reason })
export const acknowledgeGrade = (id: string): Promise<Appraisal> => post(address(id, '/acknowledge'))

export const fetchResults = (id: string): Promise<AppraisalResults> => get(address(id, '/results'))
export const gradeMember = (id: string, memberId: string, grade: GradeInput): Promise<MemberResult> => request('PUT', address(id, `/grades/${encodeURIComponent(memberId)}`), { body: grade })

/** One's own form: as a participant, or as one of 群众, who have no form but an opinion. */
export type FormKind = 'form' | 'opinion'
export const fetchForm = (id: string, kind: FormKind): Promise<AppraisalForm> => get(address(id, `/${kind}`))
export const sendForm = (id: string, kind: FormKind, form: FormInput): Promise<{ deadline: string }> =>
  request('PUT', address(id, `/${kind}`), { body: kind === 'form' ? form : { ratings: form.ratings } })
