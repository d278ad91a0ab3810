import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalJson } from '../../packages/wire/src/canonical-json.ts'
import { columnsOf, makeEntry, maxBodyBytes, openPersonal, readBody } from './entry.ts'
import { memoryKeyring, testEvent } from './testing.ts'

const keyring = memoryKeyring()
const text = fc.string({
  unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
  maxLength: 40,
})
const json = fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' })
const events = fc.record({
  organisationId: fc.option(text),
  subjectId: fc.option(text),
  actor: fc.oneof(
    fc.record({ kind: fc.constant('user' as const), id: text }),
    fc.constant({ kind: 'system' as const }),
  ),
  data: fc.dictionary(text, json, { maxKeys: 5 }),
  personal: fc.option(fc.dictionary(text, fc.string(), { maxKeys: 3 }), { nil: undefined }),
})

test('whatever comes from outside, a body is canonical, holds no control, and says what its columns say', async () => {
  await fc.assert(
    fc.asyncProperty(events, async ({ personal, ...fields }) => {
      const event = testEvent({ ...fields, ...(personal === undefined ? {} : { personal }) })
      const entry = await makeEntry(keyring, event, 'evt_x', 0).catch((error: Error) => {
        // Two names that only differ in what is neutralised meet.
        assert.match(error.message, /one name/)
        return null
      })
      if (entry === null) return
      const written = entry.body.toString()
      assert.doesNotMatch(written, /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u)
      const body = readBody(entry.body)
      assert.ok(body)
      assert.equal(canonicalJson(body), written)
      const { body: _, ...columns } = entry
      assert.deepEqual(columnsOf(body), columns)
      assert.equal((await openPersonal(keyring, body)) === null, personal === undefined)
    }),
    { numRuns: 300 },
  )
})

test('bytes that are no body are read as none, whatever they are', async () => {
  const { body } = await makeEntry(keyring, testEvent(), 'evt_x', 0)
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void readBody(bytes)))
  for (const wrong of [
    '',
    'null',
    '[]',
    '{}',
    '"x"',
    '{"v":2}',
    String(body).replace('"v":1', '"v":2'),
    String(body).slice(0, -1),
  ]) {
    assert.equal(readBody(Buffer.from(wrong)), null, wrong)
  }
  assert.equal(readBody(Buffer.from([...body.subarray(0, -2), 0xff, 0x7d])), null)
})

test('the limit is exact', async () => {
  const fill = async (length: number) =>
    (await makeEntry(keyring, testEvent({ data: { text: 'x'.repeat(length) } }), 'evt_x', 0)).body
  const room = maxBodyBytes - (await fill(0)).length
  assert.equal((await fill(room)).length, maxBodyBytes)
  await assert.rejects(fill(room + 1), { code: 'LEDGER_EVENT_TOO_LARGE' })
})

test('personal fields open in no other entry', async () => {
  const { body } = await makeEntry(keyring, testEvent({ personal: { name: 'Ann' } }), 'evt_one', 0)
  const read = readBody(body)
  assert.ok(read)
  assert.deepEqual(await openPersonal(keyring, read), { name: 'Ann' })
  for (const moved of [{ id: 'evt_two' }, { subject: 'usr_bo' }, { organisation: 'org_b' }]) {
    await assert.rejects(openPersonal(keyring, { ...read, ...moved }))
  }
})
