import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type { TestDatabase } from '../../platform/database/testing.ts'
import { newId } from '../../platform/random.ts'
import type { Circumstances, ResourceId, Standing, Tuple } from './api.ts'
import { Cursors } from './cursor.ts'
import { hold } from './hold.ts'
import { listResources } from './list-resources.ts'
import { listSubjects } from './list-subjects.ts'
import { randomWorld, worldNowMs } from './random-worlds.ts'
import { createRelations } from './relations.ts'
import { openRelationsDatabase, refusedWith, startRelations, types } from './relations-testing.ts'
import { share, unshare } from './share.ts'
import { addTuples, tupleReader } from './store.ts'
import { MemoryTuples, nothing, subjectOf, tuple } from './testing.ts'

let opened: TestDatabase
before(async () => {
  opened = await openRelationsDatabase()
})
after(() => opened.close())

const start = () => startRelations(opened)

test('a tuple that was written holds; one that was removed does not, and each call writes one event', async () => {
  const { context, write, holds } = start()
  const share = tuple('inbox:mailbox/m1#reader@user:bo')
  assert.equal(await holds('user:bo', 'inbox:mailbox/m1#reader'), false)
  assert.equal(await write({ add: [share, tuple('inbox:mailbox/m2#owner@user:bo')] }), 2)
  assert.deepEqual(context.events.at(-1)?.data, {
    added: ['inbox:mailbox/m1#reader@user:bo', 'inbox:mailbox/m2#owner@user:bo'],
    removed: [],
  })
  assert.equal(await holds('user:bo', 'inbox:mailbox/m1#reader'), true)
  assert.equal(await holds('user:bo', 'inbox:mailbox/m2#reader'), true)
  assert.equal(await write({ remove: [share] }), 1)
  assert.equal(await holds('user:bo', 'inbox:mailbox/m1#reader'), false)
  assert.equal(context.events.length, 2)
})

test('writing the same again changes nothing, records nothing and raises no revision', async () => {
  const { context, write, organisationId } = start()
  const share = tuple('inbox:mailbox/m1#reader@user:bo', { condition: { assurance: 2, networks: ['10.0.0.0/8'] } })
  await write({ add: [share] })
  const revision = () =>
    opened.asOwner(`select number from access.revision where organisation_id = '${organisationId}'`)
  const before = await revision()
  assert.equal(await write({ add: [share] }), 0)
  assert.equal(await write({ remove: [tuple('inbox:mailbox/m1#reader@user:al')] }), 0)
  assert.equal(context.events.length, 1)
  assert.deepEqual(await revision(), before)
  assert.equal(await write({ add: [{ ...share, condition: { assurance: 3 } }] }), 1)
})

test('a tuple of one organisation is none of another', async () => {
  const { write, holds } = start()
  await write({ add: [tuple('inbox:mailbox/m1#owner@user:bo')] })
  assert.equal(await holds('user:bo', 'inbox:mailbox/m1#owner', { organisationId: newId('org') }), false)
})

test('groups, roles and everyone count by what somebody is; a subject set by who has its relation', async () => {
  const { write, holds } = start()
  await write({
    add: [
      'inbox:mailbox/g#reader@group:grp_1',
      'inbox:mailbox/r#reader@role:staff',
      'inbox:mailbox/e#reader@user:*',
      'inbox:mailbox/t#reader@inbox:team/1#member',
      'inbox:team/1#member@inbox:team/2#member',
      'inbox:team/2#member@user:bo',
    ].map((text) => tuple(text)),
  })
  const standing: Standing = { groups: ['grp_1'], roles: ['staff'], untilMs: Number.POSITIVE_INFINITY }
  for (const id of ['g', 'r']) {
    assert.equal(await holds('user:bo', `inbox:mailbox/${id}#reader`, { standing }), true, id)
    assert.equal(await holds('user:bo', `inbox:mailbox/${id}#reader`), false, id)
  }
  assert.equal(await holds('user:anybody', 'inbox:mailbox/e#reader'), true)
  assert.equal(await holds('service:svc_1', 'inbox:mailbox/e#reader'), false)
  assert.equal(await holds('user:bo', 'inbox:mailbox/t#reader'), true)
  assert.equal(await holds('user:al', 'inbox:mailbox/t#reader'), false)
})

