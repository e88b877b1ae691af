import { expect, it } from 'vitest'
import { themeOf } from './meeting/theme'
import { targetOf } from './target'

it.each([
  ['/screen/meeting/0193-a', { kind: 'meeting', id: '0193-a' }],
  ['/screen/meeting/0193-a/', { kind: 'meeting', id: '0193-a' }],
  ['/screen/board/0193-b', { kind: 'board', id: '0193-b' }],
  ['/screen/board/me', { kind: 'board', id: 'me' }],
  ['/screen', { kind: 'board', id: 'me' }],
  ['/screen/later/x', { kind: 'board', id: 'me' }],
])('%s shows %j', (path, target) => expect(targetOf(path)).toEqual(target))

it.each([
  ['meeting', '', 'wall'],
  ['meeting', '?theme=dark', 'wall-dark'],
  ['meeting', '?theme=blue', 'wall'],
  ['board', '?theme=dark', 'board'],
] as const)('a %s with %s wears %s', (kind, search, theme) => expect(themeOf(kind, search)).toBe(theme))
