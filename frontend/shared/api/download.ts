import { apiBase, readAnswer } from './client'
import { unreachableProblem } from './problem'

/** Fetches a file and gives it to the browser to keep. Not a plain link: a refusal should be read, not saved. */
export async function download(path: string, query: Record<string, string | undefined>, name: string): Promise<void> {
  const parameters = new URLSearchParams(Object.entries(query).flatMap(([key, value]) => (value === undefined || value === '' ? [] : [[key, value]])))
  const address = `${apiBase}${path}${parameters.size > 0 ? `?${parameters}` : ''}`
  const response = await fetch(address, { credentials: 'same-origin' }).catch(() => {
    throw unreachableProblem()
  })
  if (!response.ok) readAnswer(response.status, await response.json().catch(() => undefined), response.headers.get('Retry-After'))
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await response.blob())
  link.download = name
  link.click()
  // The browser has taken hold of it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
