import { describe, expect, it } from 'vitest'
import { compare, differing, excess, joined, longest, partsOf, sameText, withPart } from './text'
import type { MinutesText } from './types'

const text = (changes: Partial<MinutesText> = {}): MinutesText => ({ content: '甲', discussions: ['一', '二'], decisions: '', remarks: '', ...changes })

describe('the text of minutes', () => {
  it('has a part for every item of the agenda, also for those that nobody wrote to', () => {
    expect(partsOf(2)).toEqual(['content', 0, 1, 'decisions', 'remarks'])
    expect(withPart(text({ discussions: [] }), 2, '三').discussions).toEqual(['', '', '三'])
    expect(withPart(text(), 'remarks', '无').remarks).toBe('无')
  })

  it('is the same when only white space at its ends, or empty discussions, differ', () => {
    expect(sameText(text(), text({ content: ' 甲\n', discussions: ['一', '二', ''] }))).toBe(true)
    expect(differing(text(), text({ discussions: ['一', '二二'], remarks: '无' }))).toEqual([1, 'remarks'])
  })

  it('counts characters as the server does', () => {
    expect(excess(text({ remarks: '𠮷'.repeat(longest.remarks) }), 'remarks')).toBe(0)
    expect(excess(text({ remarks: '𠮷'.repeat(longest.remarks + 2) }), 'remarks')).toBe(2)
    expect(excess(text({ discussions: ['好'.repeat(longest.discussion + 1)] }), 0)).toBe(1)
  })
})

describe('two texts that grew from one', () => {
  it('are joined by who changed what, where only one did', () => {
    const mine = text({ content: '甲我', decisions: '定了' })
    const theirs = text({ discussions: ['一', '二他'] })
    const differences = compare(text(), mine, theirs)
    expect(differences.map(({ part, contested, choice }) => [part, contested, choice])).toEqual([
      ['content', false, 'mine'],
      [1, false, 'theirs'],
      ['decisions', false, 'mine'],
    ])
    expect(joined(mine, differences)).toEqual(text({ content: '甲我', discussions: ['一', '二他'], decisions: '定了' }))
  })

  it('keep both where both wrote, until the writer says otherwise', () => {
    const [mine, theirs] = [text({ content: '甲\n我写的' }), text({ content: '甲\n他写的' })]
    const [difference] = compare(text(), mine, theirs)
    expect(difference).toMatchObject({ contested: true, choice: 'both' })
    expect(joined(mine, [difference!]).content).toBe('甲\n他写的\n我写的')
    expect(joined(mine, [{ ...difference!, choice: 'theirs' }]).content).toBe('甲\n他写的')
    expect(joined(mine, [{ ...difference!, choice: 'mine' }]).content).toBe('甲\n我写的')
  })

  it('show what one erased', () => {
    expect(compare(text(), text({ content: '' }), text({ remarks: '无' })).map(({ part, choice }) => [part, choice])).toEqual([
      ['content', 'mine'],
      ['remarks', 'theirs'],
    ])
  })
})
