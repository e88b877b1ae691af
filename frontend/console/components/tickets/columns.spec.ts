import { describe, expect, test } from 'vitest'
import { allColumns, keepColumns, keptColumns } from './columns'

class Store {
  text: string | null = null
  getItem = (): string | null => this.text
  setItem = (_key: string, text: string): void => void (this.text = text)
  removeItem = (): void => void (this.text = null)
}

describe('columns of the list', () => {
  test('are kept in the order of the table', () => {
    const store = new Store()
    expect(keepColumns(store, ['stars', 'number', 'grid'])).toEqual(['grid', 'number', 'stars'])
    expect(keptColumns(store)).toEqual(['grid', 'number', 'stars'])
    expect(keepColumns(store, allColumns)).toEqual(allColumns)
  })

  test('are the usual ones when none are chosen, or what was kept is no list of columns', () => {
    const store = new Store()
    const usual = keptColumns(store)
    expect(usual).toContain('content')
    expect(keepColumns(store, [])).toEqual(usual)
    for (const text of ['[]', '{}', 'x', '["nonsense"]']) {
      store.text = text
      expect(keptColumns(store), text).toEqual(usual)
    }
  })

  test('hold without a store', () => {
    const broken = { getItem: () => null, setItem: () => { throw new Error('quota') }, removeItem: () => { throw new Error('quota') } }
    expect(keepColumns(broken, ['grid'])).toEqual(['grid'])
  })
})
