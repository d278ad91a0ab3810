import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { LimitEntry, LimitPolicy } from '@custodia/wire/http/limits.ts'
import { sql } from 'kysely'
import type { CommandOptions } from './command-line.ts'
import { failureOf } from './command-output.ts'
import { join } from './identity/testing.ts'
import { limitCommands } from './limit-commands.ts'
import type { LimitsHouse, LimitsProcess } from './limits/testing.ts'
import { administratorOf, at, openLimitsHouse, statuses } from './limits/testing.ts'
import { eventually } from './platform/cache/testing.ts'
import type { Browser } from './sessions/testing.ts'

let house: LimitsHouse
/** The server, and the process of the shell beside it. */
let server: LimitsProcess
let shell: LimitsProcess
let administrator: Browser
before(async () => {
  house = await openLimitsHouse()
  server = await house.process('postgres')
  shell = await house.process('postgres')
  administrator = await administratorOf(server)
})
after(async () => await house?.close())

async function run<Value = Record<string, unknown>>(line: readonly string[], options: CommandOptions = {}) {
  const command = limitCommands[line.slice(0, 2).join(' ')]
  assert.ok(command, line.join(' '))
  const on = { limits: shell.limits.administration, administration: shell.identity.administration }
  const { value, text } = await command(on, line.slice(2), options)
  return { ...(JSON.parse(JSON.stringify(value)) as Value), said: text }
}
const declined = async (line: readonly string[], options: CommandOptions = {}) =>
  await run(line, options).then(
    () => assert.fail(`${line.join(' ')} was done`),
    (error: Error) => failureOf(error).code ?? error.message,
  )
const theme = (address: string) => at(server.server.browser(), address).call('GET', '/v1/theme')
const reason = 'It guesses.'
const figures = { by: 'address', burst: '6', seconds: '60', path: '/v1/theme' }
const organisation = async () => {
  const [{ id } = { id: '' }] = await shell.identity.administration.organisations(1)
  return id
}

test('a policy is tried, enforced and removed, and the server counts by it at once', async () => {
  const { policy } = await run<{ policy: LimitPolicy }>(['limits', 'set', 'looks'], { ...figures, 'dry-run': true })
  assert.partialDeepStrictEqual(policy, { name: 'looks', scope: 'installation', burst: 6, dryRun: true })
  await eventually(async () => {
    const { items } = (await administrator.call('GET', '/v1/limits/policies')).body as { items: LimitPolicy[] }
    return items.some(({ name }) => name === 'looks')
  })
  assert.ok((await statuses(9, () => theme('203.0.113.31'))).every((status) => status === 200))
  await eventually(async () => /looks.*203\.0\.113\.31.*tried/.test((await run(['limits', 'limited'])).said))

  assert.equal((await run<{ policy: LimitPolicy }>(['limits', 'enforce', 'looks'])).policy.path, '/v1/theme')
  await eventually(async () => (await theme('203.0.113.31')).status === 429)
  assert.match((await run(['limits', 'list'])).said, /looks +installation +address +6 +60 +enforced +\/v1\/theme/)
  await run(['limits', 'try', 'looks'])
  const asked = await run<{ policy: LimitPolicy }>(['limits', 'set', 'looks'], { ...figures, challenge: true })
  assert.equal(asked.policy.exceeded, 'challenge')
  assert.equal((await run<{ policy: LimitPolicy }>(['limits', 'try', 'looks'])).policy.exceeded, 'challenge')
  await run(['limits', 'remove', 'looks'])
  await eventually(async () => (await theme('203.0.113.31')).status === 200)
  const set = house.house.events.findLast(({ type }) => type === 'limits.policy.removed')
  assert.partialDeepStrictEqual(set, { actor: { kind: 'system' }, organisationId: null, data: { policy: 'looks' } })
})

