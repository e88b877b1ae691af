import { describe, expect, test } from 'vitest'
import type { GridDetail, GridNode, Staff, Ticket } from '@/shared/api/types'
import { ticketFixture } from '@/shared/ticket/ticket-fixture'
import { commonGrid, takes } from './reassign'

const node = (id: string, ...children: GridNode[]): GridNode => ({ id, name: id, children }) as unknown as GridNode
const tree = node('county', node('town', node('village', node('g1'), node('g2'))), node('other'))
const of = (id: string): Ticket => ticketFixture({ id: `t-${id}`, grid: { id, name: id, full_name: id, level: 5 } })
const grid = (id: string): GridDetail => ({ id }) as unknown as GridDetail
const staff = (duty: Staff['duty']): Staff => ({ duty }) as unknown as Staff

describe('whom tickets may be given to', () => {
  test('the lowest grid that all lie in', () => {
    const cases: [string[], string | null][] = [[['g1'], 'g1'], [['g1', 'g1'], 'g1'], [['g1', 'g2'], 'village'], [['g1', 'village'], 'village'], [['g1', 'other'], 'county'], [['g1', 'removed'], null], [[], null]]
    for (const [ids, expected] of cases) expect(commonGrid(tree, ids.map(of))?.id ?? null, ids.join()).toBe(expected)
  })

  test('a worker takes his grid, a leader all below', () => {
    const cases: [Staff['duty'], string, string, boolean][] = [['worker', 'g1', 'g1', true], ['worker', 'village', 'g1', false], ['leader', 'village', 'g1', true], ['deputy', 'town', 'g2', true], ['leader', 'g1', 'g2', false], ['leader', 'other', 'g1', false]]
    for (const [duty, at, ticket, expected] of cases) expect(takes(staff(duty), grid(at), tree, of(ticket)), `${duty} ${at} ${ticket}`).toBe(expected)
  })
})
