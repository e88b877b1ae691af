import { onScopeDispose } from 'vue'
import { fetchNotes, saveNotes } from '@/shared/api/notes'
import { openNotes, type OpenNotes } from '@/shared/meeting/notes'

/** My notes of one meeting on this page: opened at once, and sent before the page goes. */
export function useNotes(meetingId: string, accountId: string): OpenNotes {
  const notes = openNotes({
    read: () => fetchNotes(meetingId),
    write: (text, version, key) => saveNotes(meetingId, text, version, key),
    store: localStorage,
    storeKey: `lianxin.notes.${accountId}.${meetingId}`,
  })
  const flush = (): void => void notes.flush()
  const flushHidden = (): void => {
    if (document.visibilityState === 'hidden') flush()
  }
  window.addEventListener('online', flush)
  window.addEventListener('pagehide', flush)
  document.addEventListener('visibilitychange', flushHidden)
  onScopeDispose(() => {
    window.removeEventListener('online', flush)
    window.removeEventListener('pagehide', flush)
    document.removeEventListener('visibilitychange', flushHidden)
    flush()
    notes.dispose()
  })
  void notes.open()
  return notes
}
