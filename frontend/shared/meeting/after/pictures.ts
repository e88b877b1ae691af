import { computed, onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { newKey } from '@/shared/api/client'
import { addPictures, fetchPictures, removePicture } from '@/shared/api/minutes'
import { describeProblem } from '@/shared/api/problem'
import type { Attachment } from '@/shared/api/types'
import { uploadAttachment } from '@/shared/api/uploads'
import { useLiveTopic } from '@/shared/live/use-live'
import { nameFor, shrinkPhoto } from '@/shared/photo/shrink'
import { useSession } from '@/shared/session/session'
import type { Picture } from './types'

/** The pictures and videos of a meeting, and those that are on their way to it. */

export const limits = { atOnce: 20, videoBytes: 50 * 1024 * 1024, caption: 100 } as const

/** A file that was chosen: uploaded at once, added together with the others and their captions. */
export interface Chosen {
  key: string
  name: string
  kind: 'image' | 'video'
  /** of the browser's own, to look at */
  preview: string
  blob: Blob
  progress: number
  caption: string
  file: Attachment | null
  problem: string
}

export interface OpenPictures {
  pictures: ShallowRef<Picture[] | null>
  message: Ref<string>
  chosen: Ref<Chosen[]>
  /** Something was chosen and is not in the meeting yet. */
  pending: ComputedRef<boolean>
  uploading: ComputedRef<boolean>
  adding: Ref<boolean>
  load: () => Promise<void>
  /** Answers why some were not taken, or nothing. */
  choose: (files: readonly File[]) => Promise<string>
  retry: (key: string) => void
  drop: (key: string) => void
  /** Puts what has been uploaded into the meeting. */
  add: () => Promise<boolean>
  remove: (picture: Picture) => Promise<void>
}

const newsMs = 200

export function usePictures(id: string): OpenPictures {
  const { phase } = useSession()
  const pictures = shallowRef<Picture[] | null>(null)
  const message = ref('')
  const chosen = ref<Chosen[]>([])
  const adding = ref(false)
  let waiting: ReturnType<typeof setTimeout> | undefined
  let sent = { content: '', key: '' }

  watch(phase, (now) => now === 'signed-in' && void load(), { immediate: true })
  useLiveTopic(() => (phase.value === 'signed-in' ? `meeting:${id}` : null), {
    onSnapshot: (_state, cause) => cause === 'reset' && soon(),
    onEvent: ({ kind }) => (kind === 'meeting.media_added' || kind === 'meeting.media_removed') && soon(),
  })
  onScopeDispose(() => {
    clearTimeout(waiting)
    for (const { preview } of chosen.value) URL.revokeObjectURL(preview)
  })
  return { pictures, message, chosen, pending: computed(() => chosen.value.length > 0), uploading: computed(() => chosen.value.some(({ file, problem }) => file === null && problem === '')), adding, load, choose, retry, drop, add, remove }

  async function load(): Promise<void> {
    try {
      pictures.value = await fetchPictures(id)
      message.value = ''
    } catch (error) {
      message.value = describeProblem(error)
    }
  }

  function soon(): void {
    clearTimeout(waiting)
    waiting = setTimeout(() => void load(), newsMs)
  }

  async function choose(files: readonly File[]): Promise<string> {
    const refused: string[] = []
    for (const file of files) {
      // Some phones name no type; then the server looks.
      const kind = file.type.startsWith('video/') ? 'video' : file.type === '' || file.type.startsWith('image/') ? 'image' : null
      if (kind === null) refused.push(`${file.name} 不是图片或视频`)
      else if (kind === 'video' && file.size > limits.videoBytes) refused.push(`${file.name} 有 ${Math.ceil(file.size / 1024 / 1024)} MB，超过 50 MB`)
      else if (chosen.value.length >= limits.atOnce) refused.push(`一次最多 ${limits.atOnce} 个，${file.name} 没有加入`)
      else {
        const blob = kind === 'image' ? await shrinkPhoto(file) : file
        const key = newKey()
        chosen.value.push({ key, name: nameFor(blob, file.name), kind, preview: URL.createObjectURL(blob), blob, progress: 0, caption: '', file: null, problem: '' })
        void upload(key)
      }
    }
    return refused.join('；')
  }

  async function upload(key: string): Promise<void> {
    const one = chosen.value.find((other) => other.key === key)
    if (!one) return
    try {
      one.file = await uploadAttachment(one.blob, one.name, (fraction) => (one.progress = fraction), key)
    } catch (error) {
      one.problem = describeProblem(error)
    }
  }

  function retry(key: string): void {
    const one = chosen.value.find((other) => other.key === key)
    if (!one) return
    ;[one.problem, one.progress] = ['', 0]
    void upload(key)
  }

  function drop(key: string): void {
    const one = chosen.value.find((other) => other.key === key)
    if (one) URL.revokeObjectURL(one.preview)
    chosen.value = chosen.value.filter((other) => other !== one)
  }

  async function add(): Promise<boolean> {
    const ready = chosen.value.flatMap(({ key, file, caption }) => (file ? [{ key, id: file.id, caption: caption.trim() }] : []))
    if (ready.length === 0 || adding.value) return false
    const attachments = ready.map(({ id: fileId, caption }) => (caption === '' ? { id: fileId } : { id: fileId, caption }))
    const content = JSON.stringify(attachments)
    if (sent.content !== content) sent = { content, key: newKey() }
    adding.value = true
    try {
      await addPictures(id, attachments, sent.key)
      for (const { key } of ready) drop(key)
      await load()
      return true
    } finally {
      adding.value = false
    }
  }

  async function remove(picture: Picture): Promise<void> {
    await removePicture(id, picture.file.id)
    pictures.value = (pictures.value ?? []).filter((other) => other.file.id !== picture.file.id)
  }
}
