import { apiBase, currentCsrfToken, newKey, readAnswer } from './client'
import { unreachableProblem } from './problem'

/** A dying network neither fails nor goes on; after this long without a byte the file counts as not sent. */
const stallMs = 60_000

/** Sends one file, as the field `file` of a form. fetch cannot report progress, and a photo on a village's network needs it. */
export function sendFile<T>(path: string, file: Blob, name: string, onProgress: (fraction: number) => void, idempotencyKey: string = newKey(), method: 'POST' | 'PUT' = 'POST'): Promise<T> {
  return new Promise((resolve, reject) => {
    const form = new FormData()
    form.append('file', file, name)
    const http = new XMLHttpRequest()
    http.open(method, apiBase + path)
    http.setRequestHeader('Accept', 'application/json')
    // A put of the same picture twice is one put anyway.
    if (method === 'POST') http.setRequestHeader('Idempotency-Key', idempotencyKey)
    const csrf = currentCsrfToken()
    if (csrf !== null) http.setRequestHeader('X-CSRF-Token', csrf)
    let stalled = setTimeout(() => http.abort(), stallMs)
    http.onloadend = () => clearTimeout(stalled)
    http.upload.onprogress = (event) => {
      clearTimeout(stalled)
      stalled = setTimeout(() => http.abort(), stallMs)
      if (event.lengthComputable && event.total > 0) onProgress(event.loaded / event.total)
    }
    http.onerror = () => reject(unreachableProblem())
    http.onabort = () => reject(unreachableProblem())
    http.ontimeout = () => reject(unreachableProblem())
    http.onload = () => {
      try {
        resolve(readAnswer<T>(http.status, parsed(http.responseText), http.getResponseHeader('Retry-After')))
      } catch (problem) {
        reject(problem)
      }
    }
    http.send(form)
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
