import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openDatabase } from './store/database.ts'
import type { KeyService } from './testing.ts'
import { applicationKey, organisationId, startKeyService } from './testing.ts'

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
let service: KeyService
let folder: string
before(async () => {
  service = await startKeyService()
  folder = mkdtempSync(join(tmpdir(), 'custodia-processes-'))
})
after(async () => {
  await service.stop()
  rmSync(folder, { recursive: true })
})

function start(
  program: string,
  args: readonly string[],
  data: string,
  more: Record<string, string> = {},
): ChildProcess {
  const env = {
    CUSTODIA_URL: service.url,
    CUSTODIA_APPLICATION_KEY: applicationKey,
    INBOX_DATA: join(folder, data),
    INBOX_ORGANISATION: organisationId,
    ...more,
  }
  return spawn(process.execPath, [here(program), ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
}

async function finish(child: ChildProcess): Promise<{ code: number | null; out: string; error: string }> {
  let out = ''
  let error = ''
  child.stdout?.on('data', (text) => {
    out += text
  })
  child.stderr?.on('data', (text) => {
    error += text
  })
  const [code] = await once(child, 'close')
  return { code, out, error }
}

describe('the importing program', () => {
  it('says in JSON what it did, and why something is malformed', async () => {
    const { code, out, error } = await finish(start('import.ts', ['--json', here('samples')], 'json'))
    assert.deepEqual([code, error], [0, ''])
    const { reports, ...counts } = JSON.parse(out)
    assert.deepEqual(counts, { found: 47, added: 44, known: 0, malformed: 3, refused: 0 })
    assert.deepEqual(reports[0], {
      origin: 'Odd/nested-without-end.eml',
      outcome: 'malformed',
      problem: 'NESTED_TOO_DEEP',
    })
    assert.equal(statSync(join(folder, 'json')).mode & 0o777, 0o700)
  })

  it('says in one line what it did where nobody watches', async () => {
    writeFileSync(join(folder, 'a\u001b[31m.eml'), 'no header')
    const { code, out, error } = await finish(start('import.ts', [join(folder, 'a\u001b[31m.eml')], 'line'))
    assert.deepEqual([code, out], [0, 'found 1: 0 new, 0 known, 1 malformed, 0 refused\n'])
    assert.equal(error, 'malformed: a?[31m.eml: It has none of the header lines that every message has.\n')
  })

  it('loses no message that it counted when it is killed, and goes on after', async () => {
    const mail = join(folder, 'mail')
    mkdirSync(mail)
    for (let number = 0; number < 150; number += 1)
      writeFileSync(join(mail, `${number}.eml`), `Subject: ${number}\n\nx`)
    const data = join(folder, 'killed')
    const watching = openDatabase(data)
    // With the hundredth it never gets done: however late it is killed, that is before the end.
    watching.exec(`
      CREATE VIEW endless AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n;
      CREATE TRIGGER hundredth AFTER INSERT ON message WHEN (SELECT count(*) FROM message) = 100
      BEGIN SELECT count(*) FROM endless; END;
    `)
    const child = start('import.ts', [mail], 'killed')
    // Until the store has some of them: it is the only sign that the program gives while it works.
    const kept = () => Number(watching.prepare('SELECT count(*) AS n FROM message').get()?.n)
    while (kept() < 20) await new Promise(setImmediate)
    watching.close()
    const done = once(child, 'close')
    child.kill('SIGKILL')
    await done
    const database = openDatabase(data)
    const row = database.prepare('SELECT sum(found) AS found, (SELECT count(*) FROM message) AS kept FROM import').get()
    assert.equal(row?.found, row?.kept)
    assert.ok(Number(row?.kept) < 150, 'it was killed before the end')
    assert.equal(database.prepare('PRAGMA integrity_check').get()?.integrity_check, 'ok')
    database.exec('DROP TRIGGER hundredth; DROP VIEW endless')
    database.close()
    const { out } = await finish(start('import.ts', ['--json', mail], 'killed'))
    const { added, known } = JSON.parse(out)
    assert.equal(added + known, 150)
    assert.equal(known, row?.kept)
  })

  it('explains its use, and what is missing, without a word of the key', async () => {
    assert.equal((await finish(start('import.ts', [], 'none'))).code, 2)
    assert.equal((await finish(start('import.ts', ['--wrong', 'x'], 'none'))).code, 2)
    assert.match((await finish(start('import.ts', ['--help'], 'none'))).out, /Exit codes/)
    const { code, error } = await finish(start('import.ts', ['x'], 'none', { CUSTODIA_URL: '' }))
    assert.deepEqual(
      [code, error],
      [1, 'CUSTODIA_URL is not set. Example: CUSTODIA_URL=http://custodia.localhost:8080\n'],
    )
    const wrong = await finish(start('import.ts', ['x'], 'none', { CUSTODIA_APPLICATION_KEY: 'secret\nkey' }))
    assert.equal(wrong.code, 1)
    assert.doesNotMatch(wrong.error, /secret/)
  })
})

describe('the web program', () => {
  it('says where it listens, answers nobody without an identity, and ends when told to', async () => {
    const child = start('main.ts', [], 'web')
    const done = finish(child)
    const [line] = await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line')
    const { listening } = JSON.parse(line)
    assert.match(listening, /^http:\/\/127\.0\.0\.1:\d+$/)
    assert.equal((await fetch(listening)).status, 401)
    const headers = { 'custodia-assertion': service.assertion() }
    assert.equal((await fetch(listening, { headers })).status, 200)
    child.kill('SIGTERM')
    assert.equal((await done).code, 0)
  })

  it('does not start without knowing whose mailbox it is', async () => {
    const { code, error } = await finish(start('main.ts', [], 'web', { INBOX_ORGANISATION: '' }))
    assert.equal(code, 1)
    assert.match(error, /INBOX_ORGANISATION is not set/)
  })
})
