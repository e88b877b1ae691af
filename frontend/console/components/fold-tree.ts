/** A node of any tree that folds. */
export interface TreeNode {
  id: string
  name: string
  children?: readonly TreeNode[]
}

/** Those above the wanted one, the root first; null: it is not in this tree. */
export function pathTo<Node extends TreeNode>(node: Node, id: string | null): Node[] | null {
  if (node.id === id) return []
  for (const child of childrenOf(node)) {
    const rest = pathTo(child, id)
    if (rest) return [node, ...rest]
  }
  return null
}

export function nodeOf<Node extends TreeNode>(node: Node, id: string): Node | null {
  if (node.id === id) return node
  for (const child of childrenOf(node)) {
    const found = nodeOf(child, id)
    if (found) return found
  }
  return null
}

/** The node and all below it, as a table of contents lists them. */
export function flatten<Node extends TreeNode>(node: Node, depth = 0): { node: Node; depth: number }[] {
  return [{ node, depth }, ...childrenOf(node).flatMap((child) => flatten(child, depth + 1))]
}

function childrenOf<Node extends TreeNode>(node: Node): Node[] {
  return (node.children ?? []) as Node[]
}
