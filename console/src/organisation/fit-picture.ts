import type { LogoUpload } from '@custodia/wire/http/theme.ts'

/** A picture that was chosen, ready to be shown and to be sent. */
export type Picture = { readonly bitmap: ImageBitmap; readonly upload: LogoUpload }

const types = ['image/png', 'image/jpeg', 'image/webp'] as const
const maxBytes = 65_536
const maxPixels = 512
/** Larger files are not even unpacked. */
const maxFileBytes = 20_971_520

/**
 * Reads a picture, and makes it smaller where it is larger than a logo may be. A photograph is always drawn anew: what says which way up
 * it was taken is not kept with it.
 *
 * @returns what is wrong where it can't be used.
 */
export async function fitPicture(file: File): Promise<Picture | 'unreadable' | 'too-large'> {
  const type = types.find((known) => known === file.type)
  if (type === undefined || file.size > maxFileBytes) return 'unreadable'
  let bitmap: ImageBitmap
  try {
    bitmap = await createImageBitmap(file)
  } catch {
    return 'unreadable'
  }
  const longest = Math.max(bitmap.width, bitmap.height)
  if (type !== 'image/jpeg' && file.size <= maxBytes && longest <= maxPixels)
    return { bitmap, upload: { type, data: base64url(await file.arrayBuffer()) } }
  for (const pixels of [maxPixels, 384, 256, 128]) {
    const drawn = await drawAt(bitmap, Math.min(1, pixels / longest), type)
    const kind = types.find((known) => known === drawn.type)
    if (drawn.size <= maxBytes && kind !== undefined)
      return { bitmap, upload: { type: kind, data: base64url(await drawn.arrayBuffer()) } }
  }
  return 'too-large'
}

/** A browser that can't write a kind writes PNG instead. */
async function drawAt(bitmap: ImageBitmap, scale: number, type: string): Promise<Blob> {
  const side = (length: number) => Math.max(1, Math.round(length * scale))
  const canvas = new OffscreenCanvas(side(bitmap.width), side(bitmap.height))
  const brush = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D
  brush.imageSmoothingQuality = 'high'
  brush.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  return await canvas.convertToBlob({ type, quality: 0.9 })
}

const base64url = (bytes: ArrayBuffer): string =>
  new Uint8Array(bytes).toBase64({ alphabet: 'base64url', omitPadding: true })
