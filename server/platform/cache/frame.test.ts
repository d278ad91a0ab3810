import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeFrame, encodeFrame, maxFrameBytes } from './frame.ts'

const sender = 'abcdefghijklmnopqrstuvwxyz'
const topic = fc.stringMatching(/^[a-z][a-z0-9.-]{0,63}$/)
const text = fc.string({ unit: 'grapheme', maxLength: 300 }).filter((one) => one.isWellFormed() && !one.includes('\0'))

test('what is encoded decodes to itself, and fits into NOTIFY', () => {
  fc.assert(
    fc.property(topic, text, (topic, text) => {
      const frame = { sender, topic, text }
      const encoded = encodeFrame(frame)
      assert.ok(Buffer.byteLength(encoded) <= maxFrameBytes)
      assert.deepEqual(decodeFrame(encoded), frame)
    }),
  )
})

test('what we could not have encoded is not decoded', () => {
  const wrong = [
    '',
    ' ',
    sender,
    `${sender} `,
    `${sender} topic`,
    `${sender}  text`,
    `${sender} Topic text`,
    `${sender.slice(1)} topic text`,
    `${sender}a topic text`,
    `${sender.toUpperCase()} topic text`,
    ` topic text`,
    `${sender} ${'t'.repeat(65)} text`,
    `${sender} topic ${'x'.repeat(maxFrameBytes)}`,
  ]
  for (const encoded of wrong) assert.equal(decodeFrame(encoded), null, encoded.slice(0, 80))
})

test('whatever stands on the channel, a frame comes out whole or not at all', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'abz27 .-A\n\0'), maxLength: 60 }), (end) => {
      const frame = decodeFrame(`${sender} ${end}`)
      if (frame !== null) assert.equal(`${frame.sender} ${frame.topic} ${frame.text}`, `${sender} ${end}`)
    }),
  )
})
