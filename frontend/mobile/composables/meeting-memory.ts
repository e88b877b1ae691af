import { ref, type Ref } from 'vue'

/** Whether whoever uses this phone goes to meetings: then the way there stands among the tabs. */

const key = 'lianxin.goes_to_meetings'
const known = ref(stored())

export function goesToMeetings(): Readonly<Ref<boolean>> {
  return known
}

export function rememberMeetings(): void {
  if (known.value) return
  known.value = true
  try {
    localStorage.setItem(key, '1')
  } catch {
    // Remembered until the page is closed.
  }
}

function stored(): boolean {
  try {
    return localStorage.getItem(key) === '1'
  } catch {
    return false
  }
}
