import assert from 'node:assert/strict'
import { after, beforeEach, describe, it } from 'node:test'
import { inspect } from 'node:util'
import { createFetch } from '@custodia/wire/node/fetch.ts'
import { frozenClock } from '../assertion/testing.ts'
import { createCaller } from '../calls/caller.ts'
import { createCredential } from '../calls/credential.ts'
import { CustodiaError } from '../errors.ts'
import type { DataKeyLimits } from './data-keys.ts'
import { DataKeys, nameOf } from './data-keys.ts'
import { HeldKeys } from './held-keys.ts'
import { keyringServer } from './testing.ts'

const keyring = await keyringServer()
after(() => keyring.stop())
let clock = frozenClock()
beforeEach(() => {
  keyring.reset()
  clock = frozenClock()
})

const limits = { maxAgeSeconds: 300, maxMessages: 10_000, maxKeys: 1_000 }
function keysOf(changed: Partial<DataKeyLimits> = {}, key = keyring.key): DataKeys {
  const caller = createCaller({
    url: keyring.url,
    credential: createCredential({ key }),
    fetch: createFetch(),
    timeoutMs: 60_000,
    pause: async () => {},
  })
  return new DataKeys({ caller, clock, limits: { ...limits, ...changed } })
}
const refused = (code: string) => (error: unknown) => {
  assert.ok(error instanceof CustodiaError, String(error))
  assert.equal(error.code, code)
  return true
}
const hex = (bytes: Uint8Array | null | undefined) => bytes && Buffer.from(bytes).toString('hex')

/** Names of `count` keys that exist, as one finds them in stored envelopes. */
async function storedNames(count: number, subject = 'mailbox:team') {
  const keys = keysOf({ maxMessages: 1 })
  const names = []
  for (let at = 0; at < count; at += 1) {
    const { keyId, number } = await keys.toSeal('messages', subject, 1)
    names.push({ keyId, number })
  }
  keyring.state.calls.length = 0
  return names
}

describe('a sealing key', () => {
  it('is one for many messages, and one call for all who wait', async () => {
    const keys = keysOf()
    const taken = await Promise.all(Array.from({ length: 50 }, () => keys.toSeal('messages', 'mailbox:team', 1)))
    assert.equal(new Set(taken.map(({ number }) => number)).size, 1)
    assert.equal(keyring.asked('data-keys'), 1)
  })

  it('is another one for each subject and collection', async () => {
    const keys = keysOf()
    const taken = [
      await keys.toSeal('messages', 'a', 1),
      await keys.toSeal('messages', 'b', 1),
      await keys.toSeal('drafts', 'a', 1),
    ]
    assert.equal(new Set(taken.map(({ key }) => hex(key))).size, 3)
  })

  it('is replaced when it is old', async () => {
    const keys = keysOf()
    await keys.toSeal('messages', 'a', 1)
    clock.advance(299_999)
    assert.equal((await keys.toSeal('messages', 'a', 1)).number, 1)
    clock.advance(1)
    assert.equal((await keys.toSeal('messages', 'a', 1)).number, 2)
  })

  it('is not made young again by opening with it', async () => {
    const keys = keysOf()
    const old = await keys.toSeal('messages', 'a', 1)
    clock.advance(300_000)
    await keys.toOpen('messages', [old])
    assert.equal((await keys.toSeal('messages', 'a', 1)).number, 2)
  })

  it('is replaced when it has sealed enough, and never used for more', async () => {
    const keys = keysOf({ maxMessages: 10 })
    const numbers = []
    for (const messages of [4, 6, 1, 9, 1, 25, 1]) numbers.push((await keys.toSeal('messages', 'a', messages)).number)
    assert.deepEqual(numbers, [1, 1, 2, 2, 3, 4, 5])
  })

  it('is never used for more by callers that come together, either', async () => {
    const keys = keysOf({ maxMessages: 10 })
    const taken = await Promise.all(Array.from({ length: 45 }, () => keys.toSeal('messages', 'a', 1)))
    const counts = Map.groupBy(taken, ({ number }) => number)
    assert.deepEqual(
      [...counts.values()].map((group) => group.length),
      [10, 10, 10, 10, 5],
    )
    assert.equal(keyring.asked('data-keys'), 5)
  })

  it('is not given for a subject whose keys were destroyed', async () => {
    keyring.shred('a')
    await assert.rejects(keysOf().toSeal('messages', 'a', 1), refused('KEY_SHREDDED'))
  })

  it('is asked for once, and not again, where that fails', async () => {
    keyring.state.instead = [{ status: 503, body: { code: 'SERVER_BUSY' } }]
    const keys = keysOf()
    await assert.rejects(keys.toSeal('messages', 'a', 1), refused('CUSTODIA_REFUSED'))
    assert.equal(keyring.asked('data-keys'), 1)
    assert.equal((await keys.toSeal('messages', 'a', 1)).number, 1, 'and a failure is not remembered')
  })
})

