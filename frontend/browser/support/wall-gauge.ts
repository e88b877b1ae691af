import type { CDPSession, Page } from '@playwright/test'

/** What an open wall costs, and whether it shows anything. */

export interface Reading {
  /** after a collection, MB */
  heap: number
  nodes: number
  listeners: number
  /** of the live channel, since the gauge began */
  frames: number
  framesPerSecond: number
  /** connections after the first */
  reconnects: number
}

export class WallGauge {
  /** When the wall showed nothing; empty: never. */
  readonly blanks: string[] = []
  private readonly page: Page
  private readonly inspector: CDPSession
  private sockets = 0
  private frames = 0

  private constructor(page: Page, inspector: CDPSession) {
    this.page = page
    this.inspector = inspector
  }

  /** Before the page opens the wall: connections count from the first. */
  static async on(page: Page): Promise<WallGauge> {
    const inspector = await page.context().newCDPSession(page)
    const gauge = new WallGauge(page, inspector)
    // The protocol's own events: Playwright would keep an object for every connection.
    inspector.on('Network.webSocketCreated', () => (gauge.sockets += 1))
    inspector.on('Network.webSocketFrameReceived', () => (gauge.frames += 1))
    await inspector.send('Network.enable')
    await inspector.send('HeapProfiler.enable')
    return gauge
  }

  async read(): Promise<Reading> {
    const framesPerSecond = await this.framesInASecond()
    // The first collection lets finalizers run, the second takes what they let go.
    await this.inspector.send('HeapProfiler.collectGarbage')
    await this.inspector.send('HeapProfiler.collectGarbage')
    const { usedSize } = await this.inspector.send('Runtime.getHeapUsage')
    const { nodes, jsEventListeners } = await this.inspector.send('Memory.getDOMCounters')
    return { heap: usedSize / 1_000_000, nodes, listeners: jsEventListeners, frames: this.frames, framesPerSecond, reconnects: Math.max(0, this.sockets - 1) }
  }

  /** Looks whether there is a heading, and paint on the wall of names; notes what is missing. */
  async look(expectNames: boolean): Promise<void> {
    const missing = await this.page.evaluate((names) => {
      if (!document.querySelector('.head h1')?.textContent?.trim()) return 'no heading'
      if (!names) return ''
      const front = document.querySelector<HTMLCanvasElement>('.names canvas.front')
      if (!front) return 'no names'
      const small = document.createElement('canvas')
      Object.assign(small, { width: 64, height: 36 })
      const context = small.getContext('2d', { willReadFrequently: true })
      context?.drawImage(front, 0, 0, small.width, small.height)
      const points = new Set(new Uint32Array(context?.getImageData(0, 0, small.width, small.height).data.buffer ?? new ArrayBuffer(0)))
      return points.size < 3 ? 'nothing painted' : ''
    }, expectNames)
    if (missing !== '') this.blanks.push(`${new Date().toISOString()} ${missing}`)
  }

  private framesInASecond(): Promise<number> {
    return this.page.evaluate(
      () =>
        new Promise<number>((done) => {
          const from = performance.now()
          let frames = 0
          const step = (now: number): void => {
            frames += 1
            if (now - from < 1_000) requestAnimationFrame(step)
            else done((frames * 1_000) / (now - from))
          }
          requestAnimationFrame(step)
        }),
    )
  }
}
