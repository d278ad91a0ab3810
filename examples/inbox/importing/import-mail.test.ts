import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isCustodiaError } from '@custodia/sdk'
import type { Reader } from '../mail/reader.ts'
import { createReader } from '../mail/reader.ts'
import { recentImports } from '../store/imports.ts'
import { labelsIn } from '../store/labels.ts'
import { listMessages } from '../store/list-messages.ts'
import { malformedMessages, readMessage, readRaw } from '../store/read-message.ts'
import type { Inbox } from '../testing.ts'
import { startInbox } from '../testing.ts'
import { importMail } from './import-mail.ts'

const samples = fileURLToPath(new URL('../samples', import.meta.url))
const vectors = fileURLToPath(new URL('../mail/vectors', import.meta.url))
let reader: Reader
let inbox: Inbox
let folder: string

before(() => {
  reader = createReader()
})
after(() => reader.close())
beforeEach(async () => {
  inbox = await startInbox()
  folder = mkdtempSync(join(tmpdir(), 'custodia-mail-'))
})
afterEach(async () => {
  await inbox.stop()
  rmSync(folder, { recursive: true })
})

const bring = (...places: string[]) => importMail(inbox.mailbox, { places, reader, labelFolders: true })
const list = (search = '') =>
  listMessages(inbox.mailbox, { person: 'usr_a', places: ['team'], labelId: null, search, after: null })
const put = (name: string, text: string | Buffer) => {
  mkdirSync(join(folder, name, '..'), { recursive: true })
  writeFileSync(join(folder, name), text)
}

describe('an import', () => {
  it('keeps everything it finds, and adds nothing the second time', async () => {
    assert.deepEqual(await bring(samples), { found: 47, added: 44, known: 0, malformed: 3, refused: 0 })
    assert.deepEqual(await bring(samples), { found: 47, added: 0, known: 47, malformed: 0, refused: 0 })
    const { items, total } = await malformedMessages(inbox.mailbox, ['team'])
    assert.equal(total, 3)
    for (const { id, origin } of items)
      assert.deepEqual(await readRaw(inbox.mailbox, id), readFileSync(join(samples, origin)), origin)
  })

  it('reads the messages of other parsers without losing one', async () => {
    const files = readdirSync(vectors, { recursive: true }).filter((name) => String(name).endsWith('.eml'))
    const inMboxes = 5
    const found = files.length + inMboxes
    assert.deepEqual(await bring(vectors), { found, added: found, known: 0, malformed: 0, refused: 0 })
  })

  it('counts a message once that two imports bring at the same time', async () => {
    const other = createReader()
    const both = await Promise.all([
      bring(samples),
      importMail(inbox.mailbox, { places: [samples], reader: other, labelFolders: true }),
    ])
    await other.close()
    const sum = (name: 'added' | 'known' | 'malformed') => both[0][name] + both[1][name]
    assert.deepEqual([sum('added'), sum('known'), sum('malformed')], [44, 47, 3])
    assert.equal(inbox.database.prepare('SELECT count(*) AS n FROM message').get()?.n, 47)
    assert.equal((await labelsIn(inbox.mailbox, ['team'])).length, 9)
  })

  it('that was stopped has true figures, and goes on where it was', async () => {
    const stop = new Error('stopped')
    let kept = 0
    const onMessage = () => {
      kept += 1
      if (kept === 10) throw stop
    }
    await assert.rejects(importMail(inbox.mailbox, { places: [samples], reader, labelFolders: false, onMessage }), stop)
    const [run] = recentImports(inbox.mailbox, ['team'])
    assert.deepEqual([run?.found, run?.finishedMs], [10, null])
    assert.deepEqual(await bring(samples), { found: 47, added: 34, known: 10, malformed: 3, refused: 0 })
  })

  it('keeps nothing of a message whose keys it did not get', async () => {
    await bring(join(samples, 'Odd'))
    const before = inbox.database.prepare('SELECT count(*) AS n FROM sealed').get()?.n
    inbox.service.shred()
    inbox.custodia.forgetKeys()
    await assert.rejects(bring(samples), (error) => isCustodiaError(error, 'KEY_SHREDDED'))
    assert.equal(inbox.database.prepare('SELECT count(*) AS n FROM sealed').get()?.n, before)
  })

  it('takes mail from folders, Maildirs and mbox files, and leaves other files and links alone', async () => {
    put('a.eml', 'Subject: a\n\nx')
    put('box/cur/1700000000.1.host:2,S', 'Subject: b\n\nx')
    put('old.MBOX', 'From - \nSubject: c\n\nx\nFrom - \nSubject: d\n\nx\n')
    put('notes.txt', 'Subject: not this\n\nx')
    put('photo.png', 'x')
    symlinkSync('/etc/hostname', join(folder, 'link.eml'))
    assert.equal((await bring(folder)).added, 4)
    assert.equal((await bring(join(folder, 'notes.txt'))).added, 1)
    assert.deepEqual((await list()).items.map((item) => item.subject).sort(), ['a', 'b', 'c', 'd', 'not this'])
    await assert.rejects(bring(join(folder, 'none')), /ENOENT/)
  })

  it('labels by folder only where it is asked to, and never by what a sender writes', async () => {
    put('Invoices/a.eml', 'Subject: a\nKeywords: Trusted\nX-Gmail-Labels: Trusted\n\nx')
    await importMail(inbox.mailbox, { places: [folder], reader, labelFolders: false })
    assert.deepEqual(await labelsIn(inbox.mailbox, ['team']), [])
    put('Invoices/b.eml', 'Subject: b\n\nx')
    await bring(folder)
    assert.deepEqual(
      (await labelsIn(inbox.mailbox, ['team'])).map(({ name, messages }) => [name, messages]),
      [['Invoices', 1]],
    )
  })

  it('shows a message from the future as come today', async () => {
    put('a.eml', 'Subject: a\nDate: Fri, 1 Jan 2100 00:00:00 +0000\n\nx')
    await bring(folder)
    assert.ok(((await list()).items[0]?.receivedMs ?? Infinity) <= Date.now())
  })

  it('puts a large message together again, byte by byte', async () => {
    const text = Buffer.concat([Buffer.from('Subject: large\n\n'), Buffer.alloc(3_500_000, 'Lorem ipsum, dolor.\n')])
    put('a.eml', text)
    await bring(folder)
    const id = (await list()).items[0]?.id as string
    assert.deepEqual(await readRaw(inbox.mailbox, id), text)
    inbox.database.prepare("DELETE FROM sealed WHERE field = 'raw.3'").run()
    assert.equal(await readRaw(inbox.mailbox, id), null)
  })
})