test('a policy is tried with the figures that it has, though this process has not heard of them yet', async () => {
  await run(['limits', 'set', 'moved'], figures)
  await sql`update limits.policy set burst = 7 where name = 'moved'`.execute(shell.context.database.queries)
  assert.equal((await run<{ policy: LimitPolicy }>(['limits', 'try', 'moved'])).policy.burst, 7)
  const { policy } = await run<{ policy: LimitPolicy }>(['limits', 'enforce', 'moved'])
  assert.partialDeepStrictEqual(policy, { burst: 7, dryRun: false, path: '/v1/theme' })
  await run(['limits', 'remove', 'moved'])
  assert.equal(await declined(['limits', 'enforce', 'moved']), 'LIMITS_POLICY_UNKNOWN')
})

test('who is denied is shut out until the entry ends, and the ledger says that the system did it', async () => {
  const { entry, said } = await run<{ entry: LimitEntry }>(['limits', 'deny', '203.0.113.0/24'], { reason })
  assert.match(said, /^203\.0\.113\.0\/24 is not let in until \S+ \S+ UTC: lim_/)
  assert.equal(entry.createdBy, null)
  await eventually(async () => (await theme('203.0.113.32')).code === 'LIMITS_DENIED')
  assert.match((await run(['limits', 'entries'])).said, new RegExp(`${entry.id} +deny +203\\.0\\.113\\.0/24`))
  await run(['limits', 'end', entry.id])
  await eventually(async () => (await theme('203.0.113.32')).status === 200)
  const added = house.house.events.findLast(({ type }) => type === 'limits.entry.added')
  assert.partialDeepStrictEqual(added, { actor: { kind: 'system' }, personal: { reason } })
})

test('people are named by their address, and with --organisation it is about its callers alone', async () => {
  const { email, user } = await join(server, administrator)
  const one = await run<{ entry: LimitEntry }>(['limits', 'allow', email], { reason, seconds: '60' })
  assert.deepEqual([one.entry.account, one.entry.scope], [user.id, 'installation'])
  const own = { organisation: await organisation() }
  const other = await run<{ entry: LimitEntry }>(['limits', 'deny', email], { ...own, reason })
  assert.deepEqual([other.entry.account, other.entry.scope], [user.id, 'organisation'])
  assert.equal(await declined(['limits', 'end', other.entry.id]), 'LIMITS_ENTRY_UNKNOWN')
  await run(['limits', 'end', other.entry.id], own)
  await run(['limits', 'set', 'mine'], { ...own, by: 'account', burst: '9', seconds: '60' })
  assert.doesNotMatch((await run(['limits', 'list'])).said, /mine/)
  assert.match((await run(['limits', 'list'], own)).said, /mine +organisation +account/)
})

test('an application is no network, though its name be of nothing but hexadecimal digits', async () => {
  for (const name of ['feed', 'cafe']) {
    const { entry } = await run<{ entry: LimitEntry }>(['limits', 'deny', name], { reason })
    assert.deepEqual([entry.account, entry.network], [name, null])
    await run(['limits', 'end', entry.id])
  }
})

test('what makes no sense, what would shut everybody out, and whoever is not there are declined in words', async () => {
  assert.equal(await declined(['limits', 'set', 'strict'], { ...figures, burst: '1' }), 'LIMITS_LOCKS_YOU_OUT')
  for (const wrong of [{ by: 'nobody' }, { burst: '0' }, { seconds: 'x' }, { classes: 'all' }, { path: 'v1' }])
    assert.equal(await declined(['limits', 'set', 'odd'], { ...figures, ...wrong }), 'REQUEST_INVALID')
  assert.equal(await declined(['limits', 'set', 'odd']), 'REQUEST_INVALID')
  assert.match(await declined(['limits', 'deny', '203.0.113.0/24']), /Why\?/)
  assert.equal(await declined(['limits', 'deny', '0.0.0.0/0'], { reason }), 'LIMITS_NETWORK_INVALID')
  assert.equal(await declined(['limits', 'deny', '203.0.113.1'], { reason, seconds: '1' }), 'REQUEST_INVALID')
  assert.equal(await declined(['limits', 'deny', 'no@where.example'], { reason }), 'IDENTITY_USER_UNKNOWN')
  for (const verb of ['try', 'enforce', 'remove'])
    assert.equal(await declined(['limits', verb, 'read']), 'LIMITS_POLICY_UNKNOWN', verb)
  assert.match(await declined(['limits', 'list'], { organisation: `org_${'a'.repeat(26)}` }), /no organisation/)
})
