import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue'

/** How many whole lines of `lineRem` fit into a box: never half a line, never a scroll bar. In several columns (`--columns`), of all of them. */
export function useWholeLines(box: Readonly<Ref<HTMLElement | null>>, lineRem: number): Readonly<Ref<number>> {
  const lines = ref(0)
  const observer = new ResizeObserver(([entry]) => {
    if (!entry) return
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize)
    const columns = Number(getComputedStyle(entry.target).getPropertyValue('--columns')) || 1
    lines.value = Math.floor((entry.contentRect.height + 1) / (lineRem * rem)) * columns
  })
  onMounted(() => box.value && observer.observe(box.value))
  onBeforeUnmount(() => observer.disconnect())
  return lines
}
