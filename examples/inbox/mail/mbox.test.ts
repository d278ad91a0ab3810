import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Cut } from './mbox.ts'
import { cutMbox, startsLikeMbox } from './mbox.ts'

async function* inChunks(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function cut(text: string | Buffer, size = 65_536): Promise<string[]> {
  const cuts: Cut[] = []
  for await (const one of cutMbox(inChunks(Buffer.from(text), size))) cuts.push(one)
  assert.deepEqual(
    cuts.map((one) => one.number),
    cuts.map((_, index) => index + 1),
  )
  return cuts.map((one) => one.raw?.toString() ?? 'too large')
}

const line = 'From mara@example.org Fri Nov 20 16:31:00 2026\n'
const file = (name: string) => readFileSync(new URL(`./vectors/jstedfast+MimeKit/mbox/${name}`, import.meta.url))

describe('an mbox file', () => {
  it('is cut at its separators and nowhere else', async () => {
    assert.deepEqual(
      await cut(`${line}A: 1\n\none\n\n${line}A: 2\n\nFrom here on, all is well.\nFrom Russia with love\n`),
      ['A: 1\n\none\n\n', 'A: 2\n\nFrom here on, all is well.\nFrom Russia with love\n'],
    )
    assert.equal((await cut(file('simple.mbox'))).length, 3)
    assert.equal((await cut(file('unmunged.mbox'))).length, 2)
  })

  it('gives quoted lines back as they were', async () => {
    assert.deepEqual(await cut(`${line}A: 1\n\n>From me\n>>From you\n> From\n`), [
      'A: 1\n\nFrom me\n>From you\n> From\n',
    ])
  })

  it('is told by its first bytes', () => {
    for (const start of ['From a', 'From ', '\ufeffFrom -']) assert.equal(startsLikeMbox(Buffer.from(start)), true)
    for (const start of ['From: a', 'From  : a', 'from a', ' From', ''])
      assert.equal(startsLikeMbox(Buffer.from(start)), false)
  })

  it('may be one separator, which is one empty message', async () => {
    assert.deepEqual(await cut(line), [''])
  })

  it('is cut the same in whatever chunks it comes', async () => {
    const body = fc.array(fc.constantFrom('From me', '>From me', '', 'x', '\r', 'A: 1'), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(body, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 70 }),
        async (bodies, size) => {
          const text = bodies
            .map((lines) => line + lines.map((one) => `${one.replace(/^(>*From )/, '>$1')}\n`).join(''))
            .join('')
          const wanted = bodies.map((lines) => lines.map((one) => `${one}\n`).join(''))
          assert.deepEqual(await cut(text, size), wanted)
        },
      ),
      { numRuns: 200 },
    )
  })
})
