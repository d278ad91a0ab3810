import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { attachmentsOf } from '../store/attachments.ts'
import { openDatabase } from '../store/database.ts'
import type { Inbox } from '../testing.ts'
import { startInbox } from '../testing.ts'
import type { Part } from '../testing-mail.ts'
import { bringMail, png } from '../testing-mail.ts'
import { uploadName } from './upload-name.ts'
import { heldBack } from './words.ts'

const all = ['inbox:read', 'inbox:write', 'inbox:import']
let inbox: Inbox
let nowMs: number
beforeEach(async () => {
  nowMs = Date.UTC(2026, 10, 21, 12)
  inbox = await startInbox({ nowMs: () => nowMs })
})
afterEach(() => inbox.stop())

const bring = (...parts: readonly Part[]) => bringMail(inbox, ...parts)

/** Until nothing is due, however long that is in the clock of the courier. */
async function settle(): Promise<void> {
  for (let rounds = 0; rounds < 50; rounds += 1) {
    nowMs += 500
    if (!(await inbox.courier.round())) return
  }
  assert.fail('the courier does not come to an end')
}

const states = (id: string) => attachmentsOf(inbox.mailbox, id).map(({ state, reason }) => [state, reason])
const load = (id: string, number = 0, more = '') => inbox.ask(`/messages/${id}/attachments/${number}${more}`, all)
const post = (url: string, payload = '', permissions = all, more: Record<string, unknown> = {}) =>
  inbox.app.inject({
    ...{ method: 'POST', url, payload },
    headers: {
      'custodia-assertion': inbox.service.assertion({ permissions, ...more }),
      'content-type': 'application/x-www-form-urlencoded',
      'sec-fetch-site': 'same-origin',
    },
  })

