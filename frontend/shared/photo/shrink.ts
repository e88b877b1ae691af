/** Photos are made smaller on the phone: a village's network carries 300 KB, not 6 MB. */

const longestSide = 2048
const quality = 0.85

export function fittedSize(width: number, height: number, longest: number = longestSide): { width: number; height: number } {
  const scale = Math.min(1, longest / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

/** The name must fit the content: 山路.HEIC becomes 山路.jpg when the picture was drawn anew. */
export function nameFor(blob: Blob, name: string): string {
  const stem = name.replace(/\.[^.]*$/, '') || '照片'
  return blob.type === 'image/jpeg' ? `${stem}.jpg` : name || stem
}

/** Above this a photo that could not be made smaller is not worth a village's network. */
export const largestPhotoBytes = 10 * 1024 * 1024

/** The original comes back when the browser cannot read the picture: better a large photo than none. */
export async function shrinkPhoto(file: Blob, longest: number = longestSide): Promise<Blob> {
  let bitmap: ImageBitmap
  try {
    bitmap = await createImageBitmap(file)
  } catch {
    return file
  }
  try {
    const size = fittedSize(bitmap.width, bitmap.height, longest)
    const canvas = document.createElement('canvas')
    canvas.width = size.width
    canvas.height = size.height
    const context = canvas.getContext('2d')
    if (!context) return file
    context.drawImage(bitmap, 0, 0, size.width, size.height)
    const smaller = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', quality))
    // Drawing also drops the camera's metadata, so a small photo is re-encoded as well.
    // A canvas beyond the phone's memory comes out empty.
    return smaller !== null && smaller.size > 0 ? smaller : file
  } finally {
    bitmap.close()
  }
}
