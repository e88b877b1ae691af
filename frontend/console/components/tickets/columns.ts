/** The columns of the list of tickets. Which ones somebody wants is kept on the device. */

export const columnWords = { grid: '网格', kind: '类型', content: '内容', submitter: '诉求人', time: '时间', state: '状态', handler: '接单人', left: '剩余时限', number: '编号', returns: '退回', stars: '评价' } as const
export type ColumnName = keyof typeof columnWords
export const allColumns = Object.keys(columnWords) as ColumnName[]
/** What fits on a small screen. */
const usual: readonly ColumnName[] = ['grid', 'kind', 'content', 'submitter', 'time', 'state', 'handler', 'left']
const key = 'lianxin.ticket-columns'

export function keptColumns(store: Pick<Storage, 'getItem'>): ColumnName[] {
  try {
    const kept: unknown = JSON.parse(store.getItem(key) ?? 'null')
    const known = Array.isArray(kept) ? allColumns.filter((name) => kept.includes(name)) : []
    return known.length > 0 ? known : [...usual]
  } catch {
    return [...usual]
  }
}

/** In the table's order, in whatever order they were ticked; never none. Private windows may have no store. */
export function keepColumns(store: Pick<Storage, 'setItem' | 'removeItem'>, chosen: readonly ColumnName[]): ColumnName[] {
  const columns = allColumns.filter((name) => chosen.includes(name))
  const next = columns.length > 0 ? columns : [...usual]
  try {
    if (next.join() === usual.join()) store.removeItem(key)
    else store.setItem(key, JSON.stringify(next))
  } catch {
    // They hold until the page is closed.
  }
  return next
}
