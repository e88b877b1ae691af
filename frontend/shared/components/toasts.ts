import { readonly, ref, type Ref } from 'vue'

/** Short messages at the edge of the page. One list per page, announced by ToastList. */
export interface Toast {
  id: number
  text: string
  tone: 'plain' | 'good' | 'bad'
}

const toasts = ref<Toast[]>([])
let nextId = 1
const shownMs = 4500
const mostAtOnce = 3

export const shownToasts: Readonly<Ref<readonly Toast[]>> = readonly(toasts)

export function toast(text: string, tone: Toast['tone'] = 'plain'): void {
  // A repeated failure is one message, not a pile.
  if (toasts.value.some((other) => other.text === text)) return
  const id = nextId
  nextId += 1
  toasts.value = [...toasts.value.slice(1 - mostAtOnce), { id, text, tone }]
  setTimeout(() => {
    toasts.value = toasts.value.filter((other) => other.id !== id)
  }, shownMs)
}
