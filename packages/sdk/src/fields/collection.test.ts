import assert from 'node:assert/strict'
import { after, beforeEach, describe, it } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { frozenClock } from '../assertion/testing.ts'
import type { CustodiaOptions } from '../custodia.ts'
import { createCustodia } from '../custodia.ts'
import { CustodiaError } from '../errors.ts'
import { keyringServer } from '../keys/testing.ts'

const keyring = await keyringServer()
after(() => keyring.stop())
beforeEach(() => keyring.reset())

const clientOf = (changed: Partial<CustodiaOptions> = {}) =>
  createCustodia({
    url: keyring.url,
    application: 'inbox',
    key: keyring.key,
    timeoutMs: 60_000,
    clock: frozenClock(),
    ...changed,
  })
const messagesOf = (changed: Partial<CustodiaOptions> = {}) =>
  clientOf(changed).collection('messages', { schemaVersion: 1 })

const refused =
  (code: string, details: Record<string, unknown> = {}) =>
  (error: unknown) => {
    assert.ok(error instanceof CustodiaError, String(error))
    assert.equal(error.code, code)
    for (const [name, value] of Object.entries(details)) assert.equal(error.details[name], value)
    return true
  }
const subject = 'mailbox:team'
const record = 'msg-17'

describe('a sealed field', () => {
  it('opens to what was sealed, in this process and in another', async () => {
    const messages = messagesOf()
    const others = messagesOf()
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 3_000 }),
        fc.string({ unit: 'grapheme', maxLength: 500 }),
        async (raw, text) => {
          const fields = await messages.seal({ subject, record, fields: { raw, text } })
          for (const reader of [messages, others]) {
            const [opened] = await reader.open([{ subject, record, fields }])
            assert.deepEqual([...(opened?.raw ?? [])], [...raw])
            const [read] = await reader.openText([{ subject, record, fields: { text: fields.text } }])
            assert.equal(read?.text, text)
          }
        },
      ),
      { numRuns: 50 },
    )
  })

  it('is 94 bytes longer than what it hides, and never the same twice', async () => {
    const messages = messagesOf()
    const seal = () => messages.seal({ subject, record, fields: { body: 'grün' } })
    const [a, b] = await Promise.all([seal(), seal()])
    assert.equal(a.body.length, 5 + 94)
    assert.notDeepEqual(a.body, b.body)
  })

  it('of no bytes and of a whole mebibyte is one as well', async () => {
    const messages = messagesOf()
    for (const length of [0, 1_048_576]) {
      const fields = await messages.seal({ subject, record, fields: { body: new Uint8Array(length) } })
      assert.equal((await messages.open([{ subject, record, fields }]))[0]?.body.length, length)
    }
  })

  it('keeps a byte order mark that was part of the text', async () => {
    const messages = messagesOf()
    const fields = await messages.seal({ subject, record, fields: { body: '\ufeffa' } })
    assert.equal((await messages.openText([{ subject, record, fields }]))[0]?.body, '\ufeffa')
  })

  it('opens nowhere else: not for another subject, record, field, version, collection or application', async () => {
    const messages = messagesOf()
    const { body } = await messages.seal({ subject, record, fields: { body: 'Dear Mara' } })
    const here = { subject, record, fields: { body } }
    const elsewhere = [
      messages.open([{ ...here, subject: 'mailbox:other' }]),
      messages.open([{ ...here, record: 'msg-18' }]),
      messages.open([{ ...here, fields: { topic: body } }]),
      messages.open([{ ...here, schemaVersion: 2 }]),
      clientOf().collection('messages', { schemaVersion: 2 }).open([here]),
      clientOf().collection('drafts', { schemaVersion: 1 }).open([here]),
      messagesOf({ application: 'memories' }).open([here]),
    ]
    for (const opening of elsewhere) await assert.rejects(opening, refused('ENVELOPE_INVALID', { at: 0 }))
    assert.ok(await messages.open([here]))
  })

  it('of a former version opens where the record says so', async () => {
    const fields = await messagesOf().seal({ subject, record, fields: { body: 'old' } })
    const now = clientOf().collection('messages', { schemaVersion: 2 })
    assert.equal((await now.openText([{ subject, record, fields, schemaVersion: 1 }]))[0]?.body, 'old')
  })

  it('does not open when any byte was changed or cut', async () => {
    const messages = messagesOf()
    const { body } = await messages.seal({ subject, record, fields: { body: 'Dear Mara' } })
    for (let at = 0; at < body.length; at += 1) {
      const changed = Uint8Array.from(body)
      changed[at] = (changed[at] as number) ^ 2
      await assert.rejects(messages.open([{ subject, record, fields: { body: changed } }]), (error: unknown) => {
        // A key name that nobody has is told by the keyring; everything else by the field itself.
        const code = at >= 2 && at < 22 ? 'DATA_KEY_UNKNOWN' : 'ENVELOPE_INVALID'
        return refused(code, { at: 0 })(error)
      })
    }
    for (const length of [0, 1, 45, 93, body.length - 1]) {
      const cut = body.subarray(0, length)
      await assert.rejects(messages.open([{ subject, record, fields: { body: cut } }]), refused('ENVELOPE_INVALID'))
    }
  })

  it('that is wrong gives nothing of the others, and says which record it is', async () => {
    const messages = messagesOf()
    const good = await messages.seal({ subject, record, fields: { body: 'a' } })
    const records = [
      { subject, record, fields: good },
      { subject, record: 'msg-18', fields: good },
    ]
    await assert.rejects(messages.open(records), refused('ENVELOPE_INVALID', { at: 1 }))
  })

  it('with the server’s own mark is not one of an application', async () => {
    const messages = messagesOf()
    const { body } = await messages.seal({ subject, record, fields: { body: 'a' } })
    body.fill(0, 18, 22)
    await assert.rejects(messages.open([{ subject, record, fields: { body } }]), refused('ENVELOPE_INVALID'))
    assert.equal(keyring.asked('data-keys/open'), 0)
  })
})