describe('an attachment', () => {
  it('is given out by a link to another host once it was looked at, and not before', async () => {
    const id = await bring({ name: 'note.txt', bytes: 'a note' })
    assert.deepEqual(states(id), [['waiting', null]])
    assert.equal((await load(id)).statusCode, 409)
    assert.match((await inbox.ask(`/messages/${id}`)).body, /Being checked/)
    inbox.service.uploads.held = true
    await settle()
    assert.deepEqual(states(id), [['sent', null]])
    assert.equal((await load(id)).statusCode, 409)
    inbox.service.uploads.held = false
    nowMs += 3_600_000
    await settle()
    assert.deepEqual(states(id), [['there', null]])
    const { statusCode, headers } = await load(id)
    assert.equal(statusCode, 303)
    assert.match(String(headers.location), /^http:\/\/files\.custodia\.localhost:8080\/upl_/)
    assert.equal(headers['cache-control'], 'no-store')
  })

  it('that is a page, a drawing, a program or another thing than its name says is held back, with the original', async () => {
    const id = await bring(
      { name: 'a.html', type: 'text/html', bytes: '<script>alert(1)</script>' },
      { name: 'a.svg', type: 'image/svg+xml', bytes: '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>' },
      { name: 'a.txt', type: 'text/plain', bytes: '<html><script>alert(1)</script>' },
      { name: 'photo.png', type: 'image/png', bytes: '<svg/onload=alert(1)>' },
      { name: 'photo.jpg.exe', bytes: 'MZ' },
      { name: 'invoice.pdf', type: 'application/pdf', bytes: 'PK\x03\x04' },
    )
    await settle()
    const found = states(id)
    assert.deepEqual(
      found.map(([state]) => state),
      Array.from({ length: 6 }, () => 'refused'),
    )
    const page = (await inbox.ask(`/messages/${id}`)).body
    assert.equal(page.split('Held back.').length - 1, 6)
    for (const number of found.keys())
      for (const more of ['', '/preview']) assert.ok((await load(id, number, more)).statusCode >= 400)
    assert.equal((await inbox.ask(`/messages/${id}/raw`)).statusCode, 409)
    assert.equal((await inbox.ask(`/messages/${id}/source`)).statusCode, 200)
  })

  it('whose name leads elsewhere, turns around or ends a header is sent under a safe one', async () => {
    const id = await bring(
      { name: '../../etc/passwd.txt', bytes: 'x' },
      { name: 'C:\\\\boot.txt', bytes: 'x' },
      { name: `=?utf-8?B?${Buffer.from('a\u202etxt.png').toString('base64')}?=`, bytes: png },
      { name: `=?utf-8?B?${Buffer.from('a.txt\r\nSet-Cookie: a=1\0.txt').toString('base64')}?=`, bytes: 'x' },
      { type: 'image/png', bytes: png },
    )
    await settle()
    const names = [...inbox.service.uploads.files.values()].map(({ name }) => name).sort()
    assert.deepEqual(names, ['a.txtSet-Cookie_ a=1.txt', 'attachment.png', 'atxt.png', 'boot.txt', 'passwd.txt'])
    assert.deepEqual(new Set(states(id).map(([state]) => state)), new Set(['there']))
  })

  it('that is a picture is shown as what was made of its pixels, and never as what was sent', async () => {
    const id = await bring({
      name: 'a.png',
      type: 'image/png',
      bytes: Buffer.concat([png, Buffer.from('<script>alert(1)</script>')]),
      more: 'Content-ID: <one>',
    })
    const before = (await inbox.ask(`/messages/${id}/body`)).body
    assert.doesNotMatch(before, /data:image/)
    assert.equal((await load(id, 0, '/preview')).statusCode, 404)
    await settle()
    const { statusCode, headers, rawPayload } = await load(id, 0, '/preview')
    assert.deepEqual([statusCode, headers['content-type']], [200, 'image/png'])
    assert.equal(headers['content-security-policy'], "default-src 'none'; sandbox")
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(rawPayload.includes('script'), false)
    const shown = /data:image\/png;base64,([^"]+)/.exec((await inbox.ask(`/messages/${id}/body`)).body)?.[1] ?? ''
    assert.ok(Buffer.from(shown, 'base64').equals(rawPayload))
  })

  it('stands in the store no longer once Custodia decided on it', async () => {
    await bring({ name: 'note.txt', bytes: 'a note' })
    const pieces = () =>
      inbox.database.prepare(`SELECT count(*) AS n FROM sealed WHERE field GLOB 'attachment*'`).get()?.n
    assert.equal(pieces(), 1)
    await settle()
    assert.equal(pieces(), 0)
  })

  it('belongs to its message: nobody who may not see that one has it, by whatever number', async () => {
    const id = await bring({ name: 'note.txt', bytes: 'a note' })
    await settle()
    for (const wrong of ['1', '00', '-1', '0x0', '1e0', '999', `..%2f0`, '0%00'])
      assert.equal((await inbox.ask(`/messages/${id}/attachments/${wrong}`, all)).statusCode, 404, wrong)
    const [uploadId] = [...inbox.service.uploads.files.keys()]
    assert.equal((await inbox.ask(`/messages/${uploadId}/attachments/0`, all)).statusCode, 404)
    inbox.database.prepare(`UPDATE message SET place_id = 'usr_other'`).run()
    for (const path of ['attachments/0', 'attachments/0/preview', 'raw'])
      assert.equal((await inbox.ask(`/messages/${id}/${path}`, all)).statusCode, 404)
    assert.equal((await post(`/messages/${id}/remove`)).statusCode, 404)
  })
})

describe('handing over', () => {
  for (const [code, status, said] of [
    ['UPLOAD_SCANNER_UNSET', 503, 'Custodia has no scanner yet'],
    ['UPLOAD_QUOTA_REACHED', 409, 'Custodia has no room'],
    ['ACCESS_DENIED', 403, 'Inbox may not send'],
  ] as const)
    it(`that Custodia refuses with ${code} is said and tried again, and nothing is given out meanwhile`, async () => {
      const id = await bring({ name: 'note.txt', bytes: 'a note' })
      inbox.service.uploads.refuse = () => ({ status, code })
      nowMs += 1_000
      await inbox.courier.round()
      const { body } = await inbox.ask(`/messages/${id}`)
      assert.match(body, /Cannot be checked/)
      assert.ok(body.includes(said))
      assert.equal((await load(id)).statusCode, 409)
      inbox.service.uploads.refuse = null
      nowMs += 86_400_000
      await settle()
      assert.deepEqual(states(id), [['there', null]])
    })

  it('that is hopeless is said, and not tried again', async () => {
    const id = await bring({ name: 'note.txt', bytes: 'a note' })
    inbox.service.uploads.refuse = () => ({ status: 413, code: 'REQUEST_TOO_LARGE' })
    await settle()
    assert.deepEqual(states(id), [['unchecked', 'too-large']])
    assert.match((await inbox.ask(`/messages/${id}`)).body, /Cannot be checked/)
    nowMs += 86_400_000
    assert.equal(await inbox.courier.round(), false)
  })

  it('whose reply is lost does not leave two files', async () => {
    const id = await bring({ name: 'note.txt', bytes: 'a note' })
    const { uploads } = inbox.service
    let lost = 0
    const { handle } = uploads
    uploads.handle = async (request, response) => {
      if (request.url?.startsWith('/v1/uploads?') && lost < 4) {
        lost += 1
        response.end = (() => response.destroy()) as never
      }
      return await handle(request, response)
    }
    nowMs += 1_000
    await inbox.courier.round()
    nowMs += 86_400_000
    await settle()
    assert.equal(uploads.files.size, 1)
    assert.deepEqual(states(id), [['there', null]])
  })

  it('of what was changed in the store is left alone', async () => {
    const id = await bring({ name: 'note.txt', bytes: 'a note' })
    inbox.database.prepare(`UPDATE sealed SET bytes = zeroblob(100) WHERE field GLOB 'attachment*'`).run()
    await settle()
    assert.deepEqual(states(id), [['unchecked', 'damaged']])
    assert.equal(inbox.service.uploads.files.size, 0)
  })

  it('of mail that was there before begins when the store is opened', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'custodia-inbox-'))
    openDatabase(folder).close()
    const old = new DatabaseSync(join(folder, 'inbox.sqlite'))
    old.exec(`DROP TABLE attachment; DROP TABLE erasure; PRAGMA user_version = 2;
      INSERT INTO import (id, started_ms) VALUES ('i', 0);
      INSERT INTO message (id, fingerprint, received_ms, size, import_id) VALUES ('m', x'00', 0, 1, 'i'), ('n', x'01', 0, 1, 'i');
      INSERT INTO sealed (message_id, field, bytes) VALUES ('m', 'attachment0.0', x''), ('m', 'attachment0.1', x''),
        ('m', 'attachment12.0', x''), ('m', 'contents', x''), ('n', 'raw.0', x'')`)
    old.close()
    const database = openDatabase(folder)
    const rows = database.prepare('SELECT message_id, number, state, due_ms FROM attachment ORDER BY number').all()
    assert.deepEqual(
      rows.map((row) => Object.values(row)),
      [
        ['m', 0, 'waiting', 0],
        ['m', 12, 'waiting', 0],
      ],
    )
    database.close()
    rmSync(folder, { recursive: true })
  })
})

