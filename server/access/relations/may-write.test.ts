import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type { TestDatabase } from '../../platform/database/testing.ts'
import { openTestDatabase } from '../../platform/database/testing.ts'
import { isRefusal } from '../../platform/errors.ts'
import { newId } from '../../platform/random.ts'
import { testContext } from '../../platform/testing.ts'
import type { Giver } from './api.ts'
import { createRelations } from './relations.ts'
import { nothing, subjectOf, tuple, typesOf } from './testing.ts'

const types = typesOf('inbox', {
  folder: {
    manage: 'owner',
    relations: {
      owner: { is: { any: [{ direct: ['user', 'group'] }, { relation: 'owner', from: 'parent' }] } },
      editor: { is: { any: [{ direct: ['user'] }, { relation: 'owner' }] }, permissions: ['inbox:write'] },
      reader: {
        is: { any: [{ direct: ['user', 'user:*'] }, { relation: 'editor' }, { relation: 'reader', from: 'parent' }] },
        permissions: ['inbox:read'],
        reshare: true,
      },
      banned: { is: { direct: ['user'] } },
      commenter: {
        is: { base: { relation: 'reader' }, except: { relation: 'banned' } },
        permissions: ['inbox:comment'],
      },
      parent: { is: { direct: ['folder'] } },
    },
  },
  // Nobody manages a note: who has it may share it.
  note: {
    relations: {
      reader: { is: { direct: ['user', 'team#member'] }, permissions: ['inbox:read'] },
      folder: { is: { direct: ['folder'] } },
      seen: { is: { any: [{ relation: 'reader' }, { relation: 'reader', from: 'folder' }] } },
    },
  },
  team: { relations: { member: { is: { direct: ['user'] } } } },
})

let opened: TestDatabase
before(async () => {
  opened = await openTestDatabase([{ module: 'access', folder: new URL('../migrations/', import.meta.url) }])
})
after(() => opened.close())

async function start(...texts: readonly (string | ReturnType<typeof tuple>)[]) {
  const context = testContext({ config: {}, database: opened.database })
  const relations = createRelations({ ...context, types, cursorKeys: () => new Uint8Array(32) })
  const organisationId = newId('org')
  const nowMs = context.clock.nowMs()
  const giver = (whom: string, more: Partial<Giver> = {}): Giver => ({
    subject: subjectOf(whom),
    standing: nothing,
    circumstances: { nowMs, network: '10.0.0.1', assurance: 3 },
    permissions: new Set(),
    ...more,
  })
  const tuples = (all: typeof texts) => all.map((one) => (typeof one === 'string' ? tuple(one) : one))
  const write = (
    by: Giver | null | (() => Promise<Giver>),
    add: typeof texts,
    remove: readonly string[] = [],
    elsewhere = organisationId,
  ) =>
    opened.database.transaction((tx) =>
      relations.write(tx, {
        organisationId: elsewhere,
        by,
        actor: { kind: 'system' },
        add: tuples(add),
        remove: tuples(remove),
      }),
    )
  if (texts.length > 0) await write(null, texts)
  return { write, giver, nowMs, relations, organisationId }
}

const notYours = (error: unknown) => isRefusal(error, 'ACCESS_RELATION_NOT_YOURS_TO_GIVE')
const outlives = (error: unknown) => isRefusal(error, 'ACCESS_RELATION_OUTLIVES_YOURS')

