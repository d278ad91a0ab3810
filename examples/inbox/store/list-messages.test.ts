import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import type { ParsedMessage } from '../mail/parse-message.ts'
import type { Inbox } from '../testing.ts'
import { startInbox } from '../testing.ts'
import { cursorOf, positionAt } from '../web/cursor.ts'
import { addMessage } from './add-message.ts'
import { beginImport } from './imports.ts'
import { messageFingerprint } from './index-tokens.ts'
import { addLabel, labelName, labelNamed, labelsIn, removeLabel } from './labels.ts'
import type { Position } from './list-messages.ts'
import { listMessages } from './list-messages.ts'
import { markSeen } from './read-message.ts'

let inbox: Inbox
let importId: string
const nowMs = Date.UTC(2026, 10, 21)

before(async () => {
  inbox = await startInbox({ nowMs: () => nowMs })
  importId = beginImport(inbox.mailbox)
  for (let number = 0; number < 75; number += 1) {
    const subject = number % 25 === 0 ? `Invoice ${number} for the jetty` : `Note ${number}`
    // Three share each moment: the order must not depend on the time alone.
    await add({ subject, from: 'Ruth <ruth@hollin.example>', sentMs: nowMs - Math.floor(number / 3) * 1000 })
  }
})
after(() => inbox.stop())

async function add(message: Partial<ParsedMessage>): Promise<void> {
  const raw = Buffer.from(JSON.stringify(message))
  const empty = {
    subject: '',
    from: '',
    to: '',
    cc: '',
    date: '',
    sentMs: null,
    text: null,
    html: null,
    attachments: [],
  }
  const fingerprint = await messageFingerprint(inbox.mailbox, raw)
  const parsed = { message: { ...empty, ...message } }
  assert.equal(
    await addMessage(inbox.mailbox, { importId, raw, fingerprint, origin: 'x', parsed, labelId: null }),
    'added',
  )
}

const page = (options: { search?: string; after?: Position | null; labelId?: string; person?: string } = {}) =>
  listMessages(inbox.mailbox, { person: 'usr_a', places: ['team'], labelId: null, search: '', after: null, ...options })

async function every(search = ''): Promise<string[]> {
  const ids: string[] = []
  let after: Position | null = null
  do {
    const { items, next }: Awaited<ReturnType<typeof page>> = await page({ search, after })
    ids.push(...items.map((item) => item.id))
    after = next
  } while (after !== null)
  return ids
}

describe('the list', () => {
  it('shows each message once, newest first, over all its pages', async () => {
    const ids = await every()
    assert.equal(ids.length, 75)
    assert.equal(new Set(ids).size, 75)
    const { items, next } = await page()
    assert.equal(items.length, 30)
    assert.ok(items.every((item, index) => index === 0 || item.receivedMs <= (items[index - 1]?.receivedMs ?? 0)))
    assert.deepEqual(next, { receivedMs: items[29]?.receivedMs, id: items[29]?.id })
  })

  it('fetches the keys of a page at most once', async () => {
    inbox.custodia.forgetKeys()
    const before = inbox.service.asked.length
    await page()
    assert.equal(inbox.service.asked.length - before, 1)
  })

  it('tells each person what they have not read', async () => {
    const id = (await page()).items[4]?.id as string
    markSeen(inbox.mailbox, id, 'usr_a')
    markSeen(inbox.mailbox, id, 'usr_a')
    markSeen(inbox.mailbox, 'x'.repeat(20), 'usr_a')
    assert.equal((await page()).items[4]?.unread, false)
    for (const person of ['usr_0', 'usr_b', 'usr_A']) assert.equal((await page({ person })).items[4]?.unread, true)
  })
})

