import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, beforeEach, describe, it } from 'node:test'
import { addMessage } from '../store/add-message.ts'
import { openDatabase } from '../store/database.ts'
import { beginImport } from '../store/imports.ts'
import { messageFingerprint } from '../store/index-tokens.ts'
import { listMessages } from '../store/list-messages.ts'
import { peopleOf, personAt } from '../store/people.ts'
import type { Inbox } from '../testing.ts'
import { startInbox, teamOf } from '../testing.ts'
import { shareTeam } from './team.ts'

const idOf = (letter: string) => `usr_${letter.repeat(26)}`
const [ann, bo, cy] = ['a', 'b', 'c'].map((letter) => ({
  ...{ sub: idOf(letter), name: `Name of ${letter}`, email: `${letter}@brightwater.example` },
})) as [Who, Who, Who]
type Who = { readonly sub: string; readonly name: string; readonly email: string }
const all = ['inbox:read', 'inbox:write', 'inbox:import']

let inbox: Inbox
/** What Custodia was asked since the test began. */
const asked = () => inbox.service.asked.filter((path) => path.startsWith('/access') || path.startsWith('/v1/relations'))
before(async () => {
  inbox = await startInbox()
  const importId = beginImport(inbox.mailbox)
  for (let number = 0; number < 40; number += 1) {
    const raw = Buffer.from(`message ${number}`)
    const empty = { from: '', to: '', cc: '', date: '', sentMs: null, text: null, html: null, attachments: [] }
    const parsed = { message: { subject: `Note ${number}`, ...empty } }
    const fingerprint = await messageFingerprint(inbox.mailbox, raw)
    await addMessage(inbox.mailbox, { importId, raw, fingerprint, origin: 'x', parsed, labelId: null })
  }
  for (const who of [ann, bo, cy, ann]) assert.equal((await get(who, '/')).statusCode, 200)
})
after(() => inbox.stop())
beforeEach(() => {
  inbox.service.asked.length = 0
})