const escalations: readonly [string, readonly string[], string, string][] = [
  ['a stranger makes themselves owner', ['inbox:folder/f#owner@user:al'], 'user:eve', 'inbox:folder/f#owner@user:eve'],
  [
    'a stranger becomes owner of what nobody owns',
    ['inbox:folder/g#owner@user:al'],
    'user:eve',
    'inbox:folder/f#owner@user:eve',
  ],
  ['an editor makes themselves owner', ['inbox:folder/f#editor@user:eve'], 'user:eve', 'inbox:folder/f#owner@user:eve'],
  [
    'an editor gives editing on, which only managers may',
    ['inbox:folder/f#editor@user:eve'],
    'user:eve',
    'inbox:folder/f#editor@user:bo',
  ],
  ['a reader gives editing', ['inbox:folder/f#reader@user:eve'], 'user:eve', 'inbox:folder/f#editor@user:eve'],
  [
    'a reader of another folder shares this one',
    ['inbox:folder/g#reader@user:eve'],
    'user:eve',
    'inbox:folder/f#reader@user:eve',
  ],
  [
    'an owner of another folder takes this one into it',
    ['inbox:folder/mine#owner@user:eve', 'inbox:folder/f#reader@user:eve'],
    'user:eve',
    'inbox:folder/f#parent@inbox:folder/mine',
  ],
  [
    'a reader who is banned from commenting shares reading, which would give commenting',
    ['inbox:folder/f#reader@user:eve', 'inbox:folder/f#banned@user:eve'],
    'user:eve',
    'inbox:folder/f#reader@user:bo',
  ],
  ['a reader bans another', ['inbox:folder/f#reader@user:eve'], 'user:eve', 'inbox:folder/f#banned@user:al'],
  [
    'a reader of a note puts it into a folder of theirs',
    ['inbox:note/1#reader@user:eve', 'inbox:folder/mine#owner@user:eve'],
    'user:eve',
    'inbox:note/1#folder@inbox:folder/mine',
  ],
  ['somebody joins a team', ['inbox:note/1#reader@inbox:team/t#member'], 'user:eve', 'inbox:team/t#member@user:eve'],
  [
    'an application acts as a person of its name',
    ['inbox:folder/f#owner@user:inbox'],
    'application:inbox',
    'inbox:folder/f#reader@user:bo',
  ],
]
for (const [what, there, whom, wanted] of escalations)
  test(`refused: ${what}`, async () => {
    const { write, giver } = await start(...there)
    await assert.rejects(write(giver(whom), [wanted]), notYours)
  })

test('refused: what would be one’s right only after the change does not help in it', async () => {
  const { write, giver } = await start('inbox:folder/f#reader@user:eve')
  const eve = giver('user:eve')
  await assert.rejects(write(eve, ['inbox:folder/f#reader@user:bo', 'inbox:folder/f#owner@user:eve']), notYours)
  await assert.rejects(write(eve, ['inbox:folder/f#reader@user:bo'], ['inbox:folder/f#owner@user:al']), notYours)
})

test('refused: a right in one organisation gives none in another', async () => {
  const { write, giver } = await start('inbox:folder/f#owner@user:al')
  await assert.rejects(write(giver('user:al'), ['inbox:folder/f#reader@user:bo'], [], newId('org')), notYours)
})

test('refused: lifting a ban, leaving one, and taking what another has', async () => {
  const { write, giver } = await start(
    'inbox:folder/f#reader@user:eve',
    'inbox:folder/f#banned@user:eve',
    'inbox:folder/f#owner@user:al',
  )
  await assert.rejects(write(giver('user:eve'), [], ['inbox:folder/f#banned@user:eve']), notYours)
  await assert.rejects(write(giver('user:eve'), [], ['inbox:folder/f#owner@user:al']), notYours)
})

test('refused: what somebody has under a condition is nothing to give on, met or not', async () => {
  for (const condition of [{ networks: ['10.0.0.0/8'] }, { assurance: 2 as const }]) {
    const { write, giver } = await start(tuple('inbox:note/1#reader@user:al', { condition }))
    await assert.rejects(write(giver('user:al'), ['inbox:note/1#reader@user:bo']), notYours)
  }
})

test('refused: what ends is given for no longer, by whatever way it ends', async () => {
  const { write, giver, nowMs } = await start()
  const expiresMs = nowMs + 60_000
  await write(null, [
    tuple('inbox:note/1#reader@user:al', { expiresMs }),
    tuple('inbox:folder/f#parent@inbox:folder/top', { expiresMs }),
    'inbox:folder/top#owner@user:al',
    'inbox:folder/g#owner@group:grp_1',
  ])
  const al = giver('user:al', { standing: { groups: ['grp_1'], roles: [], untilMs: expiresMs } })
  for (const place of ['inbox:note/1#reader', 'inbox:folder/f#editor', 'inbox:folder/g#owner']) {
    await assert.rejects(write(al, [`${place}@user:bo`]), outlives, place)
    await assert.rejects(write(al, [tuple(`${place}@user:bo`, { expiresMs: expiresMs + 1 })]), outlives, place)
    await write(al, [tuple(`${place}@user:bo`, { expiresMs })])
  }
  await write(null, ['inbox:note/1#reader@user:al'])
  await write(al, ['inbox:note/1#reader@user:bo'])
})