describe('removing a message', () => {
  it('erases its attachments at Custodia, however often that fails', async () => {
    const id = await bring({ name: 'note.txt', bytes: 'a note' }, { name: 'b.txt', bytes: 'b' })
    await settle()
    assert.equal(inbox.service.uploads.files.size, 2)
    assert.equal((await post(`/messages/${id}/remove`)).statusCode, 303)
    assert.equal((await inbox.ask(`/messages/${id}`, all)).statusCode, 404)
    for (const table of ['message', 'sealed', 'attachment', 'word'])
      assert.equal(inbox.database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n, 0, table)
    inbox.service.uploads.refuse = () => ({ status: 500, code: 'INTERNAL' })
    await inbox.courier.round()
    assert.equal(inbox.service.uploads.files.size, 2)
    inbox.service.uploads.refuse = null
    nowMs += 86_400_000
    await settle()
    assert.equal(inbox.service.uploads.files.size, 0)
    assert.equal((await post(`/messages/${id}/remove`)).statusCode, 404)
  })

  it('while it is handed over leaves nothing there', async () => {
    const id = await bring({ name: 'note.txt', bytes: 'a note' })
    const { handle } = inbox.service.uploads
    inbox.service.uploads.handle = async (request, response) => {
      if (request.method === 'POST' && request.url?.startsWith('/v1/uploads?')) {
        await post(`/messages/${id}/remove`)
        inbox.database.exec('DELETE FROM erasure')
      }
      return await handle(request, response)
    }
    await settle()
    assert.equal(inbox.service.uploads.files.size, 0)
  })

  it('is for those who may write, from our own page', async () => {
    const id = await bring({ name: 'note.txt', bytes: 'a note' })
    assert.equal((await post(`/messages/${id}/remove`, '', ['inbox:read'])).statusCode, 403)
    assert.equal((await inbox.ask(`/messages/${id}/remove`, all)).statusCode, 404)
    assert.equal((await post(`/messages/${'x'.repeat(20)}/remove`)).statusCode, 404)
    const headers = {
      'custodia-assertion': inbox.service.assertion({ permissions: all }),
      'sec-fetch-site': 'cross-site',
    }
    assert.equal((await inbox.app.inject({ method: 'POST', url: `/messages/${id}/remove`, headers })).statusCode, 403)
    assert.equal((await inbox.ask(`/messages/${id}`, all)).statusCode, 200)
  })

  it('that were erased with the keys of the mailbox erases what Custodia has of them', async () => {
    const id = await bring({ name: 'note.txt', bytes: 'a note' })
    await settle()
    inbox.service.shred()
    inbox.custodia.forgetKeys()
    nowMs += 600_000
    await settle()
    assert.equal(inbox.service.uploads.files.size, 0)
    assert.deepEqual(states(id), [['gone', null]])
  })
})

