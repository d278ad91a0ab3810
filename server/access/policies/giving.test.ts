import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { TestDatabase } from '../../platform/database/testing.ts'
import { newId } from '../../platform/random.ts'
import { activate } from './activate.ts'
import { draft } from './draft.ts'
import { rollBack } from './roll-back.ts'
import {
  asking,
  live,
  start as open,
  openPolicyDatabase,
  permitting,
  reason,
  refused,
  shadowed,
  user,
} from './testing-house.ts'

let opened: TestDatabase
before(async () => {
  opened = await openPolicyDatabase()
})
after(() => opened.close())

const start = (world: Parameters<typeof open>[1] = {}) => open(opened, world)

describe('nobody gives by a policy what they do not have', () => {
  const writer = new Set([
    'access:policies:write',
    'access:policies:activate',
    'access:policies:read',
    'inbox:mail:read',
  ])
  const cases = [
    ['a permit of it', permitting('a', 'ledger:read')],
    ['a permit of everything', '@id("a") permit(principal, action, resource);'],
    [
      'a permit of everything that a condition seems to narrow',
      permittingAll('action == Custodia::Action::"inbox:mail:read"'),
    ],
    [
      'a list with one more',
      '@id("a") permit(principal, action in [Custodia::Action::"inbox:mail:read", Custodia::Action::"ledger:read"], resource);',
    ],
    ['a permit of a type alone', '@id("a") permit(principal, action, resource is Inbox::Mailbox);'],
  ] as const
  for (const [what, text] of cases)
    test(what, async () => {
      const by = user(newId('org'))
      await refused(draft(start({ held: writer }).parts, { text, reason }, by), 'ACCESS_NOT_YOURS_TO_GIVE')
    })

  test('what they have they may give, and forbid what they have not', async () => {
    const open = start({ held: writer })
    const by = user(newId('org'))
    const text = `${permitting('a')}@id("b") forbid(principal, action == Custodia::Action::"ledger:read", resource);`
    await live(open, by, text)
  })

  test('whoever makes a version live is asked as well, at that moment', async () => {
    const by = user(newId('org'))
    const number = await shadowed(start(), by, permitting('a', 'ledger:read'))
    const { parts, context } = start({ held: writer })
    await refused(
      activate(parts, { organisationId: by.organisationId, number, reason }, asking(by)),
      'ACCESS_NOT_YOURS_TO_GIVE',
    )
    assert.deepEqual(context.events.at(-1)?.type, 'access.policies.refused')
  })

  test('a forbid is lifted by whoever has what it forbids, also by a roll-back', async () => {
    const by = user(newId('org'))
    const forbidding = '@id("a") forbid(principal, action == Custodia::Action::"ledger:read", resource);'
    const number = await live(start(), by, forbidding)
    const { parts } = start({ held: writer })
    await refused(draft(parts, { text: '// nothing', reason }, by), 'ACCESS_NOT_YOURS_TO_GIVE')
    await refused(
      draft(parts, { text: `${forbidding.slice(0, -1)} when { false };`, reason }, by),
      'ACCESS_NOT_YOURS_TO_GIVE',
    )
    await draft(parts, { text: forbidding.replace('"a"', '"renamed"'), reason }, by)
    const order = { organisationId: by.organisationId, to: 0, instead: number, reason }
    await refused(rollBack(parts, order, asking(by)), 'ACCESS_NOT_YOURS_TO_GIVE')
  })

  test('privileged permissions are given by two: who wrote the version does not make it live', async () => {
    const open = start({ privileged: true })
    const [author, another] = [user(newId('org')), user()]
    const number = await shadowed(open, author)
    const order = { organisationId: author.organisationId, number, reason }
    await refused(activate(open.parts, order, asking(author)), 'ACCESS_POLICY_NEEDS_ANOTHER')
    await activate(open.parts, order, asking({ ...another, organisationId: author.organisationId }))
  })
})

function permittingAll(condition: string): string {
  return `@id("a") permit(principal, action, resource) when { ${condition} };`
}

test('nobody locks themselves out of the policies; the operator may, and takes it back', async () => {
  const open = start()
  const by = user(newId('org'))
  const { organisationId } = by
  const number = await shadowed(open, by, '@id("lock") forbid(principal, action, resource);')
  await refused(activate(open.parts, { organisationId, number, reason }, asking(by)), 'ACCESS_POLICY_LOCKS_YOU_OUT')
  await activate(open.parts, { organisationId, number, reason }, null)
  await refused(rollBack(open.parts, { organisationId, to: 0, instead: 7, reason }, null), 'ACCESS_POLICY_CHANGED')
  await rollBack(open.parts, { organisationId, to: 0, instead: number, reason }, null)
  assert.equal((await open.policies.live(organisationId)).version, 0)
  assert.deepEqual(open.context.events.at(-1)?.actor, { kind: 'system' })
  await refused(
    rollBack(open.parts, { organisationId, to: number, instead: 0, reason }, asking(by)),
    'ACCESS_POLICY_LOCKS_YOU_OUT',
  )
})
