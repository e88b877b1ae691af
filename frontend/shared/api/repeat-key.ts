import { newKey } from './client'

/** Keys of repeated sends: the same for the same content, so that a send whose answer was lost does nothing twice. */
export function repeatKey(): (content: unknown) => string {
  let sent = { content: '', key: '' }
  return (content) => {
    const text = JSON.stringify(content)
    if (sent.content !== text) sent = { content: text, key: newKey() }
    return sent.key
  }
}