describe('a search', () => {
  it('finds whole words of sender and subject, all of them, in any case and form', async () => {
    assert.equal((await every('INVOICE')).length, 3)
    assert.equal((await every('ｊｅｔｔｙ ruth')).length, 3)
    assert.equal((await every('hollin invoice 25')).length, 1)
    assert.equal((await every('ruth')).length, 75)
    for (const nothing of ['invo', 'invoice note', 'zebra', "' OR 1=1 --"]) assert.deepEqual(await every(nothing), [])
  })

  it('shows only what really holds the word, though its token may collide', async () => {
    const [token] = inbox.database.prepare('SELECT token FROM word GROUP BY token HAVING count(*) = 1').all()
    const holder = inbox.database.prepare('SELECT message_id FROM word WHERE token = ?').get(token?.token as Uint8Array)
    const other = (await every('ruth')).find((id) => id !== holder?.message_id) as string
    const before = await every('0')
    for (const { token: any } of inbox.database.prepare('SELECT DISTINCT token FROM word').all())
      inbox.database.prepare('INSERT OR IGNORE INTO word VALUES (?, ?)').run(any as Uint8Array, other)
    assert.deepEqual(await every('0'), before)
  })

  it('of signs alone is no search', async () => {
    assert.equal((await every('… -- ')).length, 75)
  })
})

describe('a position in an address', () => {
  it('comes back as it went, and anything else is none', () => {
    const id = 'abcdefghij0123456789'
    assert.deepEqual(positionAt(cursorOf({ receivedMs: nowMs, id })), { receivedMs: nowMs, id })
    for (const wrong of [
      undefined,
      '',
      '.',
      `.${id}`,
      `zz.${id}x`,
      `-1.${id}`,
      `${'z'.repeat(11)}.${id}`,
      "1.' OR 1=1 -- aaaaaaaa",
    ])
      assert.equal(positionAt(wrong), null, String(wrong))
    fc.assert(
      fc.property(fc.string(), (text) => assert.ok(positionAt(text) === null || /^[0-9a-z]+\.[\w-]{20}/.test(text))),
    )
  })
})

describe('a label', () => {
  it('is one label however its name is written, and is gone when nothing carries it', async () => {
    const { mailbox } = inbox
    const [one, two] = (await page()).items.map((item) => item.id) as [string, string]
    const id = (await labelNamed(mailbox, 'Grüße')) as string
    assert.equal(await labelNamed(mailbox, 'GRÜSSE'.replace('SS', 'ß')), id)
    assert.equal(addLabel(mailbox, one, id), true)
    assert.equal(addLabel(mailbox, one, id), true)
    addLabel(mailbox, two, id)
    assert.deepEqual(await labelsIn(mailbox, ['team']), [{ id, name: 'Grüße', messages: 2 }])
    assert.deepEqual(
      (await page({ labelId: id })).items.map((item) => item.id),
      [one, two],
    )
    removeLabel(mailbox, one, id)
    removeLabel(mailbox, one, id)
    removeLabel(mailbox, two, id)
    assert.deepEqual(await labelsIn(mailbox, ['team']), [])
  })

  it('is added to no message that is not there', async () => {
    const id = (await labelNamed(inbox.mailbox, 'Nowhere')) as string
    assert.equal(addLabel(inbox.mailbox, 'x'.repeat(20), id), false)
    assert.equal(addLabel(inbox.mailbox, (await page()).items[0]?.id as string, 'x'.repeat(20)), false)
  })

  it('is made once by two who make it at the same time', async () => {
    const ids = await Promise.all([labelNamed(inbox.mailbox, 'Twice'), labelNamed(inbox.mailbox, 'Twice')])
    assert.equal(ids[0], ids[1])
  })

  it('has a name of 1 to 40 visible characters', () => {
    assert.equal(labelName('  Trip   plans '), 'Trip plans')
    assert.equal(labelName('🙂'.repeat(40)), '🙂'.repeat(40))
    for (const wrong of ['', ' ', 'x'.repeat(41), 'a\u0000b', 'a\u202eb', '\u200b'])
      assert.equal(labelName(wrong), null)
  })

  it('is refused after a hundred', async () => {
    const { mailbox } = inbox
    const have = Number(inbox.database.prepare('SELECT count(*) AS n FROM label').get()?.n)
    for (let number = have; number < 100; number += 1)
      assert.notEqual(await labelNamed(mailbox, `Label ${number}`), null)
    assert.equal(await labelNamed(mailbox, 'One more'), null)
    assert.notEqual(await labelNamed(mailbox, 'Label 99'), null)
  })
})
