import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { TestRedis } from '../../server/platform/cache/testing.ts'
import { startTestRedis, withoutRedis } from '../../server/platform/cache/testing.ts'
import type { TestDatabase } from '../../server/platform/database/testing.ts'
import { openTestDatabase, testServers } from '../../server/platform/database/testing.ts'
import type { Account } from '../../tools/demo/accounts.ts'
import type { TestServer } from '../harness.ts'
import { newFolder, signIn, startTestServer, withAccounts } from '../harness.ts'
import { runCli } from '../run-to-end.ts'

const withoutPostgres = testServers.find(({ name }) => name === 'debian15')?.missing ?? false
const rounds = 25

let addresses = 0
/** From a network of its own each time: thirty sign-ins a minute are all that one network has. */
const signInSomewhere = (server: TestServer, account: Account) =>
  signIn(server.call, account, { 'x-forwarded-for': `10.1.0.${++addresses}` })

for (const [bus, missing] of [
  ['PostgreSQL', withoutPostgres],
  ['Redis', withoutPostgres || withoutRedis],
] as const)
  describe(`two processes on one PostgreSQL 15 that hear each other through ${bus}`, { skip: missing }, () => {
    let storage: TestDatabase
    let redis: TestRedis | null = null
    let first: TestServer
    let second: TestServer
    let accounts: readonly Account[]
    let rootKey: string

    const start = (key: string, redisUrl: string | undefined) =>
      startTestServer({
        folder: newFolder(),
        environment: {
          CUSTODIA_DATABASE_URL: storage.ownerUrl,
          CUSTODIA_KEYRING_ROOT_KEY_FILE: key,
          CUSTODIA_TRUSTED_PROXIES: '127.0.0.1',
          ...(redisUrl === undefined ? {} : { CUSTODIA_REDIS_URL: redisUrl }),
        },
      })

    before(async () => {
      storage = await openTestDatabase([], { server: 'debian15' })
      if (bus === 'Redis') redis = await startTestRedis()
      rootKey = join(newFolder(), 'root.key')
      // Both at once, on a database where nothing is yet.
      ;[first, second] = await Promise.all([start(rootKey, redis?.url), start(rootKey, redis?.url)])
      accounts = await withAccounts(first)
    })
    after(async () => {
      await Promise.all([first?.remove(), second?.remove()])
      await redis?.kill()
      await storage?.close()
      rmSync(join(rootKey, '..'), { recursive: true, force: true })
    })

    const meOn = async (server: TestServer, cookie: string) => (await server.call('GET', '/v1/me', { cookie })).status
    const administrator = () => accounts[0] as Account
    const member = () => accounts[1] as Account

    test('each migration ran once, though both began at the same moment', async () => {
      const rows = await storage.asOwner(
        'select module, name, count(*)::int as times from platform.migration group by 1, 2',
      )
      assert.ok(rows.length >= 6)
      assert.deepEqual([...new Set(rows.map(({ times }) => times))], [1])
    })

    test('a session of the one is good on the other', async () => {
      assert.equal(await meOn(second, await signInSomewhere(first, member())), 200)
    })

    test('a session ended through one is refused by the other on the very next request', async () => {
      for (let round = 0; round < rounds; round++) {
        const [ending, asking] = round % 2 === 0 ? [first, second] : [second, first]
        const cookie = await signInSomewhere(asking, member())
        // Twice: the second answer comes from what that process remembers.
        assert.deepEqual([await meOn(asking, cookie), await meOn(asking, cookie)], [200, 200])
        assert.equal((await ending.call('POST', '/v1/sign-out', { cookie })).status, 204)
        assert.equal(await meOn(asking, cookie), 401, `round ${round}`)
      }
    })

    test('all other sessions of a person, ended through one, are refused by the other at once', async () => {
      const kept = await signInSomewhere(first, member())
      const others = await Promise.all([signInSomewhere(second, member()), signInSomewhere(second, member())])
      for (const cookie of others) assert.equal(await meOn(second, cookie), 200)
      const { body } = await first.call('POST', '/v1/sessions/end-others', { cookie: kept })
      assert.ok(Number(body.ended) >= 2)
      for (const cookie of others) assert.equal(await meOn(second, cookie), 401)
      assert.equal(await meOn(second, kept), 200)
    })

    test('a role that one process took away is missing on the other on the very next request', async () => {
      const cookie = await signInSomewhere(first, administrator())
      const auditor = accounts[2] as Account
      const theirs = await signInSomewhere(second, auditor)
      const { body } = await first.call('GET', `/v1/users?search=${encodeURIComponent(auditor.email)}`, { cookie })
      const { id } = (body.items as { id: string }[])[0] as { id: string }
      for (let round = 0; round < rounds; round++) {
        const roles = round % 2 === 0 ? ['member'] : ['auditor']
        const [changing, asking] = round % 4 < 2 ? [first, second] : [second, first]
        // What the other remembers must be the old roles.
        assert.equal(
          (await asking.call('GET', '/v1/ledger/entries?limit=1', { cookie: theirs })).status,
          round % 2 === 0 ? 200 : 403,
        )
        assert.equal((await changing.call('PATCH', `/v1/users/${id}`, { cookie, body: { roles } })).status, 200)
        const seen = await asking.call('GET', '/v1/ledger/entries?limit=1', { cookie: theirs })
        assert.equal(seen.status, round % 2 === 0 ? 403 : 200, `round ${round}: ${roles}`)
      }
    })

    test('a person disabled through one is refused by the other, and their session with them', async () => {
      const cookie = await signInSomewhere(first, administrator())
      const { body } = await first.call('GET', `/v1/users?search=${encodeURIComponent(member().email)}`, { cookie })
      const { id } = (body.items as { id: string }[])[0] as { id: string }
      const theirs = await signInSomewhere(second, member())
      assert.equal(await meOn(second, theirs), 200)
      await first.call('PATCH', `/v1/users/${id}`, { cookie, body: { state: 'disabled' } })
      assert.equal(await meOn(second, theirs), 401)
      await assert.rejects(signInSomewhere(second, member()), /IDENTITY_CREDENTIALS_WRONG/)
      await second.call('PATCH', `/v1/users/${id}`, { cookie, body: { state: 'active' } })
      assert.equal(await meOn(first, await signInSomewhere(first, member())), 200)
    })

    test('what both recorded at once is one ledger, and it verifies through either', async () => {
      const cookie = await signInSomewhere(first, administrator())
      const invite = (server: TestServer, name: string) =>
        server.call('POST', '/v1/invitations', {
          cookie,
          body: { email: `${name}@northwind.example`, name, roles: ['member'] },
        })
      const made = await Promise.all(
        Array.from({ length: 40 }, (_, i) => invite(i % 2 === 0 ? first : second, `colleague-${i}`)),
      )
      assert.deepEqual([...new Set(made.map(({ status }) => status))], [201])
      const token = join(first.folder, 'verifier.key')
      writeFileSync(token, String(first.command('applications', 'key', 'watchdog', 'verifier').key), { mode: 0o600 })
      const remembered = join(first.folder, 'seen')
      for (const { publicUrl } of [first, second, first]) {
        const { code, body } = await runCli(
          ['ledger', 'verify', publicUrl, '--token-file', token, '--remember', remembered],
          process.env,
        )
        assert.deepEqual([code, body.findings], [0, []])
        assert.ok((body.checkpoint as { size: number }).size > 100)
      }
    })

    test('one of them ends, and the other goes on', async () => {
      await second.stop()
      const cookie = await signInSomewhere(first, member())
      assert.equal(await meOn(first, cookie), 200)
      assert.equal((await first.call('GET', '/readyz')).status, 200)
    })
  })
