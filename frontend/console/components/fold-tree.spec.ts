import { expect, it } from 'vitest'
import { flatten, nodeOf, pathTo, type TreeNode } from './fold-tree'

const branch: TreeNode = { id: 'branch', name: '支部' }
const town: TreeNode = { id: 'town', name: '镇', children: [branch] }
const county: TreeNode = { id: 'county', name: '县', children: [town, { id: 'office', name: '机关', children: [] }] }

it('finds the way from the root to a node, and none to a stranger', () => {
  expect(pathTo(county, 'branch')).toEqual([county, town])
  expect(pathTo(county, 'county')).toEqual([])
  expect(pathTo(county, 'elsewhere')).toBeNull()
  expect(nodeOf(county, 'branch')).toBe(branch)
  expect(nodeOf(county, 'elsewhere')).toBeNull()
})

it('lists a tree with the depth of each node, parents first', () => {
  expect(flatten(county).map(({ node, depth }) => `${depth} ${node.id}`)).toEqual(['0 county', '1 town', '2 branch', '1 office'])
})
