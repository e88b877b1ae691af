/**
 * A phone keeps some answers to be read without a network (`mobile/composables/kept-reading.ts`). They belong to one account,
 * named here where every page of the origin sees it at once: without this mark nothing that was kept is shown, even where its
 * deletion is still under way.
 */

const mark = 'lianxin.kept_owner'
export const keptDatabase = 'lianxin-kept'

/** The account whose answers are kept; null: none, or the browser refuses to say. */
export function keptOwner(): string | null {
  try {
    return localStorage.getItem(mark)
  } catch {
    return null
  }
}

/** false: the browser keeps nothing. */
export function ownKept(accountId: string): boolean {
  try {
    localStorage.setItem(mark, accountId)
    return true
  } catch {
    return false
  }
}

/** Somebody signed out without a network: the server is to hear of it before anybody is shown anything again. */
const leaving = 'lianxin.leaving'

export function leavesLater(): boolean {
  try {
    return localStorage.getItem(leaving) !== null
  } catch {
    return false
  }
}

export function leaveLater(later: boolean): void {
  try {
    if (later) localStorage.setItem(leaving, '1')
    else localStorage.removeItem(leaving)
  } catch {
    // The session ends by itself.
  }
}

/** Throws away what is kept, unless it is this account's. Called with every answer to "who is here". */
export function dropKept(unless: string | null): void {
  try {
    const owner = keptOwner()
    if (owner === null || owner === unless) return
    localStorage.removeItem(mark)
    indexedDB.deleteDatabase(keptDatabase)
  } catch {
    // Without the mark nobody is shown anything.
  }
}
