import { crc32, deflateSync, inflateSync } from 'node:zlib'

/** The browser packs quickly; a picture that stays in the repository is packed well. */
export function smallerPng(png: Buffer): Buffer {
  const [signatureBytes, frameBytes] = [8, 12]
  const before: Buffer[] = [png.subarray(0, signatureBytes)]
  const packed: Buffer[] = []
  const after: Buffer[] = []
  for (let at = signatureBytes; at < png.length; ) {
    const length = png.readUInt32BE(at)
    const chunk = png.subarray(at, at + frameBytes + length)
    if (chunk.toString('latin1', 4, 8) === 'IDAT') packed.push(chunk.subarray(8, 8 + length))
    else (packed.length === 0 ? before : after).push(chunk)
    at += chunk.length
  }
  const body = Buffer.concat([Buffer.from('IDAT'), deflateSync(inflateSync(Buffer.concat(packed)), { level: 9, memLevel: 9 })])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(body.length - 4, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([...before, frame.subarray(0, 4), body, frame.subarray(4), ...after])
}
