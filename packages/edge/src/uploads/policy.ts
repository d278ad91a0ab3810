import type { KindName } from './kinds.ts'

/** What files an application takes. All of it is held in `look.ts`, in whatever process that runs. */
export type UploadPolicy = {
  /** Bytes of one file. */
  readonly maxBytes: number
  /** What it may be; anything else is refused. */
  readonly kinds: readonly KindName[]
  readonly image: ImageLimits
  readonly archive: ArchiveLimits
}

export type ImageLimits = {
  /** Width × height × frames. */
  readonly maxPixels: number
  readonly maxFrames: number
  /** How long decoding and encoding may take. */
  readonly timeoutSeconds: number
}

/** Of one upload, the archives within archives counted in. */
export type ArchiveLimits = {
  readonly maxEntries: number
  /** What comes out in all. */
  readonly maxTotalBytes: number
  /** What comes out ÷ what went in, for each entry above 64 KiB and for the whole. */
  readonly maxRatio: number
  /** 1 is an archive without archives in it. */
  readonly maxDepth: number
}

export const usualPolicy: UploadPolicy = {
  maxBytes: 26_214_400,
  kinds: [
    'png',
    'jpeg',
    'webp',
    'gif',
    'pdf',
    'text',
    'csv',
    'json',
    'zip',
    'tar',
    'gzip',
    'docx',
    'xlsx',
    'pptx',
    'odt',
    'ods',
    'odp',
  ],
  image: { maxPixels: 50_000_000, maxFrames: 500, timeoutSeconds: 10 },
  archive: { maxEntries: 2_000, maxTotalBytes: 209_715_200, maxRatio: 100, maxDepth: 2 },
}
