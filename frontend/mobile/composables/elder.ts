import { ref, type Ref } from 'vue'

/** 长辈版: larger text and targets, remembered on this phone. */

const key = 'lianxin.elder'
const on = ref(stored())
apply()

export function useElder(): { elder: Ref<boolean>; toggleElder: () => void } {
  return { elder: on, toggleElder }
}

function toggleElder(): void {
  on.value = !on.value
  try {
    localStorage.setItem(key, on.value ? '1' : '0')
  } catch {
    // Works until the page is closed.
  }
  apply()
}

function apply(): void {
  document.documentElement.toggleAttribute('data-elder', on.value)
}

function stored(): boolean {
  try {
    return localStorage.getItem(key) === '1'
  } catch {
    return false
  }
}
