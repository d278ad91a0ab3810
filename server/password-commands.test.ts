import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Identity, Import } from './identity/api.ts'
import { readBreachedFilter } from './identity/passwords/breached-filter.ts'
import { buildFilter, importUsersFrom } from './password-commands.ts'

const folder = mkdtempSync(join(tmpdir(), 'custodia-commands-'))
after(() => rmSync(folder, { recursive: true }))
const file = (name: string, text: string | Buffer) => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
/** What the commands ask of identity, with organisations as given; the import itself has tests of its own. */
const identityWith = (organisations: readonly string[], asked: Import[] = []) =>
  ({
    organisations: async (limit: number) => organisations.slice(0, limit),
    importUsers: async (what: Import) => asked.push(what),
  }) as Partial<Identity> as Identity

test('a filter is written whole, over an older one, and nothing is left beside it', async () => {
  const out = file('breached.filter', 'older')
  const made = await buildFilter(file('list.txt', 'one phrase\nanother phrase\n'), out)
  assert.deepEqual([made.entries, made.skipped, made.bytes], [2, 0, readFileSync(out).length])
  const filter = readBreachedFilter(readFileSync(out))
  assert.deepEqual([filter.has('one phrase'), filter.has('a third phrase')], [true, false])
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('breached')),
    ['breached.filter'],
  )
})

test('a list that is missing or empty, and a place that can’t be written, are named', async () => {
  const list = file('list.txt', 'one phrase')
  mkdirSync(join(folder, 'sub'), { recursive: true })
  await assert.rejects(buildFilter(join(folder, 'none'), join(folder, 'out')), /none can't be read \(ENOENT\)/)
  await assert.rejects(buildFilter(folder, join(folder, 'out')), /can't be read \(EISDIR\)/)
  await assert.rejects(buildFilter(file('empty.txt', '\n\n'), join(folder, 'out')), /no passwords in it/)
  await assert.rejects(buildFilter(list, join(folder, 'nowhere/out')), /can't be written \(ENOENT\)/)
  await assert.rejects(buildFilter(list, join(folder, 'sub')), /can't be written \(/)
  assert.deepEqual(
    readdirSync(folder).filter((name) => /^(?:sub|out)./.test(name)),
    [],
    'half a filter is not left behind',
  )
})

test('an import goes to the one organisation that there is', async () => {
  const asked: Import[] = []
  const result = await importUsersFrom(file('people.jsonl', '{}'), identityWith(['org_a'], asked))
  assert.deepEqual(result, { imported: 1 })
  assert.partialDeepStrictEqual(asked, [{ organisationId: 'org_a', text: '{}' }])
})

test('an import without an organisation, with several, or of a file that can’t be read, is refused', async () => {
  const people = file('people.jsonl', '{}')
  await assert.rejects(importUsersFrom(people, identityWith([])), /custodia setup-link/)
  await assert.rejects(importUsersFrom(people, identityWith(['org_a', 'org_b'])), /several organisations/)
  const one = identityWith(['org_a'])
  await assert.rejects(importUsersFrom(join(folder, 'none'), one), /ENOENT/)
  await assert.rejects(importUsersFrom(folder, one), /not a file/)
  await assert.rejects(importUsersFrom(file('latin1.jsonl', Buffer.from([0xe9])), one), /not UTF-8/)
  await assert.rejects(importUsersFrom(file('large.jsonl', Buffer.alloc(16 * 1_048_576 + 1, 32)), one), /larger/)
})
