import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatCheckpoint, openCheckpoint, parseCheckpoint } from './checkpoint.ts'
import { FormatError } from './format-error.ts'
import { formatVerifierKey, openNote, parseNote, parseVerifierKey, signNote } from './note.ts'

type Vector = { note: string; vkey: string; signed: string; valid: boolean }
const vectors: Vector[] = JSON.parse(readFileSync(new URL('vectors/signed-notes.json', import.meta.url), 'utf8'))

const pair = generateKeyPairSync('ed25519')
const publicKey = new Uint8Array(Buffer.from(pair.publicKey.export({ format: 'jwk' }).x as string, 'base64url'))
const signer = {
  name: 'log.example.test',
  publicKey,
  sign: (message: Uint8Array) => sign(null, message, pair.privateKey),
}
const ownKey = async () => parseVerifierKey(await formatVerifierKey(signer.name, publicKey))

test('published notes verify with the key beside them', async () => {
  for (const { note, vkey, signed, valid } of vectors) {
    assert.equal((await openNote(signed, await parseVerifierKey(vkey))) !== null, valid, note)
  }
})

test('a published note with any one character changed no longer verifies', async () => {
  const { vkey, signed } = vectors[0] as Vector
  const key = await parseVerifierKey(vkey)
  await fc.assert(
    fc.asyncProperty(
      fc.nat(signed.length - 1),
      fc.constantFrom('A', 'z', '\n', '=', ' ', '\0'),
      async (at, character) => {
        if (signed[at] === character) return
        const changed = signed.slice(0, at) + character + signed.slice(at + 1)
        const opened = await openNote(changed, key).catch((error) => {
          assert.ok(error instanceof FormatError)
          return null
        })
        assert.equal(opened, null)
      },
    ),
    { numRuns: 300 },
  )
})

test('what is signed opens with the same key and with no other', async () => {
  const signed = await signNote('one\n\ntwo\n', signer)
  assert.equal(await openNote(signed, await ownKey()), 'one\n\ntwo\n')
  assert.equal(await openNote(signed, await parseVerifierKey((vectors[0] as Vector).vkey)), null)
})

test('a good signature beside a bad one in the same name does not count', async () => {
  const [good, other] = [await signNote('a\n', signer), await signNote('b\n', signer)]
  assert.equal(await openNote(good + other.split('\n\n')[1], await ownKey()), null)
})

test('texts that no reader would accept are not signed', async () => {
  for (const text of ['', 'no line feed', 'tab\t\n', 'carriage\r\n', '\ud800\n', `${'x'.repeat(70_000)}\n`]) {
    await assert.rejects(signNote(text, signer), FormatError, JSON.stringify(text.slice(0, 20)))
  }
  for (const name of ['', 'two words', 'a+b', 'line\nfeed']) {
    await assert.rejects(signNote('x\n', { ...signer, name }), FormatError, name)
  }
})

test('malformed verifier keys are refused', async () => {
  const good = await formatVerifierKey(signer.name, publicKey)
  await parseVerifierKey(good)
  const [name, id, encoded] = good.split(/\+(.{8})\+/) as [string, string, string]
  const flipped = `${id[0] === '0' ? '1' : '0'}${id.slice(1)}`
  const wrongType = Buffer.from([2, ...publicKey]).toString('base64')
  const bad = [
    '',
    name,
    `${name}+${id}`,
    `${name}+${flipped}+${encoded}`,
    `+${id}+${encoded}`,
    `${name}+${id}+${encoded.slice(0, 8)} ${encoded.slice(8)}`,
    `${good}=`,
    ` ${good}`,
  ]
  for (const text of [...bad, `${name}+${id}+${wrongType}`, `${name}+${id.toUpperCase()}X+${encoded}`]) {
    await assert.rejects(parseVerifierKey(text), FormatError, text)
  }
})

test('notes with damaged signature lines are refused', async () => {
  const signed = await signNote('a\n', signer)
  const line = signed.slice(3)
  const bad = [
    '',
    'a\n',
    'a\n\n',
    '\n\n',
    signed.slice(0, -1),
    signed.replace('—', '-'),
    `${signed}x\n`,
    signed + line.replace(' ', '  '),
  ]
  for (const text of [...bad, `a\n\n${line.repeat(101)}`]) assert.throws(() => parseNote(text), FormatError, text)
})

test('a checkpoint reads back as it was written', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.uint8Array({ minLength: 32, maxLength: 32 }), (size, root) => {
      const checkpoint = { origin: 'log.example.test/a', size, root, extensions: ['ext: 1'] }
      assert.deepEqual(parseCheckpoint(formatCheckpoint(checkpoint)), checkpoint)
    }),
  )
})

test('checkpoints that are signed but malformed are refused', () => {
  const root = 'DSfif3gnzNdFGZ6Os6avNo4QZK9Crp+DdA6YEh4rwCU='
  const bad = [
    '',
    'o\n',
    `o\n1\n${root}`,
    `\n1\n${root}\n`,
    `o\n01\n${root}\n`,
    `o\n-1\n${root}\n`,
    `o\n1.0\n${root}\n`,
    `o\n 1\n${root}\n`,
    `o\n9007199254740992\n${root}\n`,
    `o\n99999999999999999999\n${root}\n`,
    `o\n1\n${root.slice(0, -1)}\n`,
    `o\n1\n${root.replace('wCU=', 'wCV=')}\n`,
    'o\n1\nAAAA\n',
    `o\n1\n${root}\n\next\n`,
  ]
  for (const text of bad) assert.throws(() => parseCheckpoint(text), FormatError, JSON.stringify(text))
})

test('a checkpoint of another log is not accepted, though the key signed it', async () => {
  const body = (origin: string) => formatCheckpoint({ origin, size: 0, root: new Uint8Array(32), extensions: [] })
  const key = await ownKey()
  assert.equal((await openCheckpoint(await signNote(body(signer.name), signer), key))?.size, 0)
  assert.equal(await openCheckpoint(await signNote(body('other.example.test'), signer), key), null)
})
