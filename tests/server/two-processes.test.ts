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
/** From eight networks in turn: each has thirty sign-ins a minute, and an account has few from networks that it was never in. */
const signInSomewhere = (server: TestServer, account: Account) =>
  signIn(server.call, account, { 'x-forwarded-for': `10.1.${++addresses % 8}.1` })

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

    test('signed out everywhere through one, a person is refused by the other at once, with the session that asked too', async () => {
      const asking = await signInSomewhere(first, member())
      const others = await Promise.all([signInSomewhere(second, member()), signInSomewhere(first, member())])
      for (const cookie of [asking, ...others]) assert.equal(await meOn(second, cookie), 200)
      const { body } = await first.call('DELETE', '/v1/sessions', { cookie: asking })
      assert.ok(Number(body.ended) >= 3)
      for (const cookie of [asking, ...others])
        for (const server of [second, first]) assert.equal(await meOn(server, cookie), 401)
    })

    test('an administrator ends one session, then all of a person, and the other refuses them on the next request', async () => {
      const cookie = await signInSomewhere(first, administrator())
      const { body: found } = await first.call('GET', `/v1/users?search=${encodeURIComponent(member().email)}`, {
        cookie,
      })
      const { id } = (found.items as { id: string }[])[0] as { id: string }
      for (let round = 0; round < 6; round++) {
        const [ending, asking] = round % 2 === 0 ? [first, second] : [second, first]
        const theirs = await signInSomewhere(asking, member())
        const more = await signInSomewhere(ending, member())
        for (const one of [theirs, more]) assert.equal(await meOn(asking, one), 200)
        const { body } = await asking.call('GET', '/v1/sessions', { cookie: theirs })
        const { id: session } = (body.items as { id: string; current: boolean }[]).find((one) => one.current) ?? {}
        assert.equal((await ending.call('DELETE', `/v1/sessions/${session}`, { cookie })).status, 204)
        assert.equal(await meOn(asking, theirs), 401, `round ${round}`)
        assert.equal(await meOn(asking, more), 200)
        assert.equal((await ending.call('DELETE', `/v1/users/${id}/sessions`, { cookie })).status, 200)
        assert.equal(await meOn(asking, more), 401, `round ${round}`)
      }
    })

    test('a stolen cookie is stopped on its first request, by whichever process it reaches, and the owner’s with it', async () => {
      const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'
      const chrome =
        'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36'
      for (let round = 0; round < 4; round++) {
        const [owners, thiefs] = round % 2 === 0 ? [first, second] : [second, first]
        const from = { 'x-forwarded-for': '10.2.0.1', 'user-agent': firefox }
        const cookie = await signIn(owners.call, member(), from)
        const me = async (server: TestServer, headers: Record<string, string>) =>
          (await server.call('GET', '/v1/me', { cookie, headers })).body.code ?? 'served'
        for (const server of [owners, thiefs]) assert.equal(await me(server, from), 'served')
        const stolen = { 'x-forwarded-for': `10.3.0.${round + 1}`, 'user-agent': chrome }
        assert.equal(await me(round < 2 ? thiefs : owners, stolen), 'SESSIONS_HELD')
        for (const server of [owners, thiefs]) assert.equal(await me(server, from), 'SESSIONS_HELD', `round ${round}`)
        // The owner signs in again, with the held cookie still in the browser.
        const { email, password } = member()
        const again = await thiefs.call('POST', '/v1/sign-in', { body: { email, password }, headers: from, cookie })
        assert.equal(again.status, 200)
        const answer = await owners.call('GET', '/v1/me', { cookie: again.cookie as string, headers: from })
        assert.equal(answer.status, 200)
        assert.equal(await me(owners, stolen), 'AUTHENTICATION_REQUIRED')
      }
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

    test('while the bus is lost, what one ended or changed is refused by the other all the same', async () => {
      second = await start(rootKey, redis?.url)
      const cookie = await signInSomewhere(first, administrator())
      const loseBus = async () => {
        await redis?.kill()
        await storage.asOwner(`select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen %'`)
      }
      for (let round = 0; round < 5; round++) {
        const theirs = await signInSomewhere(second, member())
        assert.deepEqual([await meOn(second, theirs), await meOn(first, theirs)], [200, 200])
        await loseBus()
        assert.equal((await first.call('POST', '/v1/sign-out', { cookie: theirs })).status, 204)
        for (const server of [second, first]) assert.equal(await meOn(server, theirs), 401, `round ${round}`)
      }
      const auditor = accounts[2] as Account
      const theirs = await signInSomewhere(second, auditor)
      const ledger = async () => (await second.call('GET', '/v1/ledger/entries?limit=1', { cookie: theirs })).status
      const { body } = await first.call('GET', `/v1/users?search=${encodeURIComponent(auditor.email)}`, { cookie })
      const { id } = (body.items as { id: string }[])[0] as { id: string }
      for (const [roles, status] of [
        [['auditor'], 200],
        [['member'], 403],
      ] as const) {
        await loseBus()
        await first.call('PATCH', `/v1/users/${id}`, { cookie, body: { roles } })
        assert.equal(await ledger(), status, roles.join())
      }
    })
  })
