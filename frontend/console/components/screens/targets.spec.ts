import { expect, it } from 'vitest'
import type { GridNode } from '@/shared/api/types'
import { boardsOf, digitsOf, matching, wallsOf } from './targets'

const counters = { submitted: 0, accepted: 0, completed: 0, rated: 0, overdue: 0, returned: 0 }
const node = (id: string, name: string, level: number, mine: boolean, children: GridNode[] = []): GridNode =>
  ({ id, name, full_name: `白鹭县${name}`, level, counters: mine ? counters : null, children }) as unknown as GridNode

it('offers the boards that one may look at', () => {
  const tree = node('a', '白鹭县', 1, false, [node('b', '云溪镇', 2, true, [node('c', '一组', 5, true)]), node('d', '河口镇', 2, false)])
  const boards = boardsOf(tree)
  expect(boards.map((board) => board.target)).toEqual(['board:b', 'board:c'])
  expect(boards[0]?.title).toBe('云溪镇指挥大屏')
  expect(matching(boards, ' 一组 ', null).map((board) => board.target)).toEqual(['board:c'])
  expect(matching(boards, '一组', 'board:b')).toHaveLength(2)
  expect(matching(boards, '', null)).toHaveLength(2)
  expect(matching(boards, '没有', null)).toEqual([])
})

it('offers the walls of meetings', () => {
  const walls = wallsOf([{ id: 'm1', topic: '主题党日', org_name: '柳河村党支部' }])
  expect(walls).toMatchObject([{ target: 'meeting:m1', title: '主题党日 签到大屏' }])
  expect(matching(walls, '柳河村', null)).toHaveLength(1)
})

it('takes a code as people type it', () => {
  expect(digitsOf('482 913')).toBe('482913')
  expect(digitsOf('４８２-９１３')).toBe('482913')
  expect(digitsOf('4829137')).toBe('482913')
  expect(digitsOf('abc')).toBe('')
})