test('who is in more groups and roles than a question may look at is refused with a code', async () => {
  const { relations, question } = start()
  const standing: Standing = { ...nothing, groups: Array.from({ length: 2_000 }, (_one, n) => `grp_${n}`) }
  await assert.rejects(
    async () => await relations.holds(question('user:bo', 'inbox:mailbox/m#reader', { standing })),
    refusedWith('ACCESS_RELATIONS_TOO_WIDE'),
  )
})

test('what expired is not there: in checks, lists, what is remembered, and counts', async () => {
  const { context, relations, write, question, circumstances, organisationId } = start()
  const expiresMs = context.clock.nowMs() + 60_000
  await write({ add: [tuple('inbox:mailbox/m1#reader@user:bo', { expiresMs })] })
  const before = await relations.holds(question('user:bo', 'inbox:mailbox/m1#reader'))
  assert.deepEqual([before.holds, before.untilMs], [true, expiresMs])
  context.clock.advance(60_000)
  const later = { ...circumstances, nowMs: context.clock.nowMs() }
  const held = await relations.holds(question('user:bo', 'inbox:mailbox/m1#reader', { circumstances: later }))
  assert.equal(held.holds, false)
  const search = { organisationId, standing: nothing, circumstances: later, wanted: { relation: 'reader' }, limit: 10 }
  const type = 'inbox:mailbox'
  assert.deepEqual(await relations.listResources({ ...search, subject: subjectOf('user:bo'), type }), {
    items: [],
    next: null,
  })
  assert.equal(await write({ remove: [tuple('inbox:mailbox/m1#reader@user:bo')] }), 0)
  await write({ add: [tuple('inbox:mailbox/m1#reader@user:bo', { expiresMs: later.nowMs + 1 })] })
  context.clock.advance(1)
  assert.ok((await relations.sweep()) >= 1)
})

test('a condition that is not met is named, and with what would do', async () => {
  const { context, relations, write, question, circumstances } = start()
  const notBeforeMs = context.clock.nowMs() + 1_000
  await write({
    add: [
      tuple('inbox:mailbox/a#reader@user:bo', { condition: { assurance: 2 } }),
      tuple('inbox:mailbox/n#reader@user:bo', { condition: { networks: ['10.0.0.0/8', '2001:db8::/32'] } }),
      tuple('inbox:mailbox/t#reader@user:bo', { condition: { notBeforeMs } }),
    ],
  })
  const ask = async (id: string, changed: Partial<Circumstances> = {}) =>
    await relations.holds(
      question('user:bo', `inbox:mailbox/${id}#reader`, { circumstances: { ...circumstances, ...changed } }),
    )
  assert.deepEqual((await ask('a')).conditional, { names: ['assurance'], assurance: 2 })
  assert.equal((await ask('a', { assurance: 2 })).holds, true)
  assert.equal((await ask('a')).holds, false, 'what was remembered of a stronger session is not for this one')
  assert.deepEqual((await ask('n')).conditional, { names: ['network'] })
  assert.equal((await ask('n', { network: null })).holds, false)
  assert.equal((await ask('n', { network: 'fe80::1%eth0' })).holds, false)
  for (const network of ['10.1.2.3', '::ffff:10.1.2.3', '2001:db8::1'])
    assert.equal((await ask('n', { network })).holds, true, network)
  const early = await ask('t')
  assert.deepEqual([early.conditional, early.untilMs], [{ names: ['time'], notBeforeMs }, notBeforeMs])
  assert.equal((await ask('t', { nowMs: notBeforeMs })).holds, true)
})

