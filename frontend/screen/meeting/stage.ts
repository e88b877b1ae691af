import type { MeetingFigures } from './types'

/**
 * What fills the large part of the wall. A further picture, such as a vote, is a word here, a component in
 * `MeetingPage.vue`, and a line that says when it goes before the others.
 */
export type Stage = 'names' | 'closing' | 'cancelled'

export function stageOf(figures: MeetingFigures): Stage {
  if (figures.state === 'cancelled') return 'cancelled'
  return figures.state === 'ended' || figures.state === 'archived' ? 'closing' : 'names'
}
