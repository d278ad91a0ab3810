import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import test from 'node:test'
import { isRefusal } from '../platform/errors.ts'
import { HeldBodies } from './held-bodies.ts'

const proof = { hold() {}, end() {} }
const broken = Object.assign(new Error('aborted'), { code: 'ECONNRESET' })

test('bodies that are held share a bound, which those that are done with or broke off do not count in', async () => {
  const bodies = new HeldBodies(10)
  const releases: (() => void)[] = []
  const send = async (bytes: number, address: string, ends = true) => {
    const payload = new PassThrough()
    payload.write(Buffer.alloc(bytes))
    if (ends) payload.end()
    else payload.once('drain', () => {}).on('data', () => setImmediate(() => payload.destroy(broken)))
    return await bodies.hold(payload, undefined, proof, address, (release) => void releases.push(release))
  }
  const of = (times: number) => `192.0.2.${times % 4}`
  for (let times = 0; times < 64; times++) await send(10, of(times))
  await assert.rejects(send(1, '192.0.2.9'), (error) => isRefusal(error, 'SERVER_BUSY'))
  for (const release of releases.splice(0)) release()
  for (let times = 0; times < 70; times++) {
    await assert.rejects(send(10, of(0), false), (error) => isRefusal(error, 'REQUEST_INVALID'))
    for (const release of releases.splice(0)) release()
  }
  for (let times = 0; times < 64; times++) assert.equal((await (await send(10, of(times))).toArray()).length, 1)
})