test('the path names the tuples that decided, rules among them', async () => {
  const { relations, write, question } = start()
  const [parent, owner] = [tuple('inbox:mailbox/m#parent@inbox:mailbox/top'), tuple('inbox:mailbox/top#owner@user:bo')]
  await write({ add: [parent, owner] })
  const { path } = await relations.explain(question('user:bo', 'inbox:mailbox/m#reader'))
  assert.deepEqual(
    path.map(({ resource, relation, rule, tuple: one }) => [`${resource.id}#${relation}`, rule, one]),
    [
      ['m#reader', 'computed', null],
      ['m#owner', 'parent', parent],
      ['top#owner', 'direct', owner],
    ],
  )
})

test('a relation that was taken is gone on the very next question, also in another process', async () => {
  const { context, relations, write, question } = start()
  const elsewhereContext = context.another(await opened.reopen())
  const elsewhere = createRelations({ ...elsewhereContext, types, cursorKeys: () => new Uint8Array(32) })
  const share = tuple('inbox:mailbox/m#reader@user:bo')
  await write({ add: [share] })
  const asked = question('user:bo', 'inbox:mailbox/m#reader')
  for (const one of [relations, elsewhere]) assert.equal((await one.holds(asked)).holds, true)
  assert.ok(!(elsewhere.holds(asked) instanceof Promise), 'it is remembered')
  await write({ remove: [share] })
  for (const one of [relations, elsewhere]) assert.equal((await one.holds(asked)).holds, false)
})

test('a change that is rolled back is announced to nobody and leaves nothing', async () => {
  const { relations, organisationId, holds, context } = start()
  const heard: string[] = []
  context.bus.subscribe('access.changed', (message) => heard.push(message))
  const failing = opened.database.transaction(async (tx) => {
    const add = [tuple('inbox:mailbox/m#reader@user:bo')]
    await relations.write(tx, { organisationId, by: null, actor: { kind: 'system' }, add })
    throw new Error('later')
  })
  await assert.rejects(failing, /later/)
  assert.deepEqual(heard, [])
  assert.equal(await holds('user:bo', 'inbox:mailbox/m#reader'), false)
})

test('an erased subject is in no tuple any more', async () => {
  const { relations, organisationId, write, holds } = start()
  await write({ add: [tuple('inbox:mailbox/m#owner@user:bo'), tuple('inbox:note/1#reader@user:bo')] })
  assert.deepEqual(
    (await relations.naming(organisationId, subjectOf('user:bo'))).map(({ resource }) => resource.type),
    ['inbox:mailbox', 'inbox:note'],
  )
  const forgotten = await opened.database.transaction((tx) =>
    relations.forget(tx, organisationId, subjectOf('user:bo')),
  )
  assert.equal(forgotten, 2)
  assert.equal(await holds('user:bo', 'inbox:mailbox/m#owner'), false)
})

test('pages are turned with sealed cursors; altered, foreign and strange ones are refused', async () => {
  const { relations, organisationId, write, circumstances } = start()
  const ids = Array.from({ length: 7 }, (_one, n) => `n${n}`)
  await write({ add: ids.map((id) => tuple(`inbox:note/${id}#reader@user:bo`)) })
  const search = {
    organisationId,
    subject: subjectOf('user:bo'),
    standing: nothing,
    type: 'inbox:note',
    wanted: { permission: 'inbox:read' },
    circumstances,
    limit: 3,
  }
  const first = await relations.listResources(search)
  assert.deepEqual(first.items, ids.slice(0, 3))
  const cursor = first.next as string
  assert.ok(!Buffer.from(cursor, 'base64url').toString('latin1').includes('n2'), 'it does not tell where it stands')
  const second = await relations.listResources({ ...search, cursor })
  assert.deepEqual(second.items, ids.slice(3, 6))
  const strange = ['', 'x', `${cursor}=`, `${cursor.slice(0, -2)}AA`, 'A'.repeat(10_000)]
  for (const one of strange)
    await assert.rejects(relations.listResources({ ...search, cursor: one }), refusedWith('ACCESS_CURSOR_INVALID'))
  for (const foreign of [
    { subject: subjectOf('user:al') },
    { organisationId: newId('org') },
    { wanted: { relation: 'reader' } },
  ])
    await assert.rejects(
      relations.listResources({ ...search, ...foreign, cursor }),
      refusedWith('ACCESS_CURSOR_INVALID'),
    )
  for (const limit of [0, 1_001, 1.5]) await assert.rejects(relations.listResources({ ...search, limit }), RangeError)
})