describe('a file that an administrator erased', () => {
  it('is said to be gone', async () => {
    const id = await bring({ name: 'note.txt', bytes: 'a note' })
    await settle()
    inbox.service.uploads.files.clear()
    assert.equal((await load(id)).statusCode, 404)
    assert.match((await inbox.ask(`/messages/${id}`)).body, /Erased/)
    assert.equal((await inbox.ask(`/messages/${id}/raw`)).statusCode, 409)
  })

  it('can not be loaded where Custodia has no host for files, which is said', async () => {
    const id = await bring({ name: 'note.txt', bytes: 'a note' })
    await settle()
    inbox.service.uploads.refuse = () => ({ status: 503, code: 'UPLOAD_LINKS_OFF' })
    const { statusCode, body } = await load(id)
    assert.equal(statusCode, 409)
    assert.match(body, /no host of its own/)
  })
})

describe('the words about an attachment', () => {
  it('say something for every reason, and never that it may be loaded', () => {
    for (const state of ['waiting', 'sent', 'refused', 'unchecked', 'gone'] as const)
      for (const reason of [null, 'malware', 'archive-ratio', 'image-broken', 'constructor', '<b>']) {
        const row = {
          messageId: 'm',
          number: 0,
          uploadId: null,
          state,
          reason,
          active: false,
          picture: false,
          tries: 0,
        }
        const held = heldBack(row)
        assert.ok(
          held !== null && held.title !== '' && typeof held.why === 'string' && held.why !== '',
          `${state} ${reason}`,
        )
      }
    assert.equal(heldBack(undefined)?.kind, 'unchecked')
  })

  it('name what has no name by what it is', () => {
    assert.equal(uploadName({ name: null, type: 'image/jpeg' }, png), 'attachment.png')
    assert.equal(uploadName({ name: 'scan', type: 'application/pdf' }, Buffer.from('%PDF-')), 'scan.pdf')
    assert.equal(uploadName({ name: null, type: 'text/html' }, Buffer.from('<html>')), 'attachment.bin')
    assert.equal(uploadName({ name: 'a.constructor', type: '__proto__' }, Buffer.from('')), 'a.constructor')
  })
})
