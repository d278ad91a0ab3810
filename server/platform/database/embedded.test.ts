import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import pg from 'pg'
import { keepingLog } from '../telemetry/testing.ts'
import { runningEmbedded } from './embedded/running.ts'
import { serverOf } from './embedded/server-of.ts'
import type { Embedded } from './embedded.ts'
import { startEmbedded } from './embedded.ts'
import {
  ended,
  eventually,
  freshFolder,
  processesOf,
  query,
  removeFolders,
  runs,
  statusOf,
} from './fixtures/observe.ts'
import { killOwners, startOwner } from './fixtures/start-owner.ts'
import { openDatabase } from './open.ts'

const linux = process.platform === 'linux' ? false : 'ends with its owner on Linux only'
const { log } = keepingLog()

afterEach(killOwners)
after(removeFolders)

describe('an embedded database', () => {
  let home: string
  let embedded: Embedded | null = null
  const start = async (dataFolder = home) => {
    embedded = await startEmbedded({ dataFolder, log })
    return embedded
  }
  before(async () => {
    home = freshFolder()
    await start()
    await query(embedded?.url ?? '', 'create table public.note (text text)')
    await embedded?.stop()
  })
  afterEach(async () => {
    await embedded?.stop()
    embedded = null
  })

  test('is durable, checks its pages, and listens on no network', async () => {
    const { url } = await start()
    const rows = (await query(
      url,
      `select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit', 'data_checksums',
        'autovacuum', 'listen_addresses', 'jit') order by name`,
    )) as { name: string; setting: string }[]
    assert.deepEqual(Object.fromEntries(rows.map((row) => [row.name, row.setting])), {
      autovacuum: 'on',
      data_checksums: 'on',
      fsync: 'on',
      full_page_writes: 'on',
      jit: 'off',
      listen_addresses: '',
      synchronous_commit: 'on',
    })
  })

  test('keeps its files and its socket in folders that nobody else may enter', async () => {
    await start()
    for (const name of ['postgres', 'socket']) assert.equal(statSync(join(home, name)).mode & 0o777, 0o700, name)
  })

  test('is owned by a role that is no superuser, and the application’s role owns nothing', async () => {
    const { url, applicationUrl } = await start()
    const roles = await query(
      url,
      `select rolname, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls
      from pg_roles where rolname like 'custodia%' order by rolname`,
    )
    const nothing = {
      rolsuper: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolreplication: false,
      rolbypassrls: false,
    }
    assert.deepEqual(roles, [
      { rolname: 'custodia', ...nothing },
      { rolname: 'custodia_app', ...nothing },
    ])
    await assert.rejects(query(applicationUrl, 'drop table public.note'), { code: '42501' })
    await assert.rejects(query(applicationUrl, 'set role custodia'), { code: '42501' })
  })

  test('stops cleanly: no process is left, what was committed is there at the next start, and nothing is recovered', async () => {
    const first = await start()
    await query(first.url, `insert into public.note values ('stopped')`)
    const processes = processesOf(first.pid() ?? 0)
    assert.ok(processes.length > 2)
    await first.stop()
    await first.stop()
    assert.deepEqual(processes.filter(runs), [])
    assert.equal(existsSync(join(home, 'postgres', 'postmaster.pid')), false)
    const { log, lines } = keepingLog()
    embedded = await startEmbedded({ dataFolder: home, log })
    assert.deepEqual(await query(embedded.url, `select text from public.note where text = 'stopped'`), [
      { text: 'stopped' },
    ])
    assert.match(lines.map((line) => line.message).join('\n'), /was shut down at/)
    await embedded.stop()
    assert.deepEqual(
      lines.filter(({ level }) => level === 'error' || level === 'warn'),
      [],
    )
  })

  test('of the same folder a second time is refused, by name, and the first one works on', async () => {
    const { url } = await start()
    for (const second of [() => startEmbedded({ dataFolder: home, log }), () => startOwner(home)])
      await assert.rejects(second, (error: Error & { code: string }) => {
        assert.equal(error.code, 'IN_USE')
        assert.ok(error.message.includes(join(home, 'postgres')))
        return true
      })
    assert.deepEqual(await query(url, 'select 1 as one'), [{ one: 1 }])
  })

  test('is found by a command beside it for as long as it runs', async () => {
    assert.equal(runningEmbedded(home), null)
    assert.equal(runningEmbedded(join(home, 'nowhere')), null)
    const { url, stop } = await start()
    assert.equal(runningEmbedded(home), url)
    const state = join(home, 'postgres', 'postmaster.pid')
    const written = readFileSync(state, 'utf8')
    writeFileSync(state, written.replace('ready   ', 'starting'))
    assert.equal(runningEmbedded(home), null, 'who still recovers answers nobody')
    writeFileSync(state, written)
    await stop()
    assert.equal(runningEmbedded(home), null)
  })

  test('that is killed is started again, and the pools find it', { skip: linux }, async () => {
    const { url, applicationUrl, pid } = await start()
    const database = openDatabase({ url: applicationUrl, log })
    try {
      await query(
        url,
        `insert into public.note values ('before the kill'); grant select on public.note to custodia_app`,
      )
      await database.ping()
      for (let time = 0; time < 2; time++) {
        const killed = pid() ?? 0
        process.kill(killed, 'SIGKILL')
        await eventually('another server runs', () => pid() !== killed && pid() !== null)
        await eventually('the pool answers', () =>
          database.ping().then(
            () => true,
            () => false,
          ),
        )
      }
      const { rows } = await sql`select text from public.note where text = 'before the kill'`.execute(database.queries)
      assert.equal(rows.length, 1)
    } finally {
      await database.close()
    }
  })

  test('that is killed while it is being stopped stays ended', { skip: linux }, async () => {
    const { pid, stop } = await start()
    const killed = pid() ?? 0
    process.kill(killed, 'SIGKILL')
    await stop()
    assert.equal(serverOf(join(home, 'postgres')), null)
    assert.equal(runs(killed), false)
  })

  for (const how of ['SIGKILL', 'SIGTERM', 'SIGINT', 'exit', 'throw'] as const)
    test(`ends cleanly by itself when its owner ends by ${how}`, { skip: linux }, async () => {
      const owner = await startOwner(home)
      await query(owner.url, `insert into public.note values ('${how}')`)
      await owner.end(how)
      await ended(owner.server)
      assert.equal(existsSync(join(home, 'postgres', 'postmaster.pid')), false)
      const next = await startOwner(home)
      assert.match(next.said.join('\n'), /was shut down at/)
      assert.deepEqual(await query(next.url, `select text from public.note where text = '${how}'`), [{ text: how }])
      await next.end('stop')
    })

  test('starts at once after its owner was killed, while the old server is still ending', { skip: linux }, async () => {
    const owner = await startOwner(home)
    await owner.end('SIGKILL')
    const { url } = await start()
    assert.deepEqual(await query(url, 'select 1 as one'), [{ one: 1 }])
  })

  test('recovers what was committed when owner and server are killed together', { skip: linux }, async () => {
    const owner = await startOwner(home)
    await query(owner.url, `insert into public.note values ('both')`)
    process.kill(owner.server, 'SIGSTOP')
    await owner.end('SIGKILL')
    process.kill(owner.server, 'SIGKILL')
    const { log, lines } = keepingLog()
    embedded = await startEmbedded({ dataFolder: home, log })
    assert.match(lines.map((line) => line.message).join('\n'), /not properly shut down/)
    assert.deepEqual(await query(embedded.url, `select text from public.note where text = 'both'`), [{ text: 'both' }])
  })

  test('waits for what a killed server has left, instead of giving up', { skip: linux }, async () => {
    const owner = await startOwner(home)
    const client = new pg.Client({ connectionString: owner.url })
    client.on('error', () => {})
    await client.connect()
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    const helper = rows[0]?.pid ?? 0
    // It holds the shared memory for as long as it does not notice that its server is gone.
    process.kill(helper, 'SIGSTOP')
    process.kill(owner.server, 'SIGSTOP')
    await owner.end('SIGKILL')
    process.kill(owner.server, 'SIGKILL')
    try {
      const { log, lines } = keepingLog()
      const starting = startEmbedded({ dataFolder: home, log })
      await eventually('it meets what was left', () =>
        lines.some((line) => /pre-existing shared memory/.test(line.message)),
      )
      process.kill(helper, 'SIGCONT')
      embedded = await starting
      assert.deepEqual(await query(embedded.url, 'select 1 as one'), [{ one: 1 }])
    } finally {
      if (runs(helper)) process.kill(helper, 'SIGCONT')
      await client.end().catch(() => {})
    }
  })

  test('starts although the number in a stale lock belongs to another process of its user by now', {
    skip: linux,
  }, async () => {
    const owner = await startOwner(home)
    process.kill(owner.server, 'SIGSTOP')
    await owner.end('SIGKILL')
    const lock = join(home, 'postgres', 'postmaster.pid')
    const lines = readFileSync(lock, 'utf8').split('\n')
    process.kill(owner.server, 'SIGKILL')
    await ended(owner.server)
    const { uid, gid } = statSync(lock)
    const stranger = spawn('sleep', ['60'], { uid, gid, stdio: 'ignore' })
    try {
      writeFileSync(lock, [stranger.pid, ...lines.slice(1)].join('\n'))
      const socketLock = join(home, 'socket', '.s.PGSQL.5432.lock')
      writeFileSync(socketLock, [stranger.pid, ...lines.slice(1, 5)].join('\n'))
      for (const file of [lock, socketLock]) chownSync(file, uid, gid)
      assert.equal(runningEmbedded(home), null)
      const { url } = await start()
      assert.deepEqual(await query(url, 'select 1 as one'), [{ one: 1 }])
    } finally {
      stranger.kill('SIGKILL')
    }
  })

  for (const [what, name] of [
    ['spaces, quotes, commas and letters beyond ASCII', ` a 'b' "c", d=e %41 \\ ü日 `],
    ['more bytes than a socket’s path may have', join('l'.repeat(120), 'o'.repeat(120))],
  ] as const)
    test(`works in a folder whose name has ${what}`, async () => {
      const folder = join(home, name)
      mkdirSync(folder, { recursive: true })
      renameSync(join(home, 'postgres'), join(folder, 'postgres'))
      try {
        const { url, stop, pid } = await start(folder)
        assert.deepEqual(await query(url, 'select 1 as one'), [{ one: 1 }])
        const socket = serverOf(join(folder, 'postgres'))?.socketFolder ?? ''
        assert.equal(statSync(socket).mode & 0o777, 0o700)
        assert.equal(runningEmbedded(folder), url)
        assert.equal(serverOf(join(folder, 'postgres'))?.pid, pid())
        await stop()
        assert.equal(existsSync(socket), socket.startsWith(folder), 'what was made among the temporary files is gone')
      } finally {
        await embedded?.stop()
        renameSync(join(folder, 'postgres'), join(home, 'postgres'))
      }
    })

  test('that PostgreSQL will not start says what PostgreSQL said, and leaves no process', async () => {
    const version = join(home, 'postgres', 'PG_VERSION')
    const { uid, gid } = statSync(version)
    writeFileSync(version, '12\n')
    try {
      await assert.rejects(start(), (error: Error & { code: string }) => {
        assert.equal(error.code, 'FAILED')
        assert.match(error.message, /incompatible/)
        return true
      })
      assert.equal(serverOf(join(home, 'postgres')), null)
    } finally {
      writeFileSync(version, '18\n')
      chownSync(version, uid, gid)
    }
  })

  test('runs without rights of its own, in a group of its own, and knows nothing of our environment', {
    skip: linux,
  }, async () => {
    const owner = await startOwner(home)
    assert.equal(statusOf(owner.server, 'NoNewPrivs'), '1')
    assert.match(statusOf(owner.server, 'CapEff') ?? '', /^0+$/)
    assert.doesNotMatch(statusOf(owner.server, 'Uid') ?? '', /\b0\b/)
    const group = readFileSync(`/proc/${owner.server}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[2]
    assert.equal(Number(group), owner.server)
    assert.doesNotMatch(readFileSync(`/proc/${owner.server}/environ`, 'utf8'), /hunter2/)
    await owner.end('stop')
  })

  test('says nothing of statements and values in the log', async () => {
    const { log, lines } = keepingLog()
    embedded = await startEmbedded({ dataFolder: home, log })
    await assert.rejects(query(embedded.url, `select 'hunter2'::int`))
    await assert.rejects(query(embedded.url, `do $$ begin raise warning 'hunter2'; raise exception 'hunter2'; end $$`))
    await embedded.stop()
    assert.ok(lines.length > 0)
    assert.doesNotMatch(JSON.stringify(lines), /hunter2/)
  })
})
