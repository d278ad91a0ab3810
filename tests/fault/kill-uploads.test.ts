import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { Custodia } from '@custodia/sdk'
import { createCustodia, isCustodiaError } from '@custodia/sdk'
import { eventually } from '../../server/platform/cache/testing.ts'
import { startTestServer, withAccounts } from '../harness.ts'
import { MortalServer, moments, seed } from './killing.ts'

const configuration = `
gateway:
  applications:
    inbox: { title: Inbox, host: inbox.localhost, upstream: "http://127.0.0.1:9", permissions: { "inbox:read": Read mail. }, rules: [{ path: "/**", methods: [GET], permission: "inbox:read" }] }
`
/** A claim of a process that is gone, and the job that looks for it. */
const patienceMs = 120_000

describe(`files while the server is killed (seed ${seed})`, { timeout: 300_000 }, () => {
  const moment = moments(seed)
  let mortal: MortalServer
  let custodia: Custodia
  before(async () => {
    const environment = { CUSTODIA_UPLOADS_SCANNER: 'off', CUSTODIA_UPLOADS_CLAMD_TIMEOUT_SECONDS: '1' }
    const server = await startTestServer({ configuration, environment })
    mortal = new MortalServer(server)
    await withAccounts(server)
    const key = String(server.command('applications', 'key', 'inbox').key)
    custodia = createCustodia({ url: server.publicUrl, application: 'inbox', key, timeoutMs: 5_000 })
  })
  after(async () => {
    await mortal.stop()
    await mortal.server.remove()
  })

  test('what was acknowledged is there whole; what was not is there whole or not at all', async () => {
    const acknowledged = new Map<string, Buffer>()
    let killed = false
    const send = async () => {
      while (!killed) {
        const content = Buffer.from(randomBytes(700_000).toString('hex'))
        await custodia.uploads.send({ name: 'a.txt', content }).then(
          ({ id }) => acknowledged.set(id, content),
          () => {},
        )
      }
    }
    const senders = [send(), send(), send()]
    await eventually(async () => acknowledged.size >= 3, 60_000)
    await new Promise((resolve) => setTimeout(resolve, moment(0, 400)))
    await mortal.kill('server')
    killed = true
    await mortal.recover()
    await Promise.all(senders)
    for (const [id, content] of acknowledged) {
      await eventually(async () => (await custodia.uploads.get(id)).state === 'there', patienceMs)
      assert.ok((await custodia.uploads.content(id)).equals(content), id)
    }
    await assert.rejects(
      custodia.uploads.content(`upl_${'a'.repeat(26)}`),
      (error) => isCustodiaError(error) && error.details.problem === 'UPLOAD_UNKNOWN',
    )
  })
})
