import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { TestServer } from '../harness.ts'
import { serverScript, signIn, startTestServer, withAccounts } from '../harness.ts'
import { runCli, runToEnd } from '../run-to-end.ts'
import type { Superuser } from '../superuser.ts'
import { superuserOf } from '../superuser.ts'

// A real server, a real command, and somebody who holds the database and has turned its triggers off.

const people = 170
const configuration = 'limits: { classes: { write: { burst: 10000, perSeconds: 60 } } }\n'

type Finding = { kind: string; index?: number; count?: number; other?: number; explanation: string }

describe('the ledger of a running server', () => {
  let server: TestServer
  let superuser: Superuser
  let token: string
  let remembered: string

  before(async () => {
    server = await startTestServer({ configuration })
    const [administrator] = await withAccounts(server)
    assert.ok(administrator)
    const cookie = await signIn(server.call, administrator)
    const invite = (i: number) => ({ email: `person-${i}@northwind.example`, name: `Person ${i}`, roles: ['member'] })
    for (let i = 0; i < people; i += 10) {
      const batch = Array.from({ length: 10 }, (_, one) =>
        server.call('POST', '/v1/invitations', { cookie, body: invite(i + one) }),
      )
      for (const { status } of await Promise.all(batch)) assert.equal(status, 201)
    }
    token = join(server.folder, 'verifier.key')
    remembered = join(server.folder, 'ledger.seen')
    const { key } = server.command('applications', 'key', 'auditor', 'verifier')
    writeFileSync(token, `${key}\n`, { mode: 0o600 })
    superuser = await superuserOf(server.folder)
  })
  after(async () => {
    await superuser?.close()
    await server?.remove()
  })

  const cli = async (...args: string[]) => {
    const { code, body } = await runCli(args, process.env)
    return { code, body, findings: (body.findings ?? []) as Finding[] }
  }
  const verify = (...more: string[]) => cli('ledger', 'verify', server.publicUrl, '--token-file', token, ...more)
  const check = async () => {
    const { code, out } = await runToEnd(serverScript, ['ledger', 'check', '--json'], server.environment)
    return { code, findings: (JSON.parse(out) as { findings: Finding[] }).findings }
  }
  const figure = async (name: string) => {
    const text = await (await fetch(`http://127.0.0.1:${server.adminPort}/metrics`)).text()
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
  }
  /** Without its triggers, as whoever owns the disk could do it. */
  const tamper = async (sql: string) => {
    for (const table of ['entry', 'node', 'checkpoint'])
      await superuser.run(`alter table audit.${table} disable trigger all`)
    await superuser.run(sql)
  }
  const entryAt = (index: number) => `(select entry from audit.node where level = 0 and index = ${index})`

  test('untouched it verifies from end to end, for a machine with the verifier’s key', async () => {
    const { code, body, findings } = await verify('--remember', remembered)
    assert.deepEqual([code, findings, body.complete], [0, [], true])
    assert.ok((body.checkpoint as { size: number }).size > 2 * people)
    assert.deepEqual(await check(), { code: 0, findings: [] })
  })

  test('it is read by nobody without a key, and by no key of another role', async () => {
    const without = await cli('ledger', 'verify', server.publicUrl)
    assert.equal(without.code, 3)
    const { key } = server.command('applications', 'key', 'inbox')
    const other = join(server.folder, 'inbox.key')
    writeFileSync(other, String(key), { mode: 0o600 })
    const { code, body } = await cli('ledger', 'verify', server.publicUrl, '--token-file', other)
    assert.equal(code, 3)
    assert.match(String(body.error), /ledger:read:all/)
  })

  test('what was exported verifies without the server', async () => {
    const folder = join(server.folder, 'export')
    assert.equal((await cli('ledger', 'export', folder, server.publicUrl, '--token-file', token)).code, 0)
    const { code, body } = await cli('ledger', 'verify', folder)
    assert.deepEqual([code, body.findings], [0, []])
  })

  test('the owner of the tables cannot change it while the triggers stand', async () => {
    for (const statement of [
      `update audit.entry set type = 'harmless'`,
      'delete from audit.node',
      'truncate audit.checkpoint',
    ])
      await assert.rejects(superuser.run(`set role custodia; ${statement}`), { code: '42501' })
    await superuser.run('reset role')
  })

  test('one flipped byte in the body of an entry is found, and the entry is named', async () => {
    const flip = `update audit.entry set body = set_byte(body, 30, get_byte(body, 30) # 1) where id = ${entryAt(111)}`
    await tamper(flip)
    const { code, findings } = await verify()
    await tamper(flip)
    assert.equal(code, 1)
    assert.deepEqual(
      findings.map(({ kind, index }) => [kind, index]),
      [['entry-changed', 111]],
    )
    assert.match(findings[0]?.explanation ?? '', /111/)
  })

  test('one flipped byte in a column that entries are searched by is found in the database, and the entry is named', async () => {
    const [row] = await superuser.run(`select subject_id, type from audit.entry where id = ${entryAt(77)}`)
    await tamper(`update audit.entry set type = 'b' || substr(type, 2) where id = ${entryAt(77)}`)
    const { code, findings } = await check()
    const outside = await verify()
    await tamper(`update audit.entry set type = '${row?.type}' where id = ${entryAt(77)}`)
    assert.equal(code, 1)
    assert.deepEqual(
      findings.map(({ kind, index }) => [kind, index]),
      [['column-changed', 77]],
    )
    assert.equal(outside.code, 1)
    assert.deepEqual(
      outside.findings.map(({ kind, index }) => [kind, index]),
      [['column-changed', 77]],
    )
  })

  test('one flipped bit in a stored hash is found, and no entry is blamed', async () => {
    for (const [level, index, first] of [
      [0, 200, 200],
      [1, 0, 0],
    ]) {
      const flip = `update audit.node set hash = set_byte(hash, 5, get_byte(hash, 5) # 128)
        where level = ${level} and index = ${index}`
      await tamper(flip)
      const { code, findings } = await verify()
      await tamper(flip)
      assert.equal(code, 1)
      assert.deepEqual(
        findings.map((one) => [one.kind, one.index]),
        [['tile-changed', first]],
      )
    }
  })

  test('an entry that was removed is named', async () => {
    await tamper(`create table public.kept as select * from audit.entry where id = ${entryAt(42)};
      delete from audit.entry where id = ${entryAt(42)}`)
    const { code, findings } = await verify()
    await tamper('insert into audit.entry overriding system value select * from public.kept')
    assert.equal(code, 1)
    assert.deepEqual(
      findings.map(({ kind, index }) => [kind, index]),
      [['entry-missing', 42]],
    )
  })

  test('two entries in each other’s place are named both', async () => {
    const swap = `update audit.node set entry = -index where level = 0 and index in (10, 300);
      update audit.node set entry = (select id from public.pair where place = 310 - audit.node.index)
        where level = 0 and index in (10, 300)`
    await tamper(`create table public.pair as select index as place, entry as id from audit.node
      where level = 0 and index in (10, 300)`)
    await tamper(swap)
    const { code, findings } = await verify()
    await tamper('update public.pair set place = 310 - place')
    await tamper(swap)
    assert.equal(code, 1)
    assert.deepEqual(
      findings.map(({ kind, index, other }) => [kind, index, other]),
      [['entries-swapped', 10, 300]],
    )
  })

  test('put back as it was, it verifies again, and extends what was remembered', async () => {
    const { code, findings } = await verify('--remember', remembered)
    assert.deepEqual([code, findings], [0, []])
    assert.deepEqual(await check(), { code: 0, findings: [] })
  })

  // Last: what is cut off does not come back.
  test('a ledger cut off at its end is found by what a verifier remembers, and the running server trusts it no more', async () => {
    const [row] = await superuser.run(
      'select max(size) as size from audit.checkpoint where size < (select max(size) - 60 from audit.checkpoint)',
    )
    const size = Number(row?.size)
    // With the sequencer's lock: what it is placing at this moment would stand on what is cut off.
    await tamper(`begin;
      select pg_advisory_xact_lock(hashtextextended('audit.sequencer', 0));
      delete from audit.entry where id in (select entry from audit.node where level = 0 and index >= ${size});
      delete from audit.node where (level = 0 and index >= ${size}) or (level = 1 and index >= ${size} / 256);
      delete from audit.checkpoint where size > ${size}; commit`)
    assert.equal((await verify()).code, 0, 'nothing that the server says can show it')
    const { code, findings } = await verify('--remember', remembered)
    assert.equal(code, 1)
    assert.deepEqual(
      findings.map(({ kind, index }) => [kind, index]),
      [['tree-truncated', size]],
    )
    assert.equal(await figure('custodia_ledger_distrusted'), 1)
  })

  test('a restart does not launder it: a tree that grows anew is not the one that was remembered', async () => {
    await superuser.close()
    await server.stop()
    server = await startTestServer({ folder: server.folder, configuration })
    superuser = await superuserOf(server.folder)
    const { code, findings } = await verify('--remember', remembered)
    assert.equal(code, 1)
    assert.ok(findings.some(({ kind }) => kind === 'tree-truncated' || kind === 'inconsistent-with-earlier'))
  })
})
