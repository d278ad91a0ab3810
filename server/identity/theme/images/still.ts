import type { Refusal } from '../../../platform/errors.ts'
import { refuse } from '../../errors.ts'

/** One picture that does not move, and nothing beside it. */
export type Still = { readonly bytes: Buffer; readonly width: number; readonly height: number }

/** Pixels, on either side. */
export const mostPixels = 512

/** @param detail what is wrong with the picture, as it goes on after 'it'. */
export const unfit = (detail: string): Refusal => refuse('IDENTITY_LOGO_UNFIT', { field: 'body.logo.data', detail })

/** @throws Refusal IDENTITY_LOGO_UNFIT where a side is 0 or longer than a logo may be. */
export function requireSize(width: number, height: number): void {
  if (width < 1 || height < 1 || width > mostPixels || height > mostPixels)
    throw unfit(`is ${width} by ${height} pixels; it may have up to ${mostPixels} by ${mostPixels}`)
}
