import assert from 'node:assert/strict'
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { TestDatabase } from '../platform/database/testing.ts'
import { openTestDatabase } from '../platform/database/testing.ts'
import { initRootKey } from './init-root-key.ts'
import { keyring as manifest } from './module.ts'
import { openLocalFile } from './providers/local-file.ts'
import type { TestMachine } from './testing.ts'
import { plainConfig, testMachine } from './testing.ts'

const passphrase = 'correct horse battery staple'
const place = {
  organisationId: 'org_a',
  applicationId: 'custodia',
  subjectId: null,
  collection: 'keyring.key',
  record: 'k',
  field: 'tenant',
  schemaVersion: 1,
}
let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'custodia-root-key-'))
})
after(() => rm(folder, { recursive: true, force: true }))

let made = 0
async function make(config: { rootKeyPassphrase?: string } = {}) {
  const dataFolder = join(folder, `${made++}`)
  const root = await initRootKey({ dataFolder, config: { ...plainConfig, ...config } })
  return { dataFolder, ...root }
}
const open = (file: string, secret: string | null = null) => openLocalFile({ file, passphrase: secret })

test('a new root key wraps, and unwraps after it is read again', async () => {
  const { file, keyId } = await make()
  const wrapped = await (await open(file)).wrap(Buffer.alloc(32, 5), place)
  const again = await open(file)
  assert.deepEqual(await again.unwrap(wrapped, place), Buffer.alloc(32, 5))
  assert.equal(again.describe().keyId, keyId)
  await assert.rejects(again.unwrap(wrapped, { ...place, record: 'other' }))
  await assert.rejects((await open((await make()).file)).unwrap(wrapped, place))
})

test('its file is for its owner alone, and nothing else stays in the folder', async () => {
  const { file, dataFolder } = await make()
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  assert.deepEqual(await readdir(dataFolder), ['root.key'])
})

test('an existing root key is never replaced, even by many who try at once', async () => {
  const dataFolder = join(folder, 'once')
  const init = () => initRootKey({ dataFolder, config: plainConfig })
  const results = await Promise.allSettled([init(), init(), init(), init()])
  assert.equal(results.filter((one) => one.status === 'fulfilled').length, 1)
  const before = await readFile(join(dataFolder, 'root.key'), 'utf8')
  await assert.rejects(init(), /never replaced/)
  assert.equal(await readFile(join(dataFolder, 'root.key'), 'utf8'), before)
  assert.deepEqual(await readdir(dataFolder), ['root.key'])
})

test('no file is a refusal that names the command', async () => {
  await assert.rejects(open(join(folder, 'absent')), /custodia keyring init/)
})

test('a file that others may read or write is refused, with the chmod that mends it, also behind a link', async () => {
  const { file } = await make()
  await symlink(file, `${file}.link`)
  for (const mode of [0o640, 0o604, 0o620, 0o602, 0o610, 0o777]) {
    await chmod(file, mode)
    await assert.rejects(open(file), new RegExp(`chmod 600 ${file}`))
    await assert.rejects(open(`${file}.link`), /chmod 600/)
  }
  await chmod(file, 0o400)
  await open(file)
})

test('a file of another user is refused', async (t) => {
  const { file } = await make()
  t.mock.method(process as { geteuid: () => number }, 'geteuid', () => 12_345)
  await assert.rejects(open(file), /belongs to another user/)
})

test('a sealed root key opens with its passphrase, whoever may read the file', async () => {
  const { file, sealed } = await make({ rootKeyPassphrase: passphrase })
  assert.equal(sealed, true)
  await chmod(file, 0o644)
  const wrapped = await (await open(file, passphrase)).wrap(Buffer.alloc(32, 5), place)
  assert.deepEqual(await (await open(file, passphrase)).unwrap(wrapped, place), Buffer.alloc(32, 5))
})

test('a wrong passphrase, none, a needless one, and a short one are refused, and none is repeated', async () => {
  const { file } = await make({ rootKeyPassphrase: passphrase })
  const plain = await make()
  const refusals: [() => Promise<unknown>, RegExp][] = [
    [() => open(file, 'correct horse battery stable'), /does not open with this passphrase.*custodia keyring init/s],
    [() => open(file), /is sealed.*PASSPHRASE/],
    [() => open(plain.file, passphrase), /not sealed, although/],
    [() => make({ rootKeyPassphrase: 'too short 1' }), /12 characters/],
  ]
  for (const [refusal, words] of refusals)
    await assert.rejects(refusal(), (error: Error) => {
      assert.match(error.message, words)
      return !error.message.includes('horse') && !error.message.includes('short 1')
    })
})

