import { attachment } from './content-disposition.ts'

/**
 * What a file goes out with: to be saved and not shown, as nothing but what it is; and where a browser shows it after all, in a sandbox
 * that may not run, load or send anything. Whole or not at all: there are no ranges.
 *
 * @param file.mediaType of our own table; null for bytes of which nothing is said.
 */
export const downloadHeaders = ({
  name,
  mediaType,
  sizeBytes,
}: {
  readonly name: string
  readonly mediaType: string | null
  readonly sizeBytes: number
}): Record<string, string> => ({
  'content-type': mediaType?.startsWith('text/')
    ? `${mediaType}; charset=utf-8`
    : (mediaType ?? 'application/octet-stream'),
  'content-length': String(sizeBytes),
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