describe('a page of a hundred messages', () => {
  async function stored(count: number, client = clientOf({ dataKeys: { maxMessages: 2 } })) {
    const messages = client.collection('messages', { schemaVersion: 1 })
    return await Promise.all(
      Array.from({ length: count }, async (_, at) => ({
        subject,
        record: `msg-${at}`,
        fields: await messages.seal({
          subject,
          record: `msg-${at}`,
          fields: { topic: `topic ${at}`, body: `body ${at}` },
        }),
      })),
    )
  }

  it('costs one call, in their order, and none the next time', async () => {
    const records = await stored(100)
    const messages = messagesOf()
    for (let round = 0; round < 2; round += 1) {
      const opened = await messages.openText(records)
      assert.deepEqual(opened[99], { topic: 'topic 99', body: 'body 99' })
      assert.equal(opened.length, 100)
      assert.equal(keyring.asked('data-keys/open'), 1)
    }
  })

  it('costs one call, also when each message is opened by itself', async () => {
    const records = await stored(100)
    const messages = messagesOf()
    const opened = await Promise.all(records.map((one) => messages.openText([one])))
    assert.equal(opened[7]?.[0]?.body, 'body 7')
    assert.equal(keyring.asked('data-keys/open'), 1)
  })

  it('opens although only few keys may be held', async () => {
    const records = await stored(100)
    assert.equal((await messagesOf({ dataKeys: { maxKeys: 1 } }).openText(records)).length, 100)
  })

  it('of no messages costs nothing', async () => {
    assert.deepEqual(await messagesOf().open([]), [])
    assert.equal(keyring.state.calls.length, 0)
  })
})

