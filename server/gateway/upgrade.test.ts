import assert from 'node:assert/strict'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import test from 'node:test'
import { OpenSockets } from './upgrade.ts'

test('whoever went away while it was decided on them is not kept as an open socket', async () => {
  const sockets = new OpenSockets(() => {})
  const gone = new PassThrough()
  gone.destroy()
  await once(gone, 'close')
  sockets.add('ses_a', gone)
  assert.deepEqual(sockets.credentials(), [])
  const there = new PassThrough()
  sockets.add('ses_a', there)
  assert.deepEqual(sockets.credentials(), ['ses_a'])
  sockets.end('ses_a')
  await once(there, 'close')
  assert.deepEqual(sockets.credentials(), [])
})
