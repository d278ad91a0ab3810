import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyring as keyringModule } from '../keyring/module.ts'
import { testMachine } from '../keyring/testing.ts'
import { openTestDatabase } from '../platform/database/testing.ts'
import { lateRecorder } from '../platform/events/late-recorder.ts'
import { audit } from './module.ts'
import { testEvent } from './testing.ts'

test('with the keyring of the house: making its key is the first event, and shredding leaves a ledger that verifies', async (t) => {
  const folders = { keyring: keyringModule.migrations, audit: audit.migrations }
  const migrations = Object.entries(folders).map(([module, folder]) => ({ module, folder: folder as URL }))
  const opened = await openTestDatabase(migrations)
  const machine = await testMachine()
  t.after(async () => {
    await machine.close()
    await opened.close()
  })
  const { database } = opened
  const recorder = lateRecorder()
  const keyring = await machine.start(database, { recorder })
  const ledger = await audit.start(
    { ...machine.context(database, { recorder }), config: { origin: 'log.test' } },
    { keyring },
  )
  recorder.install(ledger)
  t.after(() => ledger.stop())

  await ledger.settle()
  await Promise.all(
    Array.from({ length: 12 }, (_, i) =>
      database.transaction((tx) =>
        ledger.record(tx, testEvent({ subjectId: `usr_${i % 3}`, personal: { name: `p${i}` } })),
      ),
    ),
  )
  const search = ledger.routes.find(({ path }) => path === '/v1/ledger/personal-entries')
  const reader = { kind: 'application', id: 'console', organisationId: 'org_a', roles: [], keyId: 'key_x' }
  const names = async (subject: string) => {
    const query = { subject, type: 'identity.' }
    const found = (await search?.handle({ principal: reader, query, params: {} } as never)) as {
      items: { personal: unknown }[]
    }
    return found.items.map(({ personal }) => personal)
  }
  assert.equal((await names('usr_1')).filter((one) => one !== null).length, 4)
  await database.transaction((tx) => keyring.shred(tx, 'org_a', 'usr_1'))
  assert.deepEqual(await names('usr_1'), [null, null, null, null])
  assert.equal((await names('usr_2')).filter((one) => one !== null).length, 4)
  await ledger.settle()
  assert.deepEqual((await ledger.verify()).findings, [])
  const types = await opened.asOwner('select distinct type from audit.entry order by 1')
  assert.ok(types.some(({ type }) => type === 'keyring.key.created'))
  assert.ok(types.some(({ type }) => type === 'keyring.subject.shredded'))
})
