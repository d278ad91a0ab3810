import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Account } from '../../tools/demo/accounts.ts'
import { root } from '../../tools/suite.ts'
import type { TestServer } from '../harness.ts'
import { signIn, startTestServer, withAccounts } from '../harness.ts'
import { runCli, runToEnd } from '../run-to-end.ts'

const cli = join(root, 'packages/cli/src/main.ts')
/** bcrypt of `pässword`, by libxcrypt. */
const hash = '$2b$05$abcdefghijklmnopqrstuucZGbUxuMlEqps0qcu2pjhO7vaatQZIC'
const person = (email: string) => ({ email, name: 'Somebody', roles: ['member'], hash })

let server: TestServer
let administrator: Account
before(async () => {
  server = await startTestServer()
  administrator = (await withAccounts(server))[0] as Account
})
after(async () => await server.remove())

const fileOf = (...users: object[]) => {
  const file = join(server.folder, 'people.jsonl')
  writeFileSync(file, users.map((user) => `${JSON.stringify(user)}\n`).join(''))
  return file
}
const signInAs = (email: string) => signIn(server.call, { ...administrator, email, password: 'pässword' })

test('beside a server that runs, people are imported and sign in at once; the ledger holds', async () => {
  const file = fileOf(person('a@import.example'), person('b@import.example'))
  assert.deepEqual(await runCli(['users', 'import', file], server.environment), { code: 0, body: { imported: 2 } })
  const cookie = await signInAs('a@import.example')
  const me = await server.call('GET', '/v1/me', { cookie })
  assert.partialDeepStrictEqual(me.body, { user: { email: 'a@import.example', state: 'active' }, permissions: [] })
  assert.equal((await runCli(['ledger', 'check'], server.environment)).body.ok, true)
})

test('a file with a mistake is refused with its lines, in words and an exit code, and imports nobody', async () => {
  const file = fileOf(
    person('c@import.example'),
    { ...person('d@import.example'), hash: 'plain' },
    person('A@import.example'),
  )
  const { code, out, err } = await runToEnd(cli, ['users', 'import', file], server.environment)
  assert.deepEqual([code, out], [2, ''])
  assert.match(err, /^Line 2: hash is none of these: bcrypt .+\.\nNobody was imported\.\n$/)
  await assert.rejects(signInAs('c@import.example'), /IDENTITY_CREDENTIALS_WRONG/)
})