describe('the store', () => {
  it('holds no word of a mail in any of its files', async () => {
    await bring(samples)
    const files = readdirSync(inbox.folder).map((name) => readFileSync(join(inbox.folder, name)).toString('latin1'))
    assert.ok(files.length >= 2, 'the log of the database is looked at too')
    const stored = files.join('').toLowerCase()
    const words = [
      'hollin',
      'invoice',
      'brightwater',
      'wedding',
      'jacket',
      'stromrechnung',
      'newsletter',
      'suspicious',
      'congratulations',
      'jetty.png',
      'not-mail',
      'application/pdf',
      'text/html',
      'mara@',
      'content-type',
    ]
    for (const word of words) assert.ok(!stored.includes(word), word)
    const base64 = Buffer.from('Hollin & Sons Timber').toString('base64').toLowerCase()
    assert.ok(!stored.includes(base64.slice(0, 20)))
  })

  it('does not open a field in another field, another message or a copy that was changed', async () => {
    await bring(join(samples, 'Team'))
    const [first, second, third] = (await list()).items.map((item) => item.id) as [string, string, string]
    const set = inbox.database.prepare('UPDATE sealed SET bytes = ? WHERE message_id = ? AND field = ?')
    const get = (id: string, field: string) =>
      inbox.database.prepare('SELECT bytes FROM sealed WHERE message_id = ? AND field = ?').get(id, field)
        ?.bytes as Uint8Array
    set.run(get(second, 'subject'), first, 'subject')
    set.run(get(third, 'snippet'), third, 'subject')
    const items = new Map((await list()).items.map((item) => [item.id, item]))
    assert.equal(items.get(first)?.damaged, true)
    assert.equal(items.get(third)?.damaged, true)
    assert.equal(items.get(second)?.damaged, false)
    assert.equal(await readMessage(inbox.mailbox, first, ['team']), null)
    assert.equal(await readMessage(inbox.mailbox, 'x'.repeat(20), ['team']), null)
  })
})
