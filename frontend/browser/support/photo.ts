import type { Browser } from '@playwright/test'

/** As Playwright's file inputs take it. */
export interface Photo {
  name: string
  mimeType: string
  buffer: Buffer
}

/** A picture that nobody took: a road at dusk with a lamp that is dark, or lit again. */
export async function lampPhoto(browser: Browser, lit: boolean): Promise<Photo> {
  const page = await browser.newPage({ viewport: { width: 480, height: 480 } })
  await page.setContent('<canvas width="480" height="480" style="position:fixed;inset:0"></canvas>')
  await page.evaluate((on) => {
    const canvas = document.querySelector('canvas')?.getContext('2d')
    if (!canvas) throw new Error('no canvas')
    const fill = (colour: string | CanvasGradient, corners: number[][]): void => {
      canvas.fillStyle = colour
      canvas.beginPath()
      corners.forEach(([x = 0, y = 0]) => canvas.lineTo(x, y))
      canvas.fill()
    }
    const sky = canvas.createLinearGradient(0, 0, 0, 300)
    sky.addColorStop(0, on ? '#27385e' : '#1b2436')
    sky.addColorStop(1, on ? '#c98a5a' : '#6a5a5c')
    fill(sky, [[0, 0], [480, 0], [480, 320], [0, 320]])
    fill(on ? '#3b4a3a' : '#262d2a', [[0, 300], [90, 250], [210, 290], [330, 240], [480, 285], [480, 480], [0, 480]])
    fill(on ? '#57534f' : '#35343a', [[205, 300], [250, 300], [420, 480], [40, 480]])
    fill('#8a8578', [[226, 320], [230, 320], [232, 370], [222, 370]])
    fill('#8a8578', [[222, 400], [233, 400], [238, 480], [214, 480]])
    fill('#14181d', [[330, 120], [337, 120], [341, 420], [327, 420]])
    fill('#14181d', [[262, 112], [337, 116], [337, 124], [262, 120]])
    if (!on) return fill('#2b3038', [[252, 112], [282, 112], [278, 126], [256, 126]])
    const glow = canvas.createRadialGradient(267, 124, 4, 267, 124, 210)
    glow.addColorStop(0, 'rgba(255, 236, 170, 0.95)')
    glow.addColorStop(0.15, 'rgba(255, 224, 140, 0.45)')
    glow.addColorStop(1, 'rgba(255, 220, 130, 0)')
    fill(glow, [[0, 0], [480, 0], [480, 480], [0, 480]])
  }, lit)
  const buffer = await page.screenshot()
  await page.close()
  return { name: lit ? '路灯已亮.png' : '路灯不亮.png', mimeType: 'image/png', buffer }
}
