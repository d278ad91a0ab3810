import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { attachmentsOf } from '../store/attachments.ts'
import { openDatabase } from '../store/database.ts'
import type { Inbox } from '../testing.ts'
import { startInbox } from '../testing.ts'
import { bringMail, png } from '../testing-mail.ts'
import { createCourier } from './courier.ts'

let inbox: Inbox
let nowMs: number
beforeEach(async () => {
  nowMs = Date.UTC(2026, 10, 21, 12)
  inbox = await startInbox({ nowMs: () => nowMs })
})
afterEach(() => inbox.stop())

describe('the courier', () => {
  it('outlives a store that does not answer, and says so', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'custodia-inbox-'))
    const database = openDatabase(folder)
    database.close()
    const told = Promise.withResolvers<unknown>()
    const mailbox = { ...inbox.mailbox, database }
    const courier = createCourier({ mailbox, uploads: inbox.custodia.uploads, onFault: told.resolve })
    courier.start()
    assert.match(String(await told.promise), /database is not open/)
    await courier.stop()
    rmSync(folder, { recursive: true })
  })

  it('tells of a refusal that nobody foresaw, and of none that a page explains', async () => {
    await bringMail(inbox, { name: 'note.txt', bytes: 'a note' })
    inbox.service.uploads.refuse = () => ({ status: 503, code: 'UPLOAD_SCANNER_UNSET' })
    nowMs += 1_000
    await inbox.courier.round()
    assert.deepEqual(inbox.faults, [])
    inbox.service.uploads.refuse = () => ({ status: 400, code: 'REQUEST_INVALID' })
    nowMs += 86_400_000
    await inbox.courier.round()
    assert.equal(inbox.faults.length, 1)
  })

  it('takes a picture that is too large to be shown for a file like others', async () => {
    const id = await bringMail(inbox, { name: 'a.png', bytes: png })
    inbox.service.uploads.held = true
    nowMs += 1_000
    await inbox.courier.round()
    const [file] = [...inbox.service.uploads.files.values()]
    assert.ok(file !== undefined)
    file.settled = { state: 'there', reason: null, flags: [], mediaType: 'image/png' }
    file.content = Buffer.alloc(9_000_000)
    nowMs += 1_000
    await inbox.courier.round()
    assert.deepEqual(
      attachmentsOf(inbox.mailbox, id).map(({ state, picture }) => [state, picture]),
      [['there', false]],
    )
  })
})
