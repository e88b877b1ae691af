/** Two texts that grew from one: what both begin and end with once, between them first the one, then the other. */
export function joinedText(first: string, second: string): string {
  if (first === second || second.trim() === '') return first
  if (first.trim() === '') return second
  const [a, b] = [first.split('\n'), second.split('\n')]
  const shorter = Math.min(a.length, b.length)
  let begin = 0
  while (begin < shorter && a[begin] === b[begin]) begin += 1
  let end = 0
  while (end < shorter - begin && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1
  return [...a.slice(0, a.length - end), ...b.slice(begin, b.length - end), ...a.slice(a.length - end)].join('\n')
}
