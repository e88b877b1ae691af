/** What somebody is writing, kept in this browser until it is sent: a closed sheet, a reload or a dead battery loses nothing. */

const prefix = 'lianxin.text.'

export function keptText(key: string): string {
  try {
    return localStorage.getItem(prefix + key) ?? ''
  } catch {
    return ''
  }
}

/** Nothing forgets it. */
export function keepText(key: string, text: string): void {
  try {
    if (text === '') localStorage.removeItem(prefix + key)
    else localStorage.setItem(prefix + key, text)
  } catch {
    // Kept as long as the sheet is open.
  }
}