describe('opening keys', () => {
  it('of a hundred messages come in one call, also when a hundred callers ask', async () => {
    const names = await storedNames(100)
    const keys = keysOf()
    const opened = await keys.toOpen('messages', names)
    assert.equal(opened.size, 100)
    assert.equal(keyring.asked('data-keys/open'), 1)

    const others = keysOf()
    await Promise.all(names.map((name) => others.toOpen('messages', [name, name])))
    assert.equal(keyring.asked('data-keys/open'), 2)
  })

  it('travel 256 to a call', async () => {
    const names = await storedNames(257)
    assert.equal((await keysOf().toOpen('messages', names)).size, 257)
    assert.deepEqual(
      keyring.state.calls.map(({ body }) => (body.keys as unknown[]).length),
      [256, 1],
    )
  })

  it('are those that sealed', async () => {
    const sealing = await keysOf().toSeal('messages', 'a', 1)
    const opened = await keysOf().toOpen('messages', [sealing])
    assert.equal(hex(opened.get(nameOf('messages', sealing))), hex(sealing.key))
  })

  it('that sealed here are held already', async () => {
    const keys = keysOf()
    await keys.toOpen('messages', [await keys.toSeal('messages', 'a', 1)])
    assert.equal(keyring.asked('data-keys/open'), 0)
  })

  it('are asked for again when they are old', async () => {
    const names = await storedNames(1)
    const keys = keysOf()
    for (const ms of [0, 299_999, 1]) {
      clock.advance(ms)
      await keys.toOpen('messages', names)
    }
    assert.equal(keyring.asked('data-keys/open'), 2)
  })

  it('are whole although fewer can be held than are wanted', async () => {
    const names = await storedNames(20)
    const all = await keysOf().toOpen('messages', names)
    const few = await keysOf({ maxKeys: 2 }).toOpen('messages', names)
    assert.deepEqual(
      [...few].map(([, key]) => hex(key)),
      [...all].map(([, key]) => hex(key)),
    )
    assert.ok([...few.values()].every((key) => key?.some((byte) => byte !== 0)))
  })

  it('are copies: whoever overwrites one harms nobody', async () => {
    const names = await storedNames(3)
    const keys = keysOf()
    const [first, second] = await Promise.all([keys.toOpen('messages', names), keys.toOpen('messages', names)])
    for (const key of first.values()) key?.fill(0)
    for (const key of (await keys.toOpen('messages', names)).values()) key?.fill(0)
    const last = await keys.toOpen('messages', names)
    for (const opened of [second, last]) {
      assert.ok([...opened.values()].every((key) => key?.some((byte) => byte !== 0)))
    }
  })

  it('that were destroyed are told apart, and remembered as such', async () => {
    const [kept] = await storedNames(1, 'kept')
    const [gone] = await storedNames(1, 'gone')
    assert.ok(kept && gone)
    keyring.shred('gone')
    const keys = keysOf()
    for (let round = 0; round < 2; round += 1) {
      const opened = await keys.toOpen('messages', [kept, gone])
      assert.equal(opened.get(nameOf('messages', gone)), null)
      assert.ok(opened.get(nameOf('messages', kept)))
    }
    assert.equal(keyring.asked('data-keys/open'), 1)
  })

  it('that Custodia does not know are left out, and asked for again the next time', async () => {
    const names = await storedNames(1)
    const keys = keysOf()
    const unknown = { keyId: '00000000-0000-4000-8000-000000000000', number: 1 }
    const [good, bad] = await Promise.all([keys.toOpen('messages', names), keys.toOpen('messages', [unknown])])
    assert.deepEqual([good.size, bad.size, keyring.asked('data-keys/open')], [1, 0, 1])
    assert.equal((await keys.toOpen('messages', [...names, unknown])).size, 1)
    assert.equal(keyring.asked('data-keys/open'), 2)
  })

  it('are asked for three times while Custodia is away, and then everybody who waits is told', async () => {
    const names = await storedNames(2)
    const keys = keysOf()
    keyring.state.instead = Array.from({ length: 3 }, () => ({ status: 503, body: { code: 'SERVER_BUSY' } }))
    const outcomes = await Promise.allSettled(names.map((name) => keys.toOpen('messages', [name])))
    for (const outcome of outcomes) {
      assert.ok(outcome.status === 'rejected' && refused('CUSTODIA_REFUSED')(outcome.reason))
    }
    assert.equal(keyring.asked('data-keys/open'), 3)
    assert.equal((await keys.toOpen('messages', names)).size, 2, 'and a failure is not remembered')
  })

  it('of one collection are not those of another', async () => {
    const names = await storedNames(1)
    const keys = keysOf()
    const [a] = (await keys.toOpen('messages', names)).values()
    const [b] = (await keys.toOpen('drafts', names)).values()
    assert.notEqual(hex(a), hex(b))
    assert.equal(keyring.asked('data-keys/open'), 2)
  })
})

