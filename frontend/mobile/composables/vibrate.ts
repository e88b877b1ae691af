/** Lets the phone tremble where it can. Browsers allow that only after the person has touched the page once. */
export function vibrate(pattern: number | number[]): void {
  if ('vibrate' in navigator && navigator.userActivation?.hasBeenActive !== false) navigator.vibrate(pattern)
}
