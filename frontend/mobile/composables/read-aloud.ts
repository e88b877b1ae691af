/** Reads a text aloud with the phone's own voice, where it has one. */

export const canReadAloud = typeof window !== 'undefined' && 'speechSynthesis' in window

export function readAloud(text: string): void {
  if (!canReadAloud) return
  window.speechSynthesis.cancel()
  const speech = new SpeechSynthesisUtterance(text)
  speech.lang = 'zh-CN'
  speech.rate = 0.9
  window.speechSynthesis.speak(speech)
}
