import { readonly, ref, type Ref } from 'vue'
import { systemIsDark, themeKey, themeOf, wear, wearKept, type ThemeChoice } from './theme'

const choice = ref<ThemeChoice>('light')
let follows = false

export interface ThemeStore {
  choice: Readonly<Ref<ThemeChoice>>
  choose: (next: ThemeChoice) => void
}

/** One per page: what is worn belongs to the document. */
export function useTheme(): ThemeStore {
  if (!follows) {
    follows = true
    choice.value = wearKept()
    const system = matchMedia(systemIsDark)
    const again = (): void => wear(themeOf(choice.value, system.matches))
    // Safari 13 knows the older name alone.
    if ('addEventListener' in system) system.addEventListener('change', again)
    // Other windows of the console change with this one.
    window.addEventListener('storage', ({ key }) => {
      if (key === themeKey) choice.value = wearKept()
    })
  }
  return { choice: readonly(choice), choose }
}

function choose(next: ThemeChoice): void {
  choice.value = next
  wear(themeOf(next, matchMedia(systemIsDark).matches))
  try {
    localStorage.setItem(themeKey, next)
  } catch {
    // It holds until the page is closed.
  }
}
