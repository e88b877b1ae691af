import { fetchMeetingPhoto } from '@/shared/api/photos'
import type { Arrival } from './types'

/**
 * The pictures of those who came. A paired screen has a token instead of a cookie, so no `<img>` can ask for them: they
 * are fetched, a few at a time, and cut round once; what is painted in every frame is only a copy. Where there is no
 * picture, or it does not come, the name stands.
 */

export type PhotoSource = (meetingId: string, memberId: string, photo: string, signal: AbortSignal) => Promise<Blob>
/** A picture of its own size, cut round; null: what came is no picture. */
export type RoundCut = (file: Blob) => Promise<CanvasImageSource | null>

/** Names must not wait behind pictures in the browser's connections. */
const atOnce = 4
/** A whole wall of tiles, twice over; with more people than that names alone are set. */
const most = 600
const retryAfterMs = 30_000

type Entry = { state: 'waiting' | 'ready' | 'failed'; image: CanvasImageSource | null; at: number }

export class WallPhotos {
  private readonly meetingId: string
  private readonly source: PhotoSource
  private readonly cut: RoundCut
  private readonly entries = new Map<string, Entry>()
  private readonly listeners = new Set<(id: string) => void>()
  private readonly stopped = new AbortController()
  private queue: { key: string; id: string; photo: string }[] = []
  private loading = 0

  constructor(meetingId: string, source: PhotoSource = fetchMeetingPhoto, cut: RoundCut = cutRound) {
    this.meetingId = meetingId
    this.source = source
    this.cut = cut
  }

  /** The picture if it is there; if not, it is asked for, and `onCame` tells of it. */
  of(arrival: Pick<Arrival, 'id' | 'photo'>): CanvasImageSource | null {
    const { id, photo } = arrival
    if (photo === null) return null
    const key = `${id} ${photo}`
    const known = this.entries.get(key)
    if (known && (known.state !== 'failed' || performance.now() - known.at < retryAfterMs)) return known.image
    if (known === undefined && this.entries.size >= most) this.forgetOldest()
    this.entries.set(key, { state: 'waiting', image: null, at: performance.now() })
    this.queue.push({ key, id, photo })
    this.next()
    return null
  }

  /** Answers how to stop listening: cards come and go for a whole day. */
  onCame(listener: (id: string) => void): () => void {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }

  dispose(): void {
    this.stopped.abort()
    this.queue = []
    this.entries.clear()
  }

  private next(): void {
    while (this.loading < atOnce && !this.stopped.signal.aborted) {
      const wanted = this.queue.shift()
      if (!wanted) return
      this.loading += 1
      void this.load(wanted).finally(() => {
        this.loading -= 1
        this.next()
      })
    }
  }

  private async load({ key, id, photo }: { key: string; id: string; photo: string }): Promise<void> {
    let image: CanvasImageSource | null = null
    try {
      image = await this.cut(await this.source(this.meetingId, id, photo, this.stopped.signal))
    } catch {
      // The name stands; it is tried again when the tile is painted again, but not at once.
    }
    if (this.stopped.signal.aborted || !this.entries.has(key)) return
    this.entries.set(key, { state: image === null ? 'failed' : 'ready', image, at: performance.now() })
    if (image !== null) for (const listener of this.listeners) listener(id)
  }

  private forgetOldest(): void {
    const oldest = this.entries.keys().next().value
    if (oldest !== undefined) this.entries.delete(oldest)
  }
}

/** Large enough for a card and for a tile on a screen of four times the points. */
const side = 192

async function cutRound(file: Blob): Promise<CanvasImageSource | null> {
  const picture = await createImageBitmap(file)
  try {
    const canvas = document.createElement('canvas')
    canvas.width = canvas.height = side
    const context = canvas.getContext('2d')
    if (!context) return null
    context.arc(side / 2, side / 2, side / 2, 0, Math.PI * 2)
    context.clip()
    const scale = side / Math.min(picture.width, picture.height)
    const [width, height] = [picture.width * scale, picture.height * scale]
    context.imageSmoothingQuality = 'high'
    context.drawImage(picture, (side - width) / 2, (side - height) / 2, width, height)
    return canvas
  } finally {
    picture.close()
  }
}
