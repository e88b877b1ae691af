import { describe, expect, test } from 'vitest'
import { going, mostPinned, mostTabs, neighbourOf, opened, pageOf, parseTabs, pinned, renamed, type PageTab } from './page-tabs'

const page = (key: string): { key: string; title: string; menu: string } => ({ key, title: key.toUpperCase(), menu: key })
const all = (...keys: string[]): PageTab[] => keys.reduce<PageTab[]>((tabs, key) => opened(tabs, page(key), `/console/${key}`), [])
const keys = (tabs: readonly PageTab[]): string => tabs.map(({ key }) => key).join('')

describe('tabs of pages', () => {
  test('a page is opened once, and its tab keeps where it was left', () => {
    const tabs = opened(all('a', 'b'), page('a'), '/console/a?state=open')
    expect(keys(tabs)).toBe('ab')
    expect(tabs[0]?.path).toBe('/console/a?state=open')
  })

  test('each record has its own, named once its name is known', () => {
    const kind = { key: 'meeting', title: '会议', record: true, menu: 'meetings' }
    expect(pageOf(kind, 'm1', {})).toEqual({ key: 'meeting:m1', title: '会议', menu: 'meetings' })
    const tabs = renamed(all('a', 'b'), 'b', '党员大会')
    expect(opened(tabs, page('b'), '/console/b')[1]).toMatchObject({ title: '党员大会', named: true })
  })

  test('the grids’ page is two entries of the menu', () => {
    const kind = { key: 'tickets', title: '诉求管理' }
    expect(pageOf(kind, 'g1', {}).key).toBe('tickets')
    expect(pageOf(kind, 'g1', { tab: 'grid' }).title).toBe('网格管理')
  })

  test('beyond the most, the one goes that was not looked at for longest, and is not pinned', () => {
    const names = [...'abcdefghijkl']
    expect(names).toHaveLength(mostTabs)
    let tabs = opened(pinned(all(...names), 'a', true), page('b'), '/console/b')
    tabs = opened(tabs, page('m'), '/console/m')
    expect(keys(tabs)).toBe('abdefghijklm')
  })

  test('there is always one that may go', () => {
    let tabs = all(...'abcdefghijkl')
    for (const name of 'abcdefghijkl') tabs = pinned(tabs, name, true)
    expect(tabs.filter((tab) => tab.pinned)).toHaveLength(mostPinned)
  })

  test('pinned ones stand first, and outlive what closes several', () => {
    const tabs = pinned(all('a', 'b', 'c', 'd'), 'c', true)
    expect(keys(tabs)).toBe('cabd')
    expect(keys(going(tabs, 'a', 'others'))).toBe('bd')
    expect(keys(going(tabs, 'a', 'right'))).toBe('bd')
    expect(keys(going(tabs, 'c', 'this'))).toBe('c')
    expect(going(tabs, 'x', 'others')).toEqual([])
  })

  test('the neighbour to the right is shown next, at the end the one to the left, and none when none is left', () => {
    const tabs = all('a', 'b', 'c')
    expect(neighbourOf(tabs, 'b', going(tabs, 'b', 'this'))?.key).toBe('c')
    expect(neighbourOf(tabs, 'c', going(tabs, 'c', 'this'))?.key).toBe('b')
    expect(neighbourOf(tabs, 'c', going(tabs, 'a', 'others'))?.key).toBe('a')
    expect(neighbourOf(tabs, 'a', tabs)).toBeUndefined()
  })

  test('what was kept is read for its own account alone, and leads nowhere else', () => {
    const tabs = all('a', 'b')
    const kept = JSON.stringify({ account: 'x', tabs })
    expect(parseTabs(kept, 'x')).toEqual(tabs)
    expect(parseTabs(kept, 'y')).toEqual([])
    expect(parseTabs('{', 'x')).toEqual([])
    expect(parseTabs(JSON.stringify({ account: 'x', tabs: [{ ...tabs[0], path: '//elsewhere.example' }, tabs[1], null] }), 'x')).toEqual([tabs[1]])
  })
})
