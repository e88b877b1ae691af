import { crc32, deflateSync } from 'node:zlib'

const side = 160
const grounds = [[214, 226, 240], [240, 226, 206], [220, 236, 222], [238, 220, 224]] as const
const coats = [[44, 62, 92], [120, 52, 48], [58, 84, 66], [72, 68, 84]] as const
const skins = [[236, 200, 172], [222, 180, 148], [206, 164, 132]] as const

/** A picture of nobody, another one for every number: head and shoulders before a plain ground, as PNG. */
export function portrait(number: number): Buffer {
  const [ground, coat, skin] = [grounds[number % grounds.length], coats[number % 3], skins[number % skins.length]]
  const rows = Buffer.alloc(side * (side * 3 + 1))
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const across = (x - side / 2) / side
      const down = y / side
      const isHair = (across / 0.23) ** 2 + ((down - 0.4) / 0.29) ** 2 < 1
      const isFace = (across / 0.19) ** 2 + ((down - 0.45) / 0.24) ** 2 < 1
      const isCoat = (across / 0.42) ** 2 + ((down - 1.05) / 0.33) ** 2 < 1
      const isNeck = Math.abs(across) < 0.08 && down > 0.6 && down < 0.78
      const colour = isFace || isNeck ? skin : isHair ? [40, 34, 32] : isCoat ? coat : ground
      rows.set(colour ?? [255, 255, 255], y * (side * 3 + 1) + 1 + x * 3)
    }
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  header.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))])
}

function chunk(name: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name), content])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(content.length, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}
