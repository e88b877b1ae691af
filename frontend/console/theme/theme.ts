/** The console's colours: light, dark, or as the computer has it. The choice is the device's, not the account's. */

export type ThemeChoice = 'light' | 'dark' | 'system'
export type Theme = 'light' | 'dark'

export const themeWords: Readonly<Record<ThemeChoice, string>> = { light: '浅色', dark: '深色', system: '跟随系统' }
export const themeKey = 'lianxin.theme'
export const systemIsDark = '(prefers-color-scheme: dark)'

/** Light, unless somebody chose otherwise: an office's screen stands in a bright room. */
export function keptChoice(store: Pick<Storage, 'getItem'>): ThemeChoice {
  const kept = store.getItem(themeKey)
  return kept === 'dark' || kept === 'system' ? kept : 'light'
}

export function themeOf(choice: ThemeChoice, systemDark: boolean): Theme {
  return choice === 'dark' || (choice === 'system' && systemDark) ? 'dark' : 'light'
}

const bars: Readonly<Record<Theme, string>> = { light: '#ffffff', dark: '#142235' }

export function wear(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme
  document.querySelector('meta[name="theme-color"]')?.setAttribute('content', bars[theme])
}

/** A private window may have no store. */
export function wearKept(): ThemeChoice {
  let choice: ThemeChoice = 'light'
  try {
    choice = keptChoice(localStorage)
  } catch {
    // Light it is.
  }
  wear(themeOf(choice, matchMedia(systemIsDark).matches))
  return choice
}
