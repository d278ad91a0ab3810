import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { keepingLog } from '../telemetry/testing.ts'
import { abandonAhead, madeAhead, makeAhead } from './embedded/ahead.ts'
import { embeddedInstallation } from './embedded/installation.ts'
import { supervise } from './embedded/supervise.ts'
import { startEmbedded } from './embedded.ts'
import { ended, eventually, freshFolder, query, removeFolders, statusOf } from './fixtures/observe.ts'
import { killOwners, startOwner } from './fixtures/start-owner.ts'

const linux = process.platform === 'linux' ? false : 'ends with its owner on Linux only'
const rootOnly = process.getuid?.() === 0 ? false : 'only root can become another user: NOT TESTED'

/** An ordinary user, who has a name and owns nothing. */
const nobody = { uid: 65_534, gid: 65_534 }
const asNobody = ['setpriv', `--reuid=${nobody.uid}`, `--regid=${nobody.gid}`, '--clear-groups', '--']
const ordinary =
  rootOnly ||
  (spawnSync(asNobody[0] ?? '', [...asNobody.slice(1), process.execPath, '--version']).status === 0
    ? false
    : 'an ordinary user cannot reach this clone: NOT TESTED')

afterEach(killOwners)
after(removeFolders)

describe('a fresh folder', () => {
  test('that two processes start on at once gets one database, whole, and one of them is refused', async () => {
    const folder = freshFolder()
    const started = await Promise.allSettled([startOwner(folder), startOwner(folder)])
    const owners = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    const refusals = started.flatMap((one) =>
      one.status === 'rejected' ? [(one.reason as { code: string }).code] : [],
    )
    assert.deepEqual([owners.length, refusals], [1, ['IN_USE']])
    assert.deepEqual(await query(owners[0]?.url ?? '', 'select current_user'), [{ current_user: 'custodia' }])
    await owners[0]?.end('stop')
    assert.deepEqual(readdirSync(folder).sort(), ['postgres', 'socket'])
  })

  test('in which making the database was interrupted is begun anew', { skip: linux }, async () => {
    const folder = freshFolder()
    const owner = spawn(
      process.execPath,
      [fileURLToPath(new URL('fixtures/owner-process.ts', import.meta.url)), folder],
      {
        stdio: 'ignore',
      },
    )
    await eventually('it has begun', () => readdirSync(folder).some((name) => name.startsWith('postgres.new')))
    owner.kill('SIGKILL')
    await eventually('it has ended', () => owner.signalCode !== null)
    assert.equal(existsSync(join(folder, 'postgres')), false)
    const next = await startOwner(folder)
    await next.end('stop')
    assert.deepEqual(readdirSync(folder).sort(), ['postgres', 'socket'])
  })

  test('whose database is begun ahead gets that one, and the start waits for it', async () => {
    const folder = freshFolder()
    makeAhead(folder)
    await eventually('it has begun', () => readdirSync(folder).some((name) => name.startsWith('postgres.new')))
    const { ino } = statSync(join(folder, `postgres.new-${process.pid}`))
    const database = await startEmbedded({ dataFolder: folder, log: keepingLog().log })
    assert.equal(statSync(join(folder, 'postgres')).ino, ino)
    assert.deepEqual(await query(database.url, 'select current_user'), [{ current_user: 'custodia' }])
    await database.stop()
    makeAhead(folder)
    assert.deepEqual(readdirSync(folder).sort(), ['postgres', 'socket'])
  })

  test('whose database was begun ahead and is not wanted has nothing left of it', async () => {
    const folder = join(freshFolder(), 'data')
    makeAhead(folder)
    await eventually('it has begun', () => readdirSync(folder).some((name) => name.startsWith('postgres.new')))
    await abandonAhead()
    assert.deepEqual(readdirSync(folder), [])
    // Nothing of the given-up one stands in the way.
    const owner = await startOwner(folder)
    await owner.end('stop')
  })

  test('in which none can be made says why to who waits for it', async () => {
    const folder = join(freshFolder(), 'file')
    writeFileSync(folder, '')
    makeAhead(folder)
    await assert.rejects(madeAhead(folder), { code: 'EEXIST' })
    await abandonAhead()
    assert.equal(existsSync(folder), true)
  })

  test('of an ordinary user belongs to that user, whom root may follow', { skip: ordinary }, async () => {
    const folder = freshFolder()
    chownSync(folder, nobody.uid, nobody.gid)
    const owner = await startOwner(folder, asNobody)
    assert.equal(statSync(join(folder, 'postgres')).uid, nobody.uid)
    await owner.end('stop')
    const asRoot = await startOwner(folder)
    assert.match(statusOf(asRoot.server, 'Uid') ?? '', /^65534\b/)
    await asRoot.end('stop')
  })

  test('of another user is refused to an ordinary one, who is told why', { skip: ordinary }, async () => {
    await assert.rejects(startOwner(freshFolder(), asNobody), { code: 'UNREACHABLE' })
    const open = freshFolder()
    chmodSync(open, 0o777)
    mkdirSync(join(open, 'postgres'), { mode: 0o700 })
    await assert.rejects(startOwner(open, asNobody), { code: 'UNREACHABLE' })
  })

  test('of root is opened for the database alone, to pass through', { skip: rootOnly }, async () => {
    const folder = freshFolder()
    const owner = await startOwner(folder)
    const { mode, uid, gid } = statSync(folder)
    const account = statSync(join(folder, 'postgres'))
    assert.deepEqual([mode & 0o777, uid, gid], [0o710, 0, account.gid])
    assert.notEqual(account.uid, 0)
    await owner.end('stop')
  })

  test('inside a folder that only root may enter works, by a right to pass and no other', {
    skip: rootOnly,
  }, async () => {
    const folder = join(freshFolder(), 'inside')
    const owner = await startOwner(folder)
    // CAP_DAC_READ_SEARCH (linux/capability.h), or CAP_DAC_OVERRIDE where only that is held.
    assert.match(statusOf(owner.server, 'CapEff') ?? '', /^0*[42]$/)
    await owner.end('SIGKILL')
    await ended(owner.server)
  })

  test('is served by programs that only root may reach, as those of a clone in /root', { skip: rootOnly }, async () => {
    const clone = freshFolder()
    const installation = embeddedInstallation()
    cpSync(join(installation.binaries, '..'), join(clone, 'native'), { recursive: true, verbatimSymlinks: true })
    const server = await supervise({
      installation: { ...installation, binaries: join(clone, 'native', 'bin') },
      dataFolder: freshFolder(),
      log: keepingLog().log,
      syncNewFiles: false,
    })
    try {
      assert.deepEqual(await query(server.url, 'select 1 as one'), [{ one: 1 }])
      assert.match(statusOf(server.pid() ?? 0, 'CapEff') ?? '', /^0*[42]$/)
    } finally {
      await server.stop()
    }
  })

  test('that the database’s user cannot reach, where no right to pass can be given, says so', {
    skip: rootOnly,
  }, async () => {
    const bare = ['setpriv', '--bounding-set=-dac_read_search,-dac_override', '--']
    await assert.rejects(startOwner(join(freshFolder(), 'inside'), bare), { code: 'UNREACHABLE' })
  })

  test('works for root where the system has no user postgres', { skip: rootOnly }, async (t) => {
    const passwd = join(freshFolder(), 'passwd')
    writeFileSync(passwd, 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n')
    const hidden = ['unshare', '--mount', 'sh', '-c', `mount --bind '${passwd}' /etc/passwd && exec "$@"`, 'sh']
    const owner = await startOwner(freshFolder(), hidden).catch((error: Error) => {
      if (!/unshare|mount/.test(error.message)) throw error
      return null
    })
    if (owner === null) return t.skip('no mount namespaces here: NOT TESTED')
    assert.match(statusOf(owner.server, 'Uid') ?? '', /^65432\b/)
    assert.deepEqual(await query(owner.url, 'select 1 as one'), [{ one: 1 }])
    await owner.end('SIGKILL')
    await ended(owner.server)
  })
})
