import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { importMail } from './importing/import-mail.ts'
import { createReader } from './mail/reader.ts'
import type { Inbox } from './testing.ts'

export const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
)

/** Of a mail: a file, and a line more of its head. */
export type Part = {
  readonly name?: string
  readonly type?: string
  readonly bytes: Buffer | string
  readonly more?: string
}

function mail(subject: string, parts: readonly Part[]): string {
  const lines = [
    `Subject: ${subject}`,
    'From: a@b.example',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=x',
    '',
  ]
  lines.push('--x', 'Content-Type: text/html', '', '<p>Look: <img src="cid:one"></p>')
  for (const { name, type = 'application/octet-stream', bytes, more } of parts)
    lines.push(
      '--x',
      `Content-Type: ${type}`,
      `Content-Disposition: attachment${name === undefined ? '' : `; filename="${name}"`}`,
      'Content-Transfer-Encoding: base64',
      ...(more === undefined ? [] : [more]),
      '',
      Buffer.from(bytes).toString('base64'),
    )
  return [...lines, '--x--', ''].join('\r\n')
}

/** Imports one message with these files, whose HTML shows a picture of the content id `one`. @returns its id. */
export async function bringMail(inbox: Inbox, ...parts: readonly Part[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'custodia-mail-'))
  writeFileSync(join(folder, 'a.eml'), mail('papers', parts))
  const reader = createReader()
  await importMail(inbox.mailbox, { places: [folder], reader, labelFolders: false })
  await reader.close()
  rmSync(folder, { recursive: true })
  return inbox.database.prepare('SELECT id FROM message').get()?.id as string
}