describe('a subject that was shredded', () => {
  async function oneGone() {
    const messages = messagesOf()
    const fields = { body: 'a' }
    const kept = { subject: 'kept', record, fields: await messages.seal({ subject: 'kept', record, fields }) }
    const gone = { subject: 'gone', record, fields: await messages.seal({ subject: 'gone', record, fields }) }
    keyring.shred('gone')
    return [kept, gone]
  }

  it('can not be opened, sealed for or searched', async () => {
    const records = await oneGone()
    const messages = messagesOf()
    await assert.rejects(messages.open(records), refused('KEY_SHREDDED', { at: 1 }))
    await assert.rejects(messages.seal({ subject: 'gone', record, fields: { body: 'b' } }), refused('KEY_SHREDDED'))
    await assert.rejects(
      messages.index({ subject: 'gone', field: 'sender', values: ['a'], bits: 16 }),
      refused('KEY_SHREDDED'),
    )
  })

  it('leaves the others readable to whoever asks for that', async () => {
    assert.deepEqual(await messagesOf().openText(await oneGone(), { shredded: 'null' }), [{ body: 'a' }, null])
  })

  it('is gone here as well once the keys have aged', async () => {
    const clock = frozenClock()
    const messages = messagesOf({ clock })
    const fields = await messages.seal({ subject, record, fields: { body: 'a' } })
    keyring.shred(subject)
    assert.ok(await messages.open([{ subject, record, fields }]), 'for up to 300 seconds, as the guide says')
    clock.advance(300_000)
    await assert.rejects(messages.open([{ subject, record, fields }]), refused('KEY_SHREDDED'))
  })

  it('is gone at once where the application forgets its keys', async () => {
    const client = clientOf()
    const messages = client.collection('messages', { schemaVersion: 1 })
    const fields = await messages.seal({ subject, record, fields: { body: 'a' } })
    keyring.shred(subject)
    client.forgetKeys()
    await assert.rejects(messages.open([{ subject, record, fields }]), refused('KEY_SHREDDED'))
  })
})

describe('a blind index', () => {
  it('gives equal values equal tokens within a subject and a field, and nowhere else', async () => {
    const messages = messagesOf()
    const tokens = async (of: string, field: string) =>
      (await messages.index({ subject: of, field, values: ['mara@example.org', 'MARA@example.org'], bits: 64 })).map(
        (token) => Buffer.from(token).toString('hex'),
      )
    const [a, b] = await tokens(subject, 'sender')
    assert.equal(a, b)
    const [other] = await tokens('mailbox:other', 'sender')
    const [field] = await tokens(subject, 'topic')
    assert.equal(new Set([a, other, field]).size, 3)
    assert.equal(keyring.asked('index-keys'), 3)
  })
})

describe('waiting for keys', () => {
  it('ends with the signal’s reason, and does not end for others', async () => {
    const messages = messagesOf()
    const { promise, resolve } = Promise.withResolvers<void>()
    keyring.state.gate = promise
    const leaving = new AbortController()
    const reason = new Error('the reader has left')
    const first = messages.seal({ subject, record, fields: { body: 'a' } }, { signal: leaving.signal })
    const second = messages.seal({ subject, record, fields: { body: 'b' } })
    leaving.abort(reason)
    await assert.rejects(first, reason)
    resolve()
    assert.ok(await second)
    assert.equal(keyring.asked('data-keys'), 1)
  })

  it('does not begin after the signal', async () => {
    const signal = AbortSignal.abort(new Error('before'))
    await assert.rejects(messagesOf().index({ subject, field: 'sender', values: ['a'], bits: 8 }, { signal }), /before/)
  })
})

