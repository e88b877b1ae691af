import { onScopeDispose, ref, type Ref } from 'vue'

/** Records speech up to a minute. */

export type RecorderPhase = 'ready' | 'asking' | 'recording' | 'denied' | 'not-supported'

export interface VoiceRecorder {
  phase: Ref<RecorderPhase>
  elapsedMs: Ref<number>
  start: () => Promise<void>
  finish: () => void
}

export const longestVoiceMs = 60_000
/** Shorter than this is a touch by mistake. */
const shortestVoiceMs = 700
const preferredTypes = ['audio/webm;codecs=opus', 'audio/mp4', 'audio/ogg;codecs=opus'] as const

export function useVoiceRecorder(onRecorded: (voice: { blob: Blob; durationMs: number }) => void, onTooShort: () => void): VoiceRecorder {
  const phase = ref<RecorderPhase>(isSupported() ? 'ready' : 'not-supported')
  const elapsedMs = ref(0)
  let recorder: MediaRecorder | null = null
  let wanted = false
  let timer: ReturnType<typeof setInterval> | undefined

  onScopeDispose(() => {
    wanted = false
    stopTracks()
  })
  return { phase, elapsedMs, start, finish }

  async function start(): Promise<void> {
    if (phase.value !== 'ready' && phase.value !== 'denied') return
    wanted = true
    phase.value = 'asking'
    let stream: MediaStream
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true })
    } catch {
      phase.value = 'denied'
      return
    }
    // The finger may have left the button while the permission question was open.
    if (!wanted) {
      stream.getTracks().forEach((track) => track.stop())
      phase.value = 'ready'
      return
    }
    try {
      record(stream)
    } catch {
      // The browser names a recorder and cannot make one.
      stream.getTracks().forEach((track) => track.stop())
      phase.value = 'not-supported'
    }
  }

  function finish(): void {
    wanted = false
    if (recorder?.state === 'recording') recorder.stop()
  }

  function record(stream: MediaStream): void {
    const mimeType = preferredTypes.find((type) => MediaRecorder.isTypeSupported(type))
    const current = new MediaRecorder(stream, mimeType ? { mimeType, audioBitsPerSecond: 24_000 } : { audioBitsPerSecond: 24_000 })
    const pieces: Blob[] = []
    const startedAt = performance.now()
    recorder = current
    current.ondataavailable = (event) => {
      if (event.data.size > 0) pieces.push(event.data)
    }
    current.onstop = () => {
      const durationMs = Math.min(longestVoiceMs, Math.round(performance.now() - startedAt))
      stopTracks()
      phase.value = 'ready'
      if (durationMs < shortestVoiceMs) onTooShort()
      else if (pieces.length > 0) onRecorded({ blob: new Blob(pieces, { type: plainType(current.mimeType) }), durationMs })
    }
    current.start()
    phase.value = 'recording'
    elapsedMs.value = 0
    timer = setInterval(() => {
      elapsedMs.value = performance.now() - startedAt
      if (elapsedMs.value >= longestVoiceMs) finish()
    }, 100)
  }

  function stopTracks(): void {
    clearInterval(timer)
    recorder?.stream.getTracks().forEach((track) => track.stop())
    recorder = null
  }
}

function plainType(mimeType: string): string {
  return mimeType.split(';')[0] || 'audio/webm'
}

function isSupported(): boolean {
  return typeof MediaRecorder !== 'undefined' && typeof navigator.mediaDevices?.getUserMedia === 'function'
}