test('a root key that was sealed before the first release is told apart from a wrong passphrase', async () => {
  const { file } = await make({ rootKeyPassphrase: passphrase })
  const now = JSON.parse(await readFile(file, 'utf8'))
  const former = Buffer.from(now.key, 'base64url').fill(1, 0, 2)
  await writeFile(file, JSON.stringify({ ...now, key: former.toString('base64url') }))
  await assert.rejects(open(file, passphrase), /envelope version 1\), which is not read any more.*keyring init/s)
})

test('a file that is no root key is refused without a word of what is in it', async () => {
  const { file } = await make()
  const good = JSON.parse(await readFile(file, 'utf8'))
  const kdf = { name: 'argon2id', memoryKiB: 65_536, passes: 3, lanes: 4, salt: 'A'.repeat(22) }
  const bad = [
    '',
    '{"custodia":"root key","key":"hunter2',
    'null',
    '[]',
    JSON.stringify({ ...good, version: 2 }),
    JSON.stringify({ ...good, id: 'x' }),
    JSON.stringify({ ...good, key: `${good.key}AA` }),
    JSON.stringify({ ...good, key: 'hunter2' }),
    JSON.stringify({ ...good, extra: 1 }),
    JSON.stringify({ ...good, kdf: { ...kdf, memoryKiB: 2 ** 31 } }),
    JSON.stringify({ ...good, kdf: { ...kdf, memoryKiB: 8 } }),
    JSON.stringify({ ...good, kdf: { ...kdf, passes: 1_000_000 } }),
    JSON.stringify({ ...good, kdf: { ...kdf, name: 'none' } }),
    `${JSON.stringify(good)}${' '.repeat(5_000)}`,
  ]
  for (const text of bad) {
    await writeFile(file, text)
    await assert.rejects(open(file), (error: Error) => {
      assert.match(error.message, /custodia keyring init/, text)
      return !error.message.includes('hunter2') && !error.message.includes(good.key)
    })
  }
})

describe('against a database', () => {
  let db: TestDatabase
  let machine: TestMachine
  before(async () => {
    db = await openTestDatabase([{ module: 'keyring', folder: manifest.migrations as URL }])
    machine = await testMachine()
    await machine.start(db.database)
  })
  after(async () => {
    await machine.close()
    await db.close()
  })

  test('the keyring refuses to start with a root key that this database was not made with', async () => {
    const { dataFolder, keyId } = await make()
    await assert.rejects(machine.start(db.database, { dataFolder }), (error: Error) => {
      assert.match(error.message, /was made with the root key/)
      assert.match(error.message, /custodia keyring init/)
      return error.message.includes(keyId)
    })
  })

  test('it refuses to start with another key under the same name', async () => {
    const right = JSON.parse(await readFile(join(machine.folder, 'root.key'), 'utf8'))
    const { dataFolder, file } = await make()
    const wrong = { ...JSON.parse(await readFile(file, 'utf8')), id: right.id }
    await writeFile(file, JSON.stringify(wrong))
    await assert.rejects(machine.start(db.database, { dataFolder }), /does not open this database.*keyring init/s)
  })

  test('it refuses to start with keys that were sealed before the first release, and says so', async () => {
    const rows = await db.asOwner("select id, wrapped from keyring.key where purpose = 'tenant'")
    const [{ id, wrapped } = {}] = rows as { id: string; wrapped: Buffer }[]
    assert.ok(id && wrapped)
    const write = (bytes: Buffer) =>
      db.asOwner(`update keyring.key set wrapped = '\\x${bytes.toString('hex')}' where id = '${id}'`)
    await write(Buffer.from(wrapped).fill(1, 0, 2))
    await assert.rejects(machine.start(db.database), /envelope version 1.*new database and a new data folder/s)
    await write(Buffer.from(wrapped).fill(3, 0, 2))
    await assert.rejects(machine.start(db.database), /does not open this database/)
    await write(wrapped)
    await machine.start(db.database)
  })

  test('it refuses to start without one', async () => {
    await assert.rejects(machine.start(db.database, { dataFolder: join(folder, 'nothing') }), /custodia keyring init/)
  })

  test('nothing of the root key is logged', async () => {
    const { key } = JSON.parse(await readFile(join(machine.folder, 'root.key'), 'utf8'))
    assert.ok(machine.lines.length > 0)
    assert.ok(!JSON.stringify(machine.lines).includes(key))
  })
})
