import { ref } from 'vue'
import { vibrate } from './vibrate'

/** A short tone and vibration for new work. Browsers allow sound only after the person has touched the page once. */

let audio: AudioContext | null = null

const silentKey = 'lianxin.silent'
/** Whether this device makes itself heard; the person's choice, kept on the device. */
export const audible = ref(wanted())

export function toggleAudible(): void {
  audible.value = !audible.value
  try {
    localStorage.setItem(silentKey, audible.value ? '0' : '1')
  } catch {
    // Holds until the page is closed.
  }
}

function wanted(): boolean {
  try {
    return localStorage.getItem(silentKey) !== '1'
  } catch {
    return true
  }
}

export function allowSoundAfterGesture(): void {
  const allow = (): void => {
    try {
      audio ??= new AudioContext()
      void audio.resume()
    } catch {
      audio = null
    }
  }
  window.addEventListener('pointerdown', allow, { once: true })
  window.addEventListener('keydown', allow, { once: true })
}

export function signalArrival(): void {
  if (!audible.value) return
  vibrate([80, 60, 120])
  if (!audio || audio.state !== 'running') return
  const at = audio.currentTime
  for (const [offset, frequency] of [
    [0, 660],
    [0.16, 880],
  ] as const) {
    const tone = audio.createOscillator()
    const volume = audio.createGain()
    tone.frequency.value = frequency
    volume.gain.setValueAtTime(0.0001, at + offset)
    volume.gain.exponentialRampToValueAtTime(0.2, at + offset + 0.02)
    volume.gain.exponentialRampToValueAtTime(0.0001, at + offset + 0.15)
    tone.connect(volume).connect(audio.destination)
    tone.start(at + offset)
    tone.stop(at + offset + 0.16)
  }
}