describe('an index key', () => {
  it('is asked for once for all who wait, and one for each subject and field', async () => {
    const keys = keysOf()
    const taken = await Promise.all(Array.from({ length: 20 }, () => keys.toIndex('messages', 'a', 'sender')))
    assert.equal(new Set(taken.map(hex)).size, 1)
    assert.equal(keyring.asked('index-keys'), 1)
    const others = [await keys.toIndex('messages', 'b', 'sender'), await keys.toIndex('messages', 'a', 'topic')]
    assert.equal(new Set([...taken, ...others].map(hex)).size, 3)
  })

  it('is gone with its subject', async () => {
    keyring.shred('a')
    await assert.rejects(keysOf().toIndex('messages', 'a', 'sender'), refused('KEY_SHREDDED'))
  })
})

describe('a reply', () => {
  const keyId = '00000000-0000-4000-8000-000000000000'
  const good = { keyId, number: 1, key: 'A'.repeat(43) }
  const odd = [
    null,
    [],
    {},
    { ...good, key: 'A'.repeat(42) },
    { ...good, key: 'A'.repeat(44) },
    { ...good, key: `${'A'.repeat(42)}B` },
    { ...good, key: 7 },
    { ...good, keyId: 'x' },
    { ...good, number: 0 },
    { ...good, number: 1.5 },
    { ...good, number: 2 ** 32 },
  ]

  it('with a key that is not whole is no reply, and nothing is held of it', async () => {
    for (const body of odd) {
      const keys = keysOf()
      keyring.state.instead = [{ status: 200, body }]
      await assert.rejects(keys.toSeal('messages', 'a', 1), refused('CUSTODIA_REPLY_INVALID'))
      for (const listed of [{ keys: [body], shredded: [] }, { keys: [], shredded: [body] }, { keys: body }]) {
        if (listed.shredded?.[0] === body && (body as { key?: unknown } | null)?.key !== undefined) continue
        keyring.state.instead = [{ status: 200, body: listed }]
        await assert.rejects(keys.toOpen('messages', [good]), refused('CUSTODIA_REPLY_INVALID'))
      }
      assert.equal(inspect(keys), 'DataKeys(0 held)')
    }
  })

  it('that names keys nobody asked for gives none of them', async () => {
    keyring.state.instead = [{ status: 200, body: { keys: [{ ...good, number: 2 }], shredded: [] } }]
    assert.equal((await keysOf().toOpen('messages', [good])).size, 0)
  })

  it('that says both, open and destroyed, means destroyed', async () => {
    keyring.state.instead = [{ status: 200, body: { keys: [good], shredded: [{ keyId, number: 1 }] } }]
    assert.equal((await keysOf().toOpen('messages', [good])).get(nameOf('messages', good)), null)
  })

  it('that the key is not known is passed on as such', async () => {
    await assert.rejects(keysOf({}, 'custodia_test_somebody').toSeal('messages', 'a', 1), (error: unknown) => {
      assert.ok(error instanceof CustodiaError)
      assert.deepEqual(error.details, { status: 401, problem: 'UNAUTHENTICATED' })
      return true
    })
  })
})

