import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { RecoveriesUnderWay } from '@custodia/wire/http/recovery.ts'
import { administratorCommands } from './administrator-commands.ts'
import { failureOf } from './command-output.ts'
import { mailsOf } from './identity/recovery/testing.ts'
import type { IdentityHouse, IdentityProcess } from './identity/testing.ts'
import { join, openIdentityHouse, setUp } from './identity/testing.ts'
import type { Browser } from './sessions/testing.ts'

let house: IdentityHouse
let server: IdentityProcess
let shell: IdentityProcess
let administrator: Browser
before(async () => {
  house = await openIdentityHouse()
  server = await house.process()
  shell = await house.process()
  administrator = await setUp(server)
})
after(async () => await house.close())

const run = async (...line: readonly string[]) => {
  const command = administratorCommands[line.slice(0, 2).join(' ')]
  assert.ok(command)
  return await command(shell.identity.administration, line.slice(2), {})
}
const declined = async (...line: readonly string[]) =>
  await run(...line).then(
    () => assert.fail(`${line.join(' ')} was done`),
    (error: Error) => failureOf(error).code,
  )
const underWay = async () => ((await run('recoveries', 'list')).value as RecoveriesUnderWay).items

test('a recovery by administrators is listed with names, and stopped by the shell: the person is told, and nobody agrees to it any more', async () => {
  assert.equal((await run('recoveries', 'list')).text, 'None is under way.')
  const second = await join(server, administrator, { roles: ['administrator'] })
  const { user, email } = await join(server, administrator)
  const path = `/v1/users/${user.id}/recovery`
  assert.equal((await administrator.call('POST', path)).status, 201)
  assert.deepEqual(
    (await underWay()).map(({ userId, approvedBy }) => [userId, approvedBy]),
    [[user.id, null]],
  )
  assert.match((await run('recoveries', 'list')).text, /^FOR +ASKED BY +AGREED +READY\nMira Okafor +Ada Brandt +- +-$/)

  await run('recoveries', 'stop', email)
  assert.deepEqual(await underWay(), [])
  assert.equal((await second.browser.call('POST', `${path}/approve`)).body.code, 'IDENTITY_RECOVERY_UNKNOWN')
  assert.ok((await mailsOf(server, user)).some(({ kind }) => kind === 'delegated-recovery-cancelled'))
  const ended = house.house.events.findLast(({ type }) => type === 'identity.delegated-recovery.ended')
  assert.deepEqual([ended?.actor, ended?.data.outcome], [{ kind: 'system' }, 'withdrawn'])
})

test('what is not under way, and whoever is nobody, can’t be stopped', async () => {
  const { email } = await join(server, administrator)
  assert.equal(await declined('recoveries', 'stop', email), 'IDENTITY_RECOVERY_UNKNOWN')
  assert.equal(await declined('recoveries', 'stop', 'nobody@example.org'), 'IDENTITY_USER_UNKNOWN')
  assert.equal(await declined('recoveries', 'stop', ''), 'IDENTITY_USER_UNKNOWN')
})
