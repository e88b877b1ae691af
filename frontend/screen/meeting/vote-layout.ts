import { ruleWords } from '@/shared/meeting/vote-words'
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

const [oneColumn, cutTo] = [6, 12] as const
type Density = VoteLayout['density']
/** How high a line is, in rem: of a name alone, and of one with its bar. */
const names: Record<Density, number> = { large: 4.1, middle: 3.6, small: 2.6 }
const withBar: Record<Density, number> = { large: 8, middle: 4.25, small: 2.95 }
/** Of the paper, in rem: what is left between its edges, and how wide its text runs. */
const [paperHeight, paperWidth] = [33.8, 67.6] as const

/** `bars`: the counts are there, and each needs its line. */
export function layoutOf(vote: Vote, bars: boolean): VoteLayout {
  const all = rowsOf(vote)
  // Of the answers to many matters the order of the ballot says more than who got most.
  const ordered = vote.result && vote.method !== 'yes_no_abstain' ? ranked(all) : all
  const heights = bars ? withBar : names
  const room = paperHeight - linesOf(vote.title, questionSize(vote.title)) * questionSize(vote.title) * 1.32 - linesOf(ruleWords(vote), 1.6) * 2.56
  const most = 2 * Math.floor(room / heights.small)
  const cut = all.length > most
  const shown = Math.min(cutTo, 2 * Math.floor((room - 2.9) / heights.small))
  const rows = cut ? (bars ? ranked(all) : ordered).slice(0, shown) : ordered
  const columns = rows.length > oneColumn ? 2 : 1
  const lines = Math.ceil(rows.length / columns)
  const left = (room - (cut ? 2.9 : 0)) / lines
  const density = left >= heights.large ? 'large' : left >= heights.middle ? 'middle' : 'small'
  const note = cut ? `共 ${all.length} 项，${bars ? `按${vote.method === 'score' ? '得分' : '得票'}列出` : '列出'}前 ${shown} 项，全部见手机` : ''
  return { rows, columns, lines, density, note }
}

function linesOf(words: string, size: number): number {
  return Math.ceil((Array.from(words).length * size * 1.02) / paperWidth)
}

/** The size of a question's type, in rem: a long one still leaves room for what is chosen. */
export function questionSize(title: string): number {
  const length = Array.from(title).length
  if (length <= 20) return 3.7
  if (length <= 44) return 3
  return length <= 72 ? 2.4 : 1.9
}
