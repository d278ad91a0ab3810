import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '../../server/platform/cache/testing.ts'
import type { TestServer } from '../harness.ts'
import { serverScript, signIn, startTestServer, withAccounts } from '../harness.ts'
import { runCli, runToEnd } from '../run-to-end.ts'
import { superuserOf } from '../superuser.ts'
import type { Victim } from './killing.ts'
import { MortalServer, moments, seed } from './killing.ts'

const victims: readonly Victim[] = ['server', 'database', 'server and database']
const rounds = 14
const writers = 6
const configuration = `limits:
  classes: { write: { burst: 100000, perSeconds: 60 }, read: { burst: 100000, perSeconds: 60 } }
sensitiveMaxAgeSeconds: 3600
`

describe(`ledger appends while processes are killed (seed ${seed})`, { timeout: 240_000 }, () => {
  const between = moments(seed)
  let server: TestServer
  let mortal: MortalServer
  let cookie: string
  let token: string
  let key: string
  let sent = 0
  /** Invitations that were answered with 201: what a person was told is done. */
  const acknowledged = new Set<string>()
  /** The newest checkpoint that anybody outside has seen. */
  let seen = { size: 0, note: '' }

  before(async () => {
    server = await startTestServer({ configuration })
    mortal = new MortalServer(server)
    const [administrator] = await withAccounts(server, [])
    assert.ok(administrator)
    cookie = await signIn(server.call, administrator)
    token = join(server.folder, 'verifier.key')
    writeFileSync(token, String(server.command('applications', 'key', 'watchdog', 'verifier').key), { mode: 0o600 })
    key = String((await server.call('GET', '/v1/ledger/verifier')).body.key)
  })
  after(async () => {
    await mortal?.stop()
    await server?.remove()
  })

  /**
   * Invites people, until a request fails or there has been enough: whoever asks for nothing while the database is away may never
   * see a failure. Each invitation is three entries in one transaction with its person.
   */
  async function write(writing: () => boolean, onAcknowledged: () => void): Promise<void> {
    while (writing()) {
      const name = `person-${++sent}`
      const body = { email: `${name}@northwind.example`, name, roles: ['member'] }
      const answer = await server.call('POST', '/v1/invitations', { cookie, body }).catch(() => null)
      if (answer?.status !== 201) return
      acknowledged.add((answer.body.user as { id: string }).id)
      onAcknowledged()
    }
  }

  async function watch(writing: () => boolean): Promise<void> {
    while (writing()) {
      const note = await fetch(`http://127.0.0.1:${server.port}/ledger/checkpoint`)
        .then(async (answer) => (answer.status === 200 ? await answer.text() : ''))
        .catch(() => '')
      const size = Number(note.split('\n')[1] ?? 0)
      if (size > seen.size) seen = { size, note }
      await pause(20)
    }
  }

  async function rows(sql: string): Promise<readonly Record<string, unknown>[]> {
    const superuser = await superuserOf(server.folder)
    try {
      return await superuser.run(sql)
    } finally {
      await superuser.close()
    }
  }

  async function nothingIsMissing(): Promise<void> {
    const people = new Set((await rows('select id from identity.person')).map(({ id }) => id))
    const invited = await rows(`select convert_from(body, 'UTF8')::json -> 'data' ->> 'user' as id
      from audit.entry where type = 'identity.user.invited'`)
    const inLedger = new Set(invited.map(({ id }) => id))
    for (const id of acknowledged) assert.ok(inLedger.has(id), `${id} was acknowledged and is not in the ledger`)
    // The change and its event are one: neither stands without the other.
    assert.equal(inLedger.size, invited.length, 'an event stands twice')
    assert.equal(people.size, inLedger.size + 1, 'the first administrator was not invited, everybody else was')
    for (const id of inLedger) assert.ok(people.has(id), `${id} is in the ledger and nowhere else`)
  }

  async function everythingHasItsPlace(): Promise<void> {
    const unplaced = `select count(*)::int as count from audit.entry
      where not exists (select from audit.node where node.entry = entry.id)`
    await eventually(async () => (await rows(unplaced))[0]?.count === 0, 15_000)
  }

  for (let round = 0; round < rounds; round++) {
    const victim = victims[round % victims.length] as Victim
    const after = between(1, 90)
    const delayMs = between(0, 12)
    test(`round ${round}: ${victim} killed ${delayMs} ms after ${after} acknowledgements`, async ({ signal }) => {
      let left = after
      let writing = true
      const moment = Promise.withResolvers<void>()
      const countDown = () => {
        left -= 1
        if (left === 0) moment.resolve()
      }
      // Not when this has run out of time, either: the process could never end.
      const stillWriting = () => writing && !signal.aborted
      const watching = watch(stillWriting)
      const written = Promise.all(Array.from({ length: writers }, () => write(stillWriting, countDown)))
      await Promise.race([moment.promise, written])
      assert.ok(left <= 0, 'the writers gave up before anybody was killed')
      await pause(delayMs)
      await mortal.kill(victim)
      writing = false
      await Promise.all([written, watching])
      await mortal.recover()

      await nothingIsMissing()
      await everythingHasItsPlace()
      const remembered = join(server.folder, 'ledger.seen')
      writeFileSync(remembered, JSON.stringify({ key, checkpoint: seen.note }))
      const { code, body } = await runCli(
        ['ledger', 'verify', server.publicUrl, '--token-file', token, '--remember', remembered],
        process.env,
      )
      assert.deepEqual([code, body.findings], [0, []])
      const size = (body.checkpoint as { size: number }).size
      assert.ok(size >= seen.size, `the tree shrank from ${seen.size} to ${size}`)
      seen = { size, note: (JSON.parse(readFileSync(remembered, 'utf8')) as { checkpoint: string }).checkpoint }
    })
  }

  test('more than a thousand entries were made meanwhile, and all that is stored agrees with itself', async () => {
    assert.ok(seen.size > 1_000, `only ${seen.size}`)
    const { code, out } = await runToEnd(serverScript, ['ledger', 'check', '--json'], server.environment)
    assert.equal(code, 0, out)
  })

  test('after all of this it still ends in order', async () => {
    assert.equal(await mortal.stop(), 0)
  })
})
