import { onScopeDispose, reactive, ref, watch, type Ref } from 'vue'
import { isUntouched, loadDraft, newDraft, removeDraft, saveDraft, sentDraft, type Draft, type DraftMedia } from './draft'
import { mediaStore } from './media-store'
import { newKey } from '@/shared/api/client'
import { outboxParts } from './outbox'

/** The draft of one grid and kind, saved while it is written. */
export interface DraftEditing {
  draft: Draft
  /** true when an earlier draft was found and taken up again */
  resumed: Ref<boolean>
  /** true when the phone is full or refuses to keep anything: what is written lives as long as the page */
  unkept: Ref<boolean>
  /** addresses of the pictures and voices for the page to show */
  previews: Record<string, string>
  addMedia: (media: { kind: DraftMedia['kind']; blob: Blob; name: string; durationMs: number | null }) => Promise<void>
  removeMedia: (id: string) => void
  startOver: () => void
  stopSaving: () => void
  /** The draft is the page's again: it was not taken. */
  resumeSaving: () => void
}

const saveAfterMs = 300

/** `refusedKey`: a draft that the server did not take, to be mended. */
export function useDraft(gridCode: string, kind: string, refusedKey: string | null = null): DraftEditing {
  const store = outboxParts.store
  const refused = refusedKey === null ? null : sentDraft(store, refusedKey)
  const found = refused?.status === 'refused' ? refused : loadDraft(store, gridCode, kind)
  const draft = reactive<Draft>(found ?? newDraft(gridCode, kind))
  const resumed = ref(found !== null && !isUntouched(found))
  const unkept = ref(false)
  const previews = reactive<Record<string, string>>({})
  let saving = true
  let timer: ReturnType<typeof setTimeout> | undefined

  void showStored()
  watch(draft, () => {
    clearTimeout(timer)
    timer = setTimeout(save, saveAfterMs)
  })
  window.addEventListener('pagehide', save)
  onScopeDispose(() => {
    window.removeEventListener('pagehide', save)
    save()
    Object.values(previews).forEach((address) => URL.revokeObjectURL(address))
  })
  return { draft, resumed, unkept, previews, addMedia, removeMedia, startOver, stopSaving, resumeSaving }

  function save(): void {
    clearTimeout(timer)
    if (!saving) return
    if (isUntouched(draft)) removeDraft(store, draft)
    else if (!saveDraft(store, draft)) unkept.value = true
  }

  async function addMedia(media: { kind: DraftMedia['kind']; blob: Blob; name: string; durationMs: number | null }): Promise<void> {
    const id = newKey()
    previews[id] = URL.createObjectURL(media.blob)
    if (!(await mediaStore.put(id, media.blob))) unkept.value = true
    draft.media.push({ id, kind: media.kind, name: media.name, size: media.blob.size, durationMs: media.durationMs, attachmentId: null })
  }

  function removeMedia(id: string): void {
    draft.media = draft.media.filter((media) => media.id !== id)
    const address = previews[id]
    if (address !== undefined) URL.revokeObjectURL(address)
    delete previews[id]
    void mediaStore.remove(id)
  }

  function startOver(): void {
    for (const media of draft.media) removeMedia(media.id)
    removeDraft(store, draft)
    Object.assign(draft, newDraft(gridCode, kind))
    resumed.value = false
  }

  /** After sending, the outbox owns the stored draft; a late save would bring it back. */
  function stopSaving(): void {
    saving = false
    clearTimeout(timer)
  }

  function resumeSaving(): void {
    saving = true
  }

  async function showStored(): Promise<void> {
    for (const media of [...draft.media]) {
      const blob = await mediaStore.get(media.id)
      if (blob) previews[media.id] = URL.createObjectURL(blob)
      else if (media.attachmentId === null) draft.media = draft.media.filter((other) => other.id !== media.id)
    }
  }
}
