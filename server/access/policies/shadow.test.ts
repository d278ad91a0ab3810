import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TestDatabase } from '../../platform/database/testing.ts'
import { newId } from '../../platform/random.ts'
import type { LoggedDecision, Recorded } from '../decisions/api.ts'
import { draft } from './draft.ts'
import { shadowVersion } from './shadow-version.ts'
import { showWhole } from './show.ts'
import { testVersion } from './test-version.ts'
import { file } from './testing.ts'
import { start as open, openPolicyDatabase, reason, user } from './testing-house.ts'

let opened: TestDatabase
before(async () => {
  opened = await openPolicyDatabase()
})
after(() => opened.close())

const start = (world: Parameters<typeof open>[1] = {}) => open(opened, world)

const recorded = (more: Partial<Recorded> = {}): Recorded => ({
  context: {
    time: { __extn: { fn: 'datetime', arg: '2026-01-05' } },
    network: { __extn: { fn: 'ip', arg: '10.0.0.1' } },
    assurance: 1,
    factors: [],
    risk: 900,
    api: false,
  },
  principal: { attributes: { organisation: 'org', kind: 'user' }, roles: ['reader'], groups: [] },
  resource: { attributes: { organisation: 'org', dataClass: 'secret' }, complete: true },
  relations: {},
  ...more,
})
const logged = (id: number, more: Partial<LoggedDecision> = {}): LoggedDecision => ({
  id: String(id),
  at: new Date(0),
  principal: { kind: 'user', id: 'bo' },
  action: 'inbox:mail:read',
  resource: { type: 'inbox:mailbox', id: '7' },
  decision: 'allow',
  recorded: recorded(),
  ...more,
})

test('shadowing tells which logged decisions would be others, by permission and policies, and what it can not tell', async () => {
  const shares = `${file}
@id("shared") permit(principal, action == Custodia::Action::"inbox:mail:delete", resource is Inbox::Mailbox)
  when { principal in resource.reader };
// test: shared by nobody
// { "principal": { "type": "Custodia::User", "id": "bo" }, "action": "inbox:mail:delete",
//   "resource": { "type": "Inbox::Mailbox", "id": "7" }, "context": { "network": "203.0.113.1" }, "expect": "deny", "by": [] }`
  const refusal = { action: 'inbox:mail:delete', decision: 'deny' } as const
  const reader = 'inbox:mailbox/7#reader'
  const plain = { attributes: { organisation: 'org' }, complete: true }
  const open = start({
    logged: [
      logged(9),
      logged(8),
      logged(7, { recorded: recorded({ resource: { attributes: { organisation: 'org' }, complete: true } }) }),
      logged(6, { ...refusal, recorded: recorded({ resource: plain, relations: { [reader]: true } }) }),
      logged(5, { ...refusal, recorded: recorded({ relations: { [reader]: false } }) }),
      logged(4, refusal),
      logged(3, { recorded: null }),
      logged(3, { recorded: recorded({ context: { network: { __extn: { fn: 'ip', arg: 'nowhere' } } } }) }),
      logged(2, { decision: 'deny' }),
      logged(1, {
        resource: null,
        action: 'ledger:read',
        decision: 'deny',
        recorded: recorded({ resource: { attributes: {}, complete: false } }),
      }),
    ],
  })
  const by = user(newId('org'))
  const { number } = await draft(open.parts, { text: shares, reason }, by)
  await testVersion(open.parts, number, by)
  const report = await shadowVersion(open.parts, { number, days: 7 }, by)
  const { groups, left, since: _, ...counts } = report
  assert.deepEqual(counts, { against: 0, looked: 10, replayed: 6, toDeny: 2, toAllow: 1, cut: false })
  assert.deepEqual(
    groups.map(({ examples, ...group }) => [...Object.values(group), examples.map(({ id }) => id)]),
    [
      ['inbox:mail:read', 'allow-to-deny', ['role/reader'], ['no-secrets-at-risk'], 2, ['9', '8']],
      ['inbox:mail:delete', 'deny-to-allow', [], ['shared'], 1, ['6']],
    ],
  )
  assert.deepEqual(left.map(({ why, count }) => [why, count]).sort(), [
    ['something else was changed since', 1],
    ['the log does not say the relation reader', 1],
    ['the log does not say with what it was decided', 1],
    ['what the log says is no Cedar value', 1],
  ])
  assert.deepEqual((await showWhole(open.parts, by.organisationId, number)).shadow, report)
})
