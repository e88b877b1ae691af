import { ranked, rowsOf, type OptionRow, type Vote } from '@/shared/meeting/votes'

/** How a vote is laid out on the wall, so that nothing of it is ever cut off or scrolls. */

export interface VoteLayout {
  rows: OptionRow[]
  columns: 1 | 2
  /** lines of the grid */
  lines: number
  /** how large its type is: the more lines, the smaller */
  density: 'large' | 'middle' | 'small'
  /** 100 项，按得票列出前 12 项; empty: all are shown */
  note: string
}

const [oneColumn, twoColumns, cutTo] = [6, 24, 12] as const

/** `bars`: the counts are there, and each needs its line. */
export function layoutOf(vote: Vote, bars: boolean): VoteLayout {
  const all = rowsOf(vote)
  const many = all.length > twoColumns
  // Of the answers to many matters the order of the ballot says more than who got most.
  const ordered = vote.result && vote.method !== 'yes_no_abstain' ? ranked(all) : all
  const rows = many ? (bars ? ranked(all) : ordered).slice(0, cutTo) : ordered
  const columns = rows.length > oneColumn ? 2 : 1
  const lines = Math.ceil(rows.length / columns)
  const note = many ? `共 ${all.length} 项，${bars ? `按${vote.method === 'score' ? '得分' : '得票'}列出前 ${cutTo} 项` : `列出前 ${cutTo} 项`}，全部见手机` : ''
  return { rows, columns, lines, density: lines <= 3 ? 'large' : lines <= 6 ? 'middle' : 'small', note }
}

/** The size of a question's type, in rem: a long one still leaves room for what is chosen. */
export function questionSize(title: string): number {
  const length = Array.from(title).length
  if (length <= 20) return 3.7
  if (length <= 44) return 3
  return length <= 72 ? 2.4 : 2.05
}
