import assert from 'node:assert/strict'
import { after, before, beforeEach, it } from 'node:test'
import type { Inbox } from '../testing.ts'
import { startInbox } from '../testing.ts'
import { bringMail, png } from '../testing-mail.ts'
import { ownPictures } from './pictures.ts'
import { readMessage } from './read-message.ts'

const count = 120
let inbox: Inbox
let id: string
const html = Array.from({ length: count }, (_, i) => `<img src="cid:p${i}">`).join('')
before(async () => {
  inbox = await startInbox()
  const parts = Array.from({ length: count }, (_, i) => ({ name: `${i}.png`, bytes: png, more: `Content-ID: <p${i}>` }))
  id = await bringMail(inbox, ...parts)
  inbox.database.exec(`UPDATE attachment SET state = 'there', picture = 1, due_ms = NULL,
    upload_id = 'upl_' || substr('aaaaaaaaaaaaaaaaaaaaaaaaaa', 3) || char(97 + number / 26, 97 + number % 26)`)
})
after(() => inbox.stop())

let loads: number
/** What Custodia has of every picture, and how often it is asked for one. */
function keep(content: Buffer): void {
  const rows = inbox.database.prepare('SELECT upload_id AS id FROM attachment').all()
  for (const row of rows) {
    const settled = { state: 'there', reason: null, flags: [], mediaType: 'image/png' }
    inbox.service.uploads.files.set(String(row.id), { name: 'a.png', sent: png, settled, content })
  }
}
beforeEach(() => {
  loads = 0
  inbox.service.uploads.refuse = (call) => {
    if (call.endsWith('/content')) loads += 1
    return null
  }
})

const shown = async () => {
  const message = await readMessage(inbox.mailbox, id, ['team'])
  return await ownPictures({ mailbox: inbox.mailbox, uploads: inbox.custodia.uploads }, message ?? assert.fail(), html)
}

it('a mail with more pictures than anybody looks at does not have all of them loaded', async () => {
  keep(png)
  assert.equal((await shown()).size, 50)
  assert.equal(loads, 50)
})

it('pictures that grew when they were made anew are no longer loaded once they are large together', async () => {
  keep(Buffer.concat([png, Buffer.alloc(3_000_000)]))
  assert.ok((await shown()).size <= 3)
  assert.ok(loads <= 3, `${loads}`)
})