test('a resource is shared with several, its shares are listed by pages, and taken back', async () => {
  const { relations, organisationId, context, holds } = start()
  const resource = { type: 'inbox:mailbox', id: 'm' }
  const people = ['user:al', 'user:bo', 'group:grp_1', 'inbox:team/1#member'].map(subjectOf)
  const what = {
    organisationId,
    by: null,
    actor: { kind: 'system' as const },
    resource,
    relation: 'reader',
    with: people,
  }
  const expiresMs = context.clock.nowMs() + 1_000
  assert.equal(await opened.database.transaction((tx) => share(relations, tx, { ...what, expiresMs })), 4)
  assert.equal(await holds('user:bo', 'inbox:mailbox/m#reader'), true)
  const search = { organisationId, resource, nowMs: context.clock.nowMs(), limit: 3 }
  const first = await relations.listShares(search)
  assert.deepEqual(
    first.items.map(({ subject, expiresMs: ends }) => [subject.id, ends]),
    [
      ['grp_1', expiresMs],
      ['1', expiresMs],
      ['al', expiresMs],
    ],
  )
  const second = await relations.listShares({ ...search, cursor: first.next as string })
  assert.deepEqual([second.items.map(({ subject }) => subject.id), second.next], [['bo'], null])
  const other = { ...search, resource: { ...resource, id: 'n' }, cursor: first.next as string }
  await assert.rejects(relations.listShares(other), refusedWith('ACCESS_CURSOR_INVALID'))
  assert.deepEqual((await relations.listShares({ ...search, nowMs: expiresMs })).items, [])
  assert.equal(await opened.database.transaction((tx) => unshare(relations, tx, what)), 4)
  assert.equal(await holds('user:bo', 'inbox:mailbox/m#reader'), false)
})

test('100 random worlds are the same on PostgreSQL as in memory', async () => {
  const cursors = new Cursors(() => new Uint8Array(32), { bytes: (length) => Buffer.alloc(length, 7) })
  const reader = tupleReader(opened.database.queries)
  for (let seed = 10_001; seed <= 10_100; seed++) {
    const world = randomWorld(seed)
    const organisationId = newId('org')
    await addTuples(opened.database.queries, organisationId, live(world.tuples), worldNowMs - 1)
    const { types: itsTypes, circumstances } = world
    const subject = world.pick(world.subjects)
    const standing = world.standingOf(subject)
    const stores = [reader, new MemoryTuples(world.tuples)].map((one) => ({ types: itsTypes, reader: one, cursors }))
    const relation = world.pick(['a', 'b', 'c', 'd'])
    for (const resource of world.resources) {
      const question = { organisationId, subject, standing, resource, relation, circumstances }
      const [stored, kept] = await Promise.all(stores.map((store) => hold(store, question, true)))
      const what = `world ${seed}: ${relation} of ${resource.type}/${resource.id}`
      assert.deepEqual(
        [stored?.holds, stored?.untilMs, stored?.conditional],
        [kept?.holds, kept?.untilMs, kept?.conditional],
        what,
      )
    }
    const search = { organisationId, subject, standing, type: 'x:doc', wanted: { relation }, circumstances, limit: 2 }
    const [stored, kept] = await Promise.all(stores.map((store) => listResources(store, search)))
    assert.deepEqual(stored, kept, `world ${seed}`)
    const who = { organisationId, wanted: { relation }, kind: { type: 'user' }, circumstances, limit: 2 }
    const [resource] = world.resources
    const about = { ...who, resource: resource as ResourceId, standingOf: world.standingOf }
    const [named, known] = await Promise.all(stores.map((store) => listSubjects(store, about)))
    assert.deepEqual(named, known, `world ${seed}`)
  }
})

const live = (tuples: readonly Tuple[]) =>
  tuples.filter(({ expiresMs = Number.POSITIVE_INFINITY }) => expiresMs !== worldNowMs)
