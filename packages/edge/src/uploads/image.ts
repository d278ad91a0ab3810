import { NotTaken } from './finding.ts'
import type { ImageLimits } from './policy.ts'
import { decode } from './text.ts'

type Format = 'png' | 'jpeg' | 'webp' | 'gif'

/**
 * Makes an image anew from its pixels alone: what was beside them (places, names, previews, scripts, other files) is gone, and how it is
 * turned is applied. Animations stay animated.
 *
 * @throws NotTaken for an image that is incomplete in any way, or beyond the limits by what its own header says.
 */
export async function remakeImage(bytes: Uint8Array, format: Format, limits: ImageLimits): Promise<Uint8Array> {
  const sharp = await load()
  const animated = format === 'gif' || format === 'webp'
  const options = {
    failOn: 'warning',
    limitInputPixels: limits.maxPixels,
    sequentialRead: true,
    ...(animated ? { animated: true } : {}),
  } as const
  const read = await sharp(bytes, { ...options, limitInputPixels: false })
    .metadata()
    .catch(() => {
      throw new NotTaken('image-broken')
    })
  const frames = read.pages ?? 1
  // Of an animation `height` is that of all frames together.
  const pixels = (read.width ?? 0) * (read.height ?? 0)
  if (read.format !== format || pixels === 0) throw new NotTaken('image-broken')
  if (frames > limits.maxFrames || pixels > limits.maxPixels) throw new NotTaken('image-too-large')
  const image = sharp(bytes, options).timeout({ seconds: limits.timeoutSeconds })
  try {
    return await (animated ? image : image.autoOrient()).toFormat(format).toBuffer()
  } catch (error) {
    throw new NotTaken(/timeout/i.test((error as Error).message) ? 'too-slow' : 'image-broken')
  }
}

/**
 * Draws an SVG into a PNG, for whoever allows them: nothing of it can run or fetch any more.
 *
 * @throws NotTaken for entities of its own (which expand), and for what can't be drawn.
 */
export async function drawSvg(bytes: Uint8Array, limits: ImageLimits): Promise<Uint8Array> {
  if (bytes.length > 1_048_576) throw new NotTaken('image-too-large')
  if (/<!(?:DOCTYPE|ENTITY)|<\?xml-stylesheet|<(?:\w+:)?include/i.test(decode(bytes))) throw new NotTaken('text-active')
  const sharp = await load()
  try {
    return await sharp(bytes, { failOn: 'warning', limitInputPixels: limits.maxPixels })
      .timeout({ seconds: limits.timeoutSeconds })
      .png()
      .toBuffer()
  } catch (error) {
    throw new NotTaken(/pixel limit/i.test((error as Error).message) ? 'image-too-large' : 'image-broken')
  }
}

/** Loaded only where there is an image: it is native code, and an application may do without. */
async function load() {
  const { default: sharp } = await import('sharp')
  sharp.cache(false)
  sharp.concurrency(1)
  return sharp
}
