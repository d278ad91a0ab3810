import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { policyAdministration } from './access/policies/administration.ts'
import { accessPolicyCommands } from './access-policy-commands.ts'
import type { CommandOptions } from './command-line.ts'
import type { IdentityHouse, IdentityProcess } from './identity/testing.ts'
import { openIdentityHouse, setUp } from './identity/testing.ts'
import { isRefusal } from './platform/errors.ts'

const folder = mkdtempSync(join(tmpdir(), 'custodia-policies-'))
let house: IdentityHouse
let server: IdentityProcess
let shell: IdentityProcess

before(async () => {
  house = await openIdentityHouse()
  server = await house.process()
  shell = await house.process()
  await setUp(server)
})
after(async () => {
  rmSync(folder, { recursive: true })
  await house.close()
})

async function run(line: readonly string[], options: CommandOptions = {}) {
  const command = accessPolicyCommands[line.slice(0, 2).join(' ')]
  assert.ok(command)
  const policies = (organisationId: string) => policyAdministration(shell.access.policies.parts, organisationId)
  const on = { administration: shell.identity.administration, policies }
  return await command(on, line.slice(2), options)
}
const save = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const locking = '@id("lock") forbid(principal, action, resource);\n'
const milder = '@id("risky") forbid(principal, action, resource) when { context.risk > 900 };\n'

test('a file that is not there, no file, too large or no policy is refused in words', async () => {
  await assert.rejects(run(['policies', 'test']), /Which file/)
  await assert.rejects(run(['policies', 'test', join(folder, 'nowhere.cedar')]), /nowhere\.cedar/)
  await assert.rejects(run(['policies', 'test', folder]), /not a file|directory/i)
  await assert.rejects(run(['policies', 'test', save('large.cedar', 'x'.repeat(262_145))]), /larger than 262144/)
  await assert.rejects(run(['policies', 'test', save('broken.cedar', '@id("a") permit(')]), (error) =>
    isRefusal(error, 'ACCESS_POLICY_UNREADABLE'),
  )
  for (const word of ['0', '-1', '1e3', 'x', '__proto__']) {
    await assert.rejects(run(['policies', 'show', word]), /no version/)
    await assert.rejects(run(['policies', 'roll-back', word]), /no version/)
  }
  for (const days of ['0', '401', 'x']) await assert.rejects(run(['policies', 'shadow', '1'], { days }), /--days/)
})

test('errors and tests that fail are named with their lines, and the command says that something is wrong', async () => {
  const wrong = await run([
    'policies',
    'test',
    save('wrong.cedar', '\n@id("a") permit(principal, action == Custodia::Action::"x", resource);'),
  ])
  assert.equal(wrong.failed, true)
  assert.match(wrong.text, /^error, line 2: /)
  const failing = `${milder}// test: mild
// { "principal": { "type": "Custodia::User", "id": "bo" }, "action": "ledger:read",
//   "resource": { "type": "Custodia::Resource", "id": "org" }, "expect": "allow" }\n`
  const red = await run(['policies', 'test', save('red.cedar', failing.replace('ledger:read', 'sessions:read'))])
  assert.equal(red.failed, true)
  assert.match(red.text, /^test failed, line 2: mild: it is denied$/m)
})

test('an organisation that locked itself out is let in again by one command', async () => {
  const draft = async (name: string, text: string) =>
    ((await run(['policies', 'draft', save(name, text), 'A trial'])).value as { number: number }).number
  const [first, second] = [await draft('milder.cedar', milder), await draft('lock.cedar', locking)]
  for (const number of [first, second]) {
    const { text } = await run(['policies', 'shadow', String(number)])
    assert.match(text, /^Of \d+ logged decisions \d+ were decided again/)
    assert.equal((await run(['policies', 'activate', String(number)])).text, `Version ${number} is live.`)
  }
  const { organisations } = shell.identity.administration
  const [organisation] = await organisations(1)
  assert.ok(organisation)
  assert.equal((await server.access.policies.live(organisation.id)).version, second)
  assert.equal((await run(['policies', 'roll-back'])).text, `Version ${first} is live again.`)
  assert.equal((await server.access.policies.live(organisation.id)).version, first)
  assert.equal((await run(['policies', 'roll-back', 'none'])).text, 'No policies are live.')
  const listed = await run(['policies', 'list'])
  assert.match(listed.text, /^VERSION +STATE .*\n2 +retired .*A trial\n1 +retired /)
  assert.ok((await run(['policies', 'show', '2'])).text.endsWith(locking))
  const told = house.house.events.filter(({ type }) => type === 'access.policies.rolled-back')
  assert.deepEqual(
    told.map(({ actor }) => actor),
    [{ kind: 'system' }, { kind: 'system' }],
  )
})
