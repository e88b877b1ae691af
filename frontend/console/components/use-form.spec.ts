import { expect, it } from 'vitest'
import { ApiProblem } from '@/shared/api/problem'
import { useForm } from './use-form'

const refused = (field: string): ApiProblem => new ApiProblem(422, 'request.invalid', '内容有误', [{ field, code: 'field.required', message: '请填写内容' }])
const fails = (problem: unknown) => (): Promise<void> => Promise.reject(problem)

it('shows an error beside its field, and once only', async () => {
  const form = useForm(['name'])
  expect(await form.submit(fails(refused('name')))).toBe(false)
  expect([form.errorOf('name'), form.message.value, form.busy.value]).toEqual(['请填写内容', '', false])
})

it('says at the end of the form what belongs to no field of it', async () => {
  const form = useForm(['name'])
  await form.submit(fails(refused('parent_id')))
  expect(form.message.value).toBe('内容有误（请填写内容）')
  await form.submit(fails(new ApiProblem(403, 'organisation.not_permitted', '只有管理员可以修改组织')))
  expect(form.message.value).toBe('只有管理员可以修改组织')
})

it('forgets the errors of the last attempt when the next one works', async () => {
  const form = useForm(['order'])
  form.refuse('order', '排序请填写整数')
  expect(form.errorOf('order')).toBe('排序请填写整数')
  expect(await form.submit(() => Promise.resolve())).toBe(true)
  expect([form.errorOf('order'), form.message.value]).toEqual(['', ''])
})

it('keeps the key of a content that is sent again, and makes a new one for another content', () => {
  const form = useForm([])
  const first = form.keyFor({ name: '甲' })
  expect(form.keyFor({ name: '甲' })).toBe(first)
  expect(form.keyFor({ name: '乙' })).not.toBe(first)
})