const get = (who: Who, path: string, permissions = all) => inbox.ask(path, permissions, who)
const post = (who: Who, url: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  inbox.app.inject({
    ...{ method: 'POST', url, payload: new URLSearchParams(fields).toString() },
    headers: {
      'custodia-assertion': inbox.service.assertion({ permissions: all, ...who }),
      'content-type': 'application/x-www-form-urlencoded',
      'sec-fetch-site': 'same-origin',
      ...headers,
    },
  })
const wish = (who: string, more: Record<string, string> = {}) => ({
  ...{ relation: 'reader', kind: 'user', who, until: '' },
  ...more,
})
const shares = (who: Who) => `/places/${who.sub}/shares`

describe('what Custodia is asked', () => {
  it('is one question for a page of mail, however many messages it has', async () => {
    await get(ann, '/')
    assert.deepEqual(asked(), ['/access/v1/evaluations'])
  })

  it('is a list once a minute, whose names are checked every time', async () => {
    inbox.service.share(teamOf({ type: 'user', id: ann.sub }, 'owner'))
    for (const path of ['/', '/?q=note', '/?q=note+7', '/imports']) await get(ann, path)
    assert.deepEqual(new Set(asked()), new Set(['/access/v1/evaluations']))
    assert.equal(asked().length, 4)
  })

  it('is another list for another proof of who asks: what one session lacks, the other does not miss', async () => {
    await get(ann, '/')
    inbox.service.asked.length = 0
    await inbox.ask('/', all, { ...ann, amr: ['pwd', 'otp'] })
    assert.equal(asked().filter((path) => path === '/access/v1/search/resource').length, 2)
    const { statusCode, body } = await inbox.ask('/', all, {
      ...ann,
      sid: undefined,
      key: 'key_a',
      scopes: ['inbox:read'],
    })
    assert.equal(statusCode, 200)
    assert.doesNotMatch(body, /Note \d/, 'a key that is narrowed to less reads no mail')
    assert.match((await get(ann, '/')).body, /Note \d/)
  })

  it('is asked of nobody who came without an identity', async () => {
    await inbox.app.inject({ url: '/' })
    await inbox.app.inject({ method: 'POST', url: shares(ann) })
    assert.deepEqual(asked(), [])
  })
})

describe('a share', () => {
  it('is refused to whoever does not own the place, and of what they do not see nothing is said', async () => {
    assert.equal((await get(bo, `/places/${ann.sub}`)).statusCode, 404)
    assert.equal((await post(bo, shares(ann), wish(bo.email))).statusCode, 404)
    assert.equal(
      (await post(bo, `${shares(ann)}/remove`, { relation: 'reader', kind: 'user', id: cy.sub })).statusCode,
      404,
    )
    assert.equal((await post(bo, `/places/${ann.sub}/folders`, { name: 'x' })).statusCode, 404)
    assert.equal((await get(bo, '/places/team')).statusCode, 403)
    assert.equal((await post(bo, '/places/team/shares', wish(bo.email))).statusCode, 403)
    assert.equal((await post(bo, '/places/team/folders', { name: 'x' })).statusCode, 403)
    assert.equal((await get(ann, `/places/${ann.sub}`, ['inbox:read'])).statusCode, 403)
    assert.equal((await post(ann, shares(ann), wish(bo.email), { 'sec-fetch-site': 'cross-site' })).statusCode, 403)
    assert.ok(!asked().includes('/v1/relations'))
  })

  it('of an owner, of a strange kind, with a broken end or half a form is none', async () => {
    const broken = [
      { relation: 'owner' },
      { relation: 'parent' },
      { kind: 'application' },
      { kind: 'inbox:mailbox' },
      { until: 'tomorrow' },
      { until: '2030-13-01T00:00' },
    ]
    for (const more of broken)
      assert.equal((await post(ann, shares(ann), wish(bo.email, more))).statusCode, 400, JSON.stringify(more))
    assert.equal((await post(ann, shares(ann), {})).statusCode, 400)
    // An owner is not taken away either: the mailbox would be nobody's.
    const own = { relation: 'owner', kind: 'user', id: ann.sub }
    assert.equal((await post(ann, `${shares(ann)}/remove`, own)).statusCode, 400)
    assert.ok(!asked().includes('/v1/relations'))
  })

  it('that can not be is refused in words, on the page that asked', async () => {
    for (const [more, words] of [
      [{ who: 'nobody@brightwater.example' }, /Nobody with this address has opened Inbox yet/],
      [{ until: '2001-01-01T00:00' }, /The end is not in the future/],
      [{ kind: 'role', who: 'two words' }, /no identifier of a group and no name of a role/],
      [{ kind: 'group', who: '' }, /no identifier of a group/],
    ] as const) {
      const { statusCode, body } = await post(ann, shares(ann), wish(bo.email, more))
      assert.equal(statusCode, 422)
      assert.match(body, words)
      assert.match(body, /role="alert"/)
    }
  })

  it('holds from the next request until it is taken back, and for reading only', async () => {
    const id = (
      await listMessages(inbox.mailbox, { person: ann.sub, places: ['team'], labelId: null, search: '', after: null })
    ).items[0]?.id as string
    assert.equal((await post(ann, `/messages/${id}/place`, { place: ann.sub })).statusCode, 303)
    assert.equal((await get(bo, `/messages/${id}`)).statusCode, 404)
    assert.equal((await post(ann, shares(ann), wish(bo.email.toUpperCase()))).statusCode, 303)
    assert.equal((await get(bo, `/messages/${id}`)).statusCode, 200)
    assert.equal((await get(cy, `/messages/${id}`)).statusCode, 404)
    assert.doesNotMatch((await get(bo, `/messages/${id}`)).body, /Add a label|class="move"/)
    assert.equal((await post(bo, `/messages/${id}/labels`, { name: 'x' })).statusCode, 403)
    assert.equal((await post(bo, `/messages/${id}/place`, { place: 'team' })).statusCode, 403)
    assert.equal((await post(bo, shares(ann), wish(cy.email))).statusCode, 403)
    const page = (await get(ann, `/places/${ann.sub}`)).body
    assert.match(page, /Name of b \(b@brightwater\.example\)/)
    const taken = { relation: 'reader', kind: 'user', id: bo.sub }
    assert.equal((await post(ann, `${shares(ann)}/remove`, taken)).statusCode, 303)
    assert.equal((await get(bo, `/messages/${id}`)).statusCode, 404)
    // Nobody moves a message to where they may not, nor to a place that is none.
    for (const place of [bo.sub, 'nowhere', ''])
      assert.equal((await post(ann, `/messages/${id}/place`, { place })).statusCode, 404)
  })

  it('goes out with the proof of who asks, and never in the application’s own name', async () => {
    const { behalves } = inbox.service
    behalves.length = 0
    const assertion = inbox.service.assertion({ permissions: all, ...ann, iat: Math.floor(Date.now() / 1000) - 1 })
    const headers = { 'custodia-assertion': assertion }
    await post(ann, shares(ann), wish(cy.email), headers)
    await post(ann, `${shares(ann)}/remove`, { relation: 'reader', kind: 'user', id: cy.sub }, headers)
    assert.deepEqual(behalves, [assertion, assertion])
  })

  it('that Custodia refuses is not made, whatever Inbox believed, and the page says why', async () => {
    const { answers } = inbox.service
    const usual = answers['/v1/relations'] as (typeof answers)[string]
    for (const [code, words] of [
      ['ACCESS_RELATION_NOT_YOURS_TO_GIVE', /not yours to share/],
      ['ACCESS_RELATION_OUTLIVES_YOURS', /for a time only yourself/],
      ['ACCESS_ON_BEHALF_REFUSED', /Sign in again/],
      ['ACCESS_RELATIONS_TOO_WIDE', /Take back a share first/],
    ] as const) {
      answers['/v1/relations'] = () => ({ status: 403, reply: { code } })
      const { statusCode, body } = await post(ann, shares(ann), wish(bo.email))
      assert.equal(statusCode, 422)
      assert.match(body, words)
    }
    answers['/v1/relations'] = () => ({ status: 403, reply: { code: 'ACCESS_DENIED' } })
    assert.equal((await post(ann, shares(ann), wish(bo.email))).statusCode, 502, 'what nobody here can change')
    answers['/v1/relations'] = usual
  })

  it('is seen by nobody while Custodia does not answer', async () => {
    const { answers } = inbox.service
    const usual = answers['/access/v1/evaluations'] as (typeof answers)[string]
    answers['/access/v1/evaluations'] = () => ({ status: 500, reply: {} })
    for (const path of ['/', '/?q=note', `/places/${ann.sub}`]) {
      const { statusCode, body } = await get(ann, path)
      assert.equal(statusCode, 502, path)
      assert.doesNotMatch(body, /Note \d/)
    }
    answers['/access/v1/evaluations'] = usual
  })
})

describe('the people who were here', () => {
  it('are found by their own address and by no other, and one that went to somebody else is theirs', async () => {
    assert.equal(await personAt(inbox.mailbox, 'B@Brightwater.Example'), bo.sub)
    assert.equal(await personAt(inbox.mailbox, 'brightwater.example'), null)
    // An address that went to somebody else is theirs.
    const heir = { ...cy, email: bo.email }
    await get(heir, '/')
    assert.equal(await personAt(inbox.mailbox, bo.email), cy.sub)
    assert.deepEqual([...(await peopleOf(inbox.mailbox, [bo.sub, cy.sub, 'usr_x'])).keys()], [cy.sub])
  })
})

describe('the team’s mailbox', () => {
  it('is shared once: what was taken back since stays taken back', async () => {
    const first = [{ relation: 'reader', type: 'role', id: 'auditor' }]
    await shareTeam(inbox.custodia, inbox.mailbox, first)
    await shareTeam(inbox.custodia, inbox.mailbox, first)
    assert.deepEqual(asked(), ['/v1/relations'])
  })

  it('has what a store of the version before held', () => {
    const folder = mkdtempSync(join(tmpdir(), 'custodia-inbox-'))
    openDatabase(folder).close()
    const old = new DatabaseSync(join(folder, 'inbox.sqlite'))
    old.exec(`
      DROP INDEX message_placed; ALTER TABLE message DROP COLUMN place_id; ALTER TABLE import DROP COLUMN place_id;
      DROP TABLE place; DROP TABLE person; DROP TABLE attachment; DROP TABLE erasure; PRAGMA user_version = 1;
      INSERT INTO import (id, started_ms) VALUES ('i', 1);
      INSERT INTO message (id, fingerprint, received_ms, size, import_id) VALUES ('m', x'00', 1, 1, 'i');
    `)
    old.close()
    const now = openDatabase(folder)
    assert.equal(now.prepare('SELECT place_id FROM message').get()?.place_id, 'team')
    assert.equal(now.prepare('SELECT place_id FROM import').get()?.place_id, 'team')
    now.close()
    rmSync(folder, { recursive: true })
  })
})
