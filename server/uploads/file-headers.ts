import { attachment } from '@custodia/edge/uploads/content-disposition.ts'
import type { Meta } from './meta.ts'
import type { UploadRow } from './store.ts'

/**
 * What content goes out with: to be saved and not shown, as nothing but what it is; and where a browser shows it after all, in a sandbox
 * that may not run, load or send anything. Whole or not at all: there are no ranges.
 */
export const fileHeaders = ({ name, mediaType }: Meta, { size_bytes: size }: UploadRow): Record<string, string> => ({
  'content-type': mediaType?.startsWith('text/')
    ? `${mediaType}; charset=utf-8`
    : (mediaType ?? 'application/octet-stream'),
  'content-length': String(size),
  'content-disposition': attachment(name),
  'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'private, no-store',
  'accept-ranges': 'none',
  'x-robots-tag': 'noindex',
})
