import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createCustodia } from '@custodia/sdk'
import { openDatabase } from '../../examples/inbox/store/database.ts'
import { createMailbox } from '../../examples/inbox/store/mailbox.ts'
import { openPieces } from '../../examples/inbox/store/sealed-fields.ts'
import { root } from '../../tools/suite.ts'
import type { TestServer } from '../harness.ts'
import { inheritedEnvironment, startTestServer, withAccounts } from '../harness.ts'
import type { Ended } from '../run-to-end.ts'
import { runToEnd } from '../run-to-end.ts'
import type { Victim } from './killing.ts'
import { MortalServer, moments, seed } from './killing.ts'

const messages = 1_000
/** Each of these cannot be read: kept as it came, and reported. */
const malformedEach = 50
const script = join(root, 'examples/inbox/import.ts')
const deaths: readonly (Victim | 'importer' | 'everybody')[] = [
  'importer',
  'server',
  'database',
  'server and database',
  'everybody',
  'server',
]

describe(`an import of ${messages} messages while processes are killed (seed ${seed})`, { timeout: 240_000 }, () => {
  const between = moments(seed)
  let server: TestServer
  let mortal: MortalServer
  let environment: NodeJS.ProcessEnv
  let mail: string
  let store: string
  const digests = new Set<string>()

  before(async () => {
    server = await startTestServer()
    mortal = new MortalServer(server)
    await withAccounts(server, [])
    const keyFile = join(server.folder, 'inbox.key')
    writeFileSync(keyFile, String(server.command('applications', 'key', 'inbox').key), { mode: 0o600 })
    mail = join(server.folder, 'mail')
    store = join(server.folder, 'inbox')
    writeMail()
    environment = {
      ...inheritedEnvironment(),
      CUSTODIA_URL: `http://127.0.0.1:${server.port}`,
      CUSTODIA_APPLICATION_KEY_FILE: keyFile,
      INBOX_DATA: store,
    }
  })
  after(async () => {
    await mortal?.stop()
    await server?.remove()
  })

  function writeMail(): void {
    mkdirSync(mail)
    for (let i = 0; i < messages; i++) {
      const text =
        i % malformedEach === 0
          ? `\u0000\u0001 no message at all, number ${i}`
          : `From: Mira <mira@northwind.example>\r\nTo: team@northwind.example\r\nSubject: Letter ${i}\r\n` +
            `Date: Mon, 2 Nov 2026 09:00:00 +0000\r\nMessage-ID: <${i}@northwind.example>\r\n\r\nThis is letter ${i}.\r\n`
      writeFileSync(join(mail, `${String(i).padStart(4, '0')}.eml`), text)
      digests.add(digestOf(Buffer.from(text)))
    }
  }

  const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

  /** What stands in the store now: once a message is there, whoever looks at the mailbox counts on it. */
  function stored(): Set<string> {
    if (!existsSync(join(store, 'inbox.sqlite'))) return new Set()
    const database = new DatabaseSync(join(store, 'inbox.sqlite'), { readOnly: true, timeout: 5_000 })
    try {
      const found = database.prepare(`select name from sqlite_master where name = 'message'`).get()
      if (found === undefined) return new Set()
      return new Set(
        database
          .prepare('select id from message')
          .all()
          .map(({ id }) => id as string),
      )
    } finally {
      database.close()
    }
  }

  function countsAgree(): void {
    const database = new DatabaseSync(join(store, 'inbox.sqlite'), { readOnly: true, timeout: 5_000 })
    const sums = database
      .prepare('select count(*) as wrong from import where found <> added + known + malformed + refused')
      .get()
    const kept = database.prepare('select sum(added + malformed) as counted from import').get()
    const half = database
      .prepare('select count(*) as half from message where not exists (select 1 from sealed where message_id = id)')
      .get()
    database.close()
    assert.deepEqual([sums?.wrong, half?.half], [0, 0])
    assert.equal(kept?.counted, stored().size, 'what the imports count is what is there')
  }

  for (const [round, victim] of deaths.entries()) {
    // None: in the first moments of the importer, when it asks for its keys.
    const more = round % 2 === 0 ? between(1, 120) : 0
    const delayMs = between(more === 0 ? 150 : 0, more === 0 ? 500 : 10)
    const graceMs = between(0, 60)
    test(`round ${round}: ${victim} killed ${delayMs} ms after ${more} more messages`, async () => {
      const before = stored()
      const importer = spawn(process.execPath, [script, '--json', mail], { env: environment, stdio: 'ignore' })
      const ended = once(importer, 'exit')
      let seen = stored()
      while (seen.size < before.size + more && importer.exitCode === null) {
        await pause(5)
        seen = stored()
      }
      await pause(delayMs)
      seen = stored()
      assert.ok(seen.size < messages, 'the import was over before anybody was killed')
      if (victim === 'importer' || victim === 'everybody') importer.kill('SIGKILL')
      if (victim !== 'importer') await mortal.kill(victim === 'everybody' ? 'server and database' : victim)
      // It has its keys for a while: what it keeps until it ends, it keeps whole.
      await pause(graceMs)
      importer.kill('SIGKILL')
      await ended
      await mortal.recover()

      const now = stored()
      for (const id of [...before, ...seen]) assert.ok(now.has(id), `${id} was in the store and is gone`)
      countsAgree()
    })
  }

  test('started again it goes on where it was: every file is in the mailbox, once', async () => {
    const before = stored().size
    const { code, out, err }: Ended = await runToEnd(script, ['--json', mail], environment)
    assert.equal(code, 0, err)
    const counts = JSON.parse(out) as Record<string, number>
    assert.equal(counts.found, messages)
    assert.deepEqual([counts.known, counts.refused], [before, 0])
    assert.equal(Number(counts.added) + Number(counts.malformed), messages - before)
    assert.equal(stored().size, messages)
    countsAgree()
    const database = new DatabaseSync(join(store, 'inbox.sqlite'), { readOnly: true })
    const listed = database.prepare(
      'select sum(problem is null) as listed, sum(problem is not null) as malformed from message',
    )
    assert.deepEqual(
      { ...listed.get() },
      { listed: messages - messages / malformedEach, malformed: messages / malformedEach },
    )
    database.close()
  })

  test('a second import adds nothing', async () => {
    const { out } = await runToEnd(script, ['--json', mail], environment)
    const { found, added, known, malformed } = JSON.parse(out) as Record<string, number>
    assert.deepEqual([found, added, known, malformed], [messages, 0, messages, 0])
  })

  test('every message opens with the keys that survived, byte for byte', async () => {
    const custodia = createCustodia({
      url: `http://127.0.0.1:${server.port}`,
      application: 'inbox',
      keyFile: String(environment.CUSTODIA_APPLICATION_KEY_FILE),
    })
    const database = openDatabase(store)
    const mailbox = createMailbox({ custodia, database, nowMs: () => Date.now() })
    const opened = new Set<string>()
    try {
      for (const id of stored()) opened.add(digestOf((await openPieces(mailbox, id, 'raw', 1)) ?? Buffer.alloc(0)))
    } finally {
      custodia.forgetKeys()
      database.close()
    }
    assert.deepEqual(opened, digests)
  })
})