describe('held keys', () => {
  const secret = Uint8Array.from({ length: 32 }, (_, at) => at + 1)
  const heldOf = (maxKeys: number) => new HeldKeys({ maxKeys, maxAgeSeconds: 300, clock })

  it('are never more than they may be: the least lately used goes first', () => {
    const held = heldOf(2)
    for (const name of ['a', 'b']) held.hold(name, Uint8Array.from(secret))
    held.take('a')
    held.hold('c', Uint8Array.from(secret))
    assert.deepEqual([held.size, held.take('b'), hex(held.take('a'))], [2, undefined, hex(secret)])
  })

  it('are overwritten when they go: dropped, replaced, too many, or all at once', () => {
    const held = heldOf(2)
    const keys = Array.from({ length: 5 }, () => Uint8Array.from(secret))
    const [dropped, replaced, crowded, ...rest] = keys as [Uint8Array, Uint8Array, Uint8Array]
    held.hold('a', dropped)
    held.drop('a')
    held.hold('b', replaced)
    held.hold('b', crowded)
    for (const [at, key] of rest.entries()) held.hold(`c${at}`, key)
    assert.deepEqual(
      keys.map((key) => key[0]),
      [0, 0, 0, 1, 1],
    )
    held.clear()
    assert.ok(keys.every((key) => key.every((byte) => byte === 0)))
  })

  it('do not stay because nobody asks for them any more', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const held = heldOf(2)
    const pass = (ms: number) => {
      clock.advance(ms)
      t.mock.timers.tick(ms)
    }
    held.hold('a', Uint8Array.from(secret))
    pass(200_000)
    held.hold('b', Uint8Array.from(secret))
    pass(100_000)
    assert.equal(held.size, 1)
    pass(300_000)
    assert.equal(held.size, 0)
  })

  it('do not show when they are printed, nor do those who hold them', async () => {
    const keys = keysOf()
    const { key } = await keys.toSeal('messages', 'a', 1)
    const held = heldOf(2)
    held.hold('a', Uint8Array.from(secret))
    const shown = `${inspect(held, { showHidden: true })} ${JSON.stringify(held)} ${inspect(keys, { showHidden: true, depth: 9 })} ${JSON.stringify(keys)}`
    assert.equal(shown, 'HeldKeys(1) {} DataKeys(1 held) {}')
    assert.equal(shown.includes(Buffer.from(key).toString('base64url')), false)
  })

  it('are forgotten all at once, and fetched again', async () => {
    const keys = keysOf()
    await keys.toSeal('messages', 'a', 1)
    keys.forget()
    assert.equal(inspect(keys), 'DataKeys(0 held)')
    assert.equal((await keys.toSeal('messages', 'a', 1)).number, 2)
  })
})
