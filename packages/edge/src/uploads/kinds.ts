/** How a kind of file is looked at: see `look.ts`. */
export type Handling = 'image' | 'svg' | 'pdf' | 'text' | 'zip' | 'office' | 'tar' | 'gzip'

type Kind = {
  readonly mediaType: string
  /** Lower case, without dot; the first is given to files that are renamed. */
  readonly extensions: readonly string[]
  /** What `file-type` calls the content; empty where text has no mark of its own. */
  readonly detected: readonly string[]
  readonly handling: Handling
}

const open = 'application/vnd.oasis.opendocument'
const office = 'application/vnd.openxmlformats-officedocument'

/** Every kind of file that can be allowed. A new one is a row. SVG is never in the usual policy, and HTML is not here at all. */
export const kinds = {
  png: { mediaType: 'image/png', extensions: ['png'], detected: ['png', 'apng'], handling: 'image' },
  jpeg: { mediaType: 'image/jpeg', extensions: ['jpg', 'jpeg'], detected: ['jpg'], handling: 'image' },
  webp: { mediaType: 'image/webp', extensions: ['webp'], detected: ['webp'], handling: 'image' },
  gif: { mediaType: 'image/gif', extensions: ['gif'], detected: ['gif'], handling: 'image' },
  svg: { mediaType: 'image/svg+xml', extensions: ['svg'], detected: ['svg', 'xml'], handling: 'svg' },
  pdf: { mediaType: 'application/pdf', extensions: ['pdf'], detected: ['pdf'], handling: 'pdf' },
  text: { mediaType: 'text/plain', extensions: ['txt', 'md', 'log'], detected: [], handling: 'text' },
  csv: { mediaType: 'text/csv', extensions: ['csv', 'tsv'], detected: [], handling: 'text' },
  json: { mediaType: 'application/json', extensions: ['json'], detected: [], handling: 'text' },
  zip: { mediaType: 'application/zip', extensions: ['zip'], detected: ['zip'], handling: 'zip' },
  tar: { mediaType: 'application/x-tar', extensions: ['tar'], detected: ['tar'], handling: 'tar' },
  gzip: { mediaType: 'application/gzip', extensions: ['gz', 'tgz'], detected: ['gz', 'tar.gz'], handling: 'gzip' },
  docx: {
    mediaType: `${office}.wordprocessingml.document`,
    extensions: ['docx'],
    detected: ['docx'],
    handling: 'office',
  },
  xlsx: { mediaType: `${office}.spreadsheetml.sheet`, extensions: ['xlsx'], detected: ['xlsx'], handling: 'office' },
  pptx: {
    mediaType: `${office}.presentationml.presentation`,
    extensions: ['pptx'],
    detected: ['pptx'],
    handling: 'office',
  },
  odt: { mediaType: `${open}.text`, extensions: ['odt'], detected: ['odt'], handling: 'office' },
  ods: { mediaType: `${open}.spreadsheet`, extensions: ['ods'], detected: ['ods'], handling: 'office' },
  odp: { mediaType: `${open}.presentation`, extensions: ['odp'], detected: ['odp'], handling: 'office' },
} as const satisfies Readonly<Record<string, Kind>>

export type KindName = keyof typeof kinds

export const kindNames = Object.keys(kinds) as KindName[]

const byExtension = new Map<string, KindName>(
  kindNames.flatMap((name) => kinds[name].extensions.map((extension) => [extension, name] as const)),
)

/** @returns null for an ending that no kind has. */
export const kindOfExtension = (extension: string): KindName | null => byExtension.get(extension) ?? null
