import { readFileSync } from 'node:fs'
import { eicar, makeZip } from '../testing.ts'

type File = {
  readonly name?: string
  readonly bytes: Uint8Array | string
  readonly field?: string
  readonly type?: string
}

/** One form with files, and what becomes of it: at the gateway and in every middleware the same. */
export type FormCase = {
  readonly what: string
  readonly body: Buffer
  readonly headers?: Readonly<Record<string, string>>
  readonly chunked?: boolean
  /** Null where it is taken. The code is without the prefix of whoever says it. */
  readonly refused: { readonly status: number; readonly code: string; readonly reason?: string } | null
}

const sample = (path: string) => readFileSync(new URL(`../samples/${path}`, import.meta.url))
export const casesPng = sample('images/benign.png')
/** Finds nothing but what a scanner with a test signature finds. */
export const casesVirus = eicar(sample('eicar-reversed.txt').toString('latin1'))

/** As in a rule of `edge.uploads`, and as in the options of the middleware. */
export const casesRule = {
  kinds: ['png', 'jpeg', 'text', 'pdf', 'zip', 'gif'],
  maxBytes: 300_000,
  maxFiles: 3,
  maxFields: 3,
  repeated: ['tag'],
} as const

/** A form as a browser writes it. */
export function formOf(files: readonly File[], fields: readonly (readonly [string, string])[] = []): Buffer {
  const part = (head: string, type: string, content: Uint8Array | string) =>
    Buffer.concat([
      Buffer.from(`--x\r\nContent-Disposition: ${head}\r\n${type}\r\n`),
      Buffer.from(content as string),
      Buffer.from('\r\n'),
    ])
  return Buffer.concat([
    ...fields.map(([name, value]) => part(`form-data; name="${name}"`, '', value)),
    ...files.map(({ name = 'a.png', bytes, field = 'file', type = 'image/png' }) =>
      part(`form-data; name="${field}"; filename="${name}"`, `Content-Type: ${type}\r\n`, bytes),
    ),
    Buffer.from('--x--\r\n'),
  ])
}

const fine = formOf([{ bytes: casesPng }])
const zip = makeZip([{ name: '../../etc/cron.d/x', content: Buffer.from('x') }])
const malformed = (what: string, body: Buffer | string): FormCase => ({
  what: `a form with ${what}`,
  body: Buffer.from(body as string),
  refused: { status: 400, code: 'FORM_MALFORMED' },
})
const file = (what: string, one: File, reason: string): FormCase => ({
  what: `a file that is ${what}`,
  body: formOf([{ bytes: casesPng, field: 'fine' }, one], [['title', 'x']]),
  refused: { status: 422, code: 'FILE_REFUSED', reason },
})
const type = (what: string, headers: Readonly<Record<string, string>>): FormCase => ({
  what,
  body: fine,
  headers,
  refused: { status: 415, code: 'MEDIA_TYPE_UNSUPPORTED' },
})
const large = formOf([{ name: 'a.txt', bytes: 'x'.repeat(400_000) }])
const tooLarge = { status: 413, code: 'REQUEST_TOO_LARGE' } as const

export const formCases: readonly FormCase[] = [
  { what: 'a form with an image', body: fine, refused: null },
  {
    what: 'a form with fields alone, one of them twice as it may',
    body: formOf(
      [],
      [
        ['tag', 'a'],
        ['tag', 'b'],
      ],
    ),
    refused: null,
  },
  {
    what: 'a form in which nobody chose a file',
    body: formOf([{ name: '', bytes: '', type: 'application/octet-stream' }]),
    refused: null,
  },
  { what: 'a form in pieces', body: fine, chunked: true, refused: null },

  file('a page', { name: 'a.html', bytes: '<script>alert(1)</script>' }, 'extension-unknown'),
  file('a drawing', { name: 'a.svg', bytes: '<svg onload="alert(1)"/>' }, 'kind-not-allowed'),
  file('a page that is called text', { name: 'a.txt', bytes: '<!doctype html><script>' }, 'text-active'),
  file('a program', { name: 'photo.jpg.exe', bytes: 'MZ' }, 'extension-unknown'),
  file('of a kind that is not named', { name: 'a.csv', bytes: 'a,b' }, 'kind-not-allowed'),
  file('another thing than its name says', { name: 'a.jpg', bytes: casesPng }, 'content-mismatch'),
  file('another thing than its type says', { name: 'a.pdf', bytes: casesPng, type: 'image/png' }, 'content-mismatch'),
  file('half an image', { bytes: casesPng.subarray(0, casesPng.length / 2) }, 'image-broken'),
  file('an archive whose paths lead elsewhere', { name: 'a.zip', bytes: zip }, 'archive-path'),
  file('two at once', { bytes: Buffer.concat([zip, casesPng]) }, 'content-mismatch'),
  file('nothing', { bytes: '' }, 'empty'),
  file('without a name', { name: '', bytes: casesPng }, 'name-unusable'),

  malformed(
    'a field twice',
    formOf(
      [],
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ),
  ),
  malformed('a file under the name of a field', formOf([{ bytes: casesPng, field: 'a' }], [['a', '1']])),
  malformed(
    'a file name of two standards',
    formOf([{ name: 'a.png"; filename*=UTF-8\'\'a.html; x="', bytes: casesPng }]),
  ),
  malformed('two file names', formOf([{ name: 'a.png"; filename="a.html', bytes: casesPng }])),
  malformed('too many files', formOf([1, 2, 3, 4].map((n) => ({ bytes: casesPng, field: `f${n}` })))),
  malformed(
    'too many fields',
    formOf(
      [],
      ['a', 'b', 'c', 'd'].map((name) => [name, '']),
    ),
  ),
  malformed('fields that are too long', formOf([], [['a', 'x'.repeat(270_000)]])),
  malformed('a boundary within content', formOf([{ bytes: 'a\r\n--xy', name: 'a.txt' }])),
  malformed('something behind it', Buffer.concat([fine, formOf([{ name: 'a.html', bytes: '<script>' }])])),
  malformed('something before it', Buffer.concat([Buffer.from('\r\n'), fine])),
  malformed('a line end in a name', formOf([{ field: 'a\r\nX-Evil: y', bytes: casesPng }])),
  malformed('no end', fine.subarray(0, -4)),
  malformed('no body', ''),

  type('two boundaries', { 'content-type': 'multipart/form-data; boundary=x; boundary=y' }),
  type('another multipart', { 'content-type': 'multipart/mixed; boundary=x' }),
  type('a form that has no files', { 'content-type': 'application/x-www-form-urlencoded' }),
  type('text', { 'content-type': 'text/plain' }),
  type('JSON', { 'content-type': 'application/json' }),
  type('a packed form', { 'content-encoding': 'gzip' }),

  { what: 'a form that is too large by its word', body: large, refused: tooLarge },
  { what: 'a form that becomes too large', body: large, chunked: true, refused: tooLarge },
]