describe('what is passed in', () => {
  const messages = messagesOf()
  const fields = { body: 'a' }
  const wrongSealings: [field: string, sealing: unknown][] = [
    ['subject', { subject: '', record, fields }],
    ['subject', { subject: 'a b', record, fields }],
    ['subject', { subject: 'a'.repeat(129), record, fields }],
    ['subject', { subject: undefined, record, fields }],
    ['record', { subject, record: '', fields }],
    ['record', { subject, record: 'a'.repeat(257), fields }],
    ['record', { subject, record: '\ud800', fields }],
    ['record', { subject, record: 17, fields }],
    ['fields', { subject, record, fields: {} }],
    ['fields', { subject, record, fields: { Body: 'a' } }],
    ['fields', { subject, record, fields: { body: '\ud800' } }],
    ['fields', { subject, record, fields: { body: null } }],
    ['fields', { subject, record, fields: { body: new Uint8Array(1_048_577) } }],
    ['fields', { subject, record, fields: Object.fromEntries(Array.from({ length: 257 }, (_, at) => [`f${at}`, ''])) }],
  ]
  it('is checked before any call, and named without its value', async () => {
    for (const [field, sealing] of wrongSealings) {
      await assert.rejects(messages.seal(sealing as never), (error: unknown) => {
        assert.deepEqual((error as CustodiaError).details, { field })
        return refused('INPUT_INVALID')(error)
      })
    }
    for (const sealed of [null, 'text', undefined, [1], { length: 200 }]) {
      const opening = messages.open([{ subject, record, fields: { body: sealed } }] as never)
      await assert.rejects(opening, refused('INPUT_INVALID', { field: 'fields' }))
    }
    const many = Array.from({ length: 10_001 }, () => ({ subject, record, fields: {} }))
    await assert.rejects(messages.open(many as never), refused('INPUT_INVALID', { field: 'records' }))
    await assert.rejects(
      messages.index({ subject, field: 'sender', values: [], bits: 8 }),
      refused('INPUT_INVALID', { field: 'values' }),
    )
    assert.equal(keyring.state.calls.length, 0)
  })

  it('is text only where text was sealed', async () => {
    const sealed = await messages.seal({ subject, record, fields: { body: Uint8Array.of(0xff) } })
    await assert.rejects(messages.openText([{ subject, record, fields: sealed }]), refused('INPUT_INVALID'))
  })
})

describe('a client', () => {
  const wrongOptions: [field: string, changed: Record<string, unknown>][] = [
    ['url', { url: 'custodia.example.org' }],
    ['url', { url: 'ftp://custodia.example.org' }],
    ['url', { url: 'http://me:secret@custodia.localhost' }],
    ['url', { url: 'http://custodia.localhost/?key=secret' }],
    ['issuer', { issuer: '' }],
    ['application', { application: '' }],
    ['application', { application: 'In Box' }],
    ['key', { key: 'x' }],
    ['key', { keyFile: '/x' }],
    ['timeoutMs', { timeoutMs: 0 }],
    ['timeoutMs', { timeoutMs: Number.POSITIVE_INFINITY }],
    ['dataKeys.maxAgeSeconds', { dataKeys: { maxAgeSeconds: 3_601 } }],
    ['dataKeys.maxMessages', { dataKeys: { maxMessages: 0 } }],
    ['dataKeys.maxKeys', { dataKeys: { maxKeys: 1.5 } }],
  ]
  it('is not made from options that are wrong, and names the one', () => {
    for (const [field, changed] of wrongOptions) {
      assert.throws(() => clientOf(changed), refused('CONFIGURATION_INVALID', { field }))
    }
  })

  it('without a key tells people apart, and seals nothing', () => {
    const custodia = createCustodia({ url: keyring.url, application: 'inbox' })
    assert.throws(() => custodia.collection('messages', { schemaVersion: 1 }), refused('CONFIGURATION_INVALID'))
  })

  it('has no collection of a wrong name or version', () => {
    for (const name of ['', 'Messages', 'a'.repeat(65), '../x']) {
      assert.throws(() => clientOf().collection(name, { schemaVersion: 1 }), refused('INPUT_INVALID'))
    }
    for (const schemaVersion of [0, 1.5, 2 ** 32]) {
      assert.throws(() => clientOf().collection('messages', { schemaVersion }), refused('INPUT_INVALID'))
    }
  })

  it('shows no key when it is printed', async () => {
    const client = clientOf()
    const messages = client.collection('messages', { schemaVersion: 1 })
    await messages.seal({ subject, record, fields: { body: 'a' } })
    const shown = inspect([client, messages], { depth: 9, showHidden: true }) + JSON.stringify([client, messages])
    assert.equal(shown.includes(keyring.key), false)
    assert.equal(/[A-Za-z0-9_-]{43}/.test(shown), false)
  })
})