test('refused: two who use a right while it is taken from them take turns', async () => {
  const { write, giver, relations, organisationId, nowMs } = await start('inbox:note/1#reader@user:eve')
  const outcomes = await Promise.allSettled([
    write(null, [], ['inbox:note/1#reader@user:eve']),
    ...Array.from({ length: 6 }, (_one, n) => write(giver('user:eve'), [`inbox:note/1#reader@user:bo${n}`])),
  ])
  assert.equal(outcomes[0]?.status, 'fulfilled')
  await assert.rejects(write(giver('user:eve'), ['inbox:note/1#reader@user:late']), notYours)
  // Whoever came before the taking was right; whoever came after it was refused.
  for (const [n, outcome] of outcomes.slice(1).entries()) {
    const subject = subjectOf(`user:bo${n}`)
    const resource = { type: 'inbox:note', id: '1' }
    const circumstances = { nowMs, network: null, assurance: 1 }
    const question = { organisationId, subject, standing: nothing, resource, relation: 'reader', circumstances }
    assert.equal((await relations.holds(question)).holds, outcome.status === 'fulfilled')
  }
})

test('refused: who somebody is, is asked when nobody else can change it', async () => {
  const { write, giver } = await start('inbox:folder/f#owner@group:grp_1')
  const standing = { groups: ['grp_1'], roles: [], untilMs: Number.POSITIVE_INFINITY }
  await write(async () => giver('user:al', { standing }), ['inbox:folder/f#reader@user:bo'])
  await assert.rejects(
    write(async () => giver('user:al'), ['inbox:folder/f#reader@user:cy']),
    notYours,
  )
})

test('an owner gives everything on the resource, moves it, and takes it back; in a folder below, too', async () => {
  const { write, giver } = await start('inbox:folder/top#owner@user:al', 'inbox:folder/f#parent@inbox:folder/top')
  const al = giver('user:al')
  await write(al, ['inbox:folder/f#editor@user:bo', 'inbox:folder/f#banned@user:cy', 'inbox:folder/f#owner@user:di'])
  await write(al, ['inbox:folder/f#parent@inbox:folder/other'], ['inbox:folder/f#editor@user:bo'])
})

test('a holder gives on what may be given on, and anybody may leave', async () => {
  const { write, giver } = await start('inbox:folder/f#reader@user:al', 'inbox:folder/f#editor@user:bo')
  await write(giver('user:al'), ['inbox:folder/f#reader@user:cy'])
  assert.equal(await write(giver('user:bo'), [], ['inbox:folder/f#editor@user:bo']), 1)
})

test('whose roles allow everywhere what a relation brings may give it, and not what brings more', async () => {
  const { write, giver, nowMs } = await start()
  const reader = giver('user:al', { permissions: new Set(['inbox:read', 'inbox:comment']) })
  await write(reader, ['inbox:folder/f#reader@user:bo'])
  await assert.rejects(write(reader, ['inbox:folder/f#editor@user:bo']), notYours)
  const forNow = { ...reader, standing: { ...nothing, untilMs: nowMs + 1_000 } }
  await assert.rejects(write(forNow, ['inbox:folder/g#reader@user:bo']), outlives)
  await write(forNow, [tuple('inbox:folder/g#reader@user:bo', { expiresMs: nowMs + 1_000 })])
  await assert.rejects(write(reader, ['inbox:folder/f#owner@user:al']), notYours, 'an owner could give everything')
  await write(giver('user:al', { permissions: new Set(['inbox:read', 'inbox:comment', 'inbox:write']) }), [
    'inbox:folder/f#owner@user:al',
  ])
})
