import { describe, expect, it } from 'vitest'
import { anAppraisal, somePeople } from '@/shared/appraisal/fixture'
import { changesOf, draftOf, emptyDraft, meetingPreset, newAppraisalOf, peopleWords, problemsOf } from './plan'

const now = Date.parse('2026-11-21T06:00:00.000Z')
const draft = emptyDraft('org-1', now)

describe('the plan of an appraisal', () => {
  it('begins with this year and a week to fill in', () => {
    expect(draft).toMatchObject({ topic: '2026 年度民主评议党员', year: '2026', deadline: '2026-11-28T18:00', mass: false })
    expect(problemsOf(draft, now)).toEqual({})
  })
  it('says what is wrong by the fields of the API', () => {
    expect(problemsOf({ ...draft, org_id: '', topic: ' ', year: '26', deadline: '2026-11-21T13:59' }, now)).toEqual({ org_id: '请选择党支部', topic: '请填写评议主题', year: '请填写四位年度', deadline: '截止时间应在现在之后' })
    expect(problemsOf({ ...draft, deadline: '' }, now)['deadline']).toBe('请选择截止时间')
  })
  it('names members only when somebody is left out', () => {
    const all = [{ id: 'm1' }, { id: 'm2' }]
    expect(newAppraisalOf(draft, all)).toEqual({ org_id: 'org-1', topic: '2026 年度民主评议党员', year: 2026, deadline: '2026-11-28T10:00:00.000Z', mass: false, notice: null })
    expect(newAppraisalOf({ ...draft, left_out: ['m2'] }, all).member_ids).toEqual(['m1'])
  })
  it('changes everything but who takes part', () => {
    expect(changesOf(draftOf(anAppraisal()))).toEqual({ topic: '2026 年度民主评议党员', year: 2026, deadline: '2026-11-21T10:00:00.000Z', mass: true, notice: '请实事求是，本着对同志负责的态度填写。' })
  })
})

it('says who takes part, and how many may be excellent', () => {
  expect(peopleWords(somePeople())).toBe('参加 13 人：正式党员 12 人，预备党员 1 人（参加评议，不评等次）；优秀最多 4 人')
})

it('plans the meeting for the afternoon after the deadline, tomorrow at the earliest', () => {
  expect(meetingPreset(anAppraisal({ deadline: '2026-11-28T10:00:00.000Z' }), now)).toMatchObject({ topic: '2026 年度民主评议党员评定会议', type: 'appraisal', starts: '2026-11-29T14:30', ends: '2026-11-29T16:00' })
  expect(meetingPreset(anAppraisal({ deadline: '2026-11-20T10:00:00.000Z' }), now).starts).toBe('2026-11-22T14:30')
})
