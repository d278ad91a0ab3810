import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ImportFault } from './read-import.ts'
import { ImportRefused, maxImported, readImport } from './read-import.ts'

const roles = new Set(['member', 'auditor'])
const hash = '$2b$05$abcdefghijklmnopqrstuucZGbUxuMlEqps0qcu2pjhO7vaatQZIC'
const good = { email: 'mira@example.org', name: 'Mira Okafor', roles: ['member'], hash }
const lines = (...users: object[]) => users.map((one) => JSON.stringify(one)).join('\n')

function faultsOf(text: string): readonly ImportFault[] {
  try {
    readImport(text, roles)
  } catch (error) {
    assert.ok(error instanceof ImportRefused)
    return error.faults
  }
  return []
}

test('people are read with their lines; empty lines and Windows’ line ends are no matter', () => {
  const text = `\n${lines(good)}\r\n\r\n${lines({ ...good, email: 'Zoë@Exämple.org', roles: [] })}\n`
  assert.deepEqual(
    readImport(text, roles).map(({ line, normalised, email }) => [line, normalised, email]),
    [
      [2, 'mira@example.org', 'mira@example.org'],
      [4, 'zoë@xn--exmple-cua.org', 'Zoë@Exämple.org'],
    ],
  )
})

test('each kind of mistake is named by line and field, without what was read', () => {
  const cases: [string, string, RegExp][] = [
    ['{', 'it', /JSON/],
    ['[]', 'it', /object/],
    ['null', 'it', /object/],
    [lines({ ...good, email: undefined }), 'email', /missing/],
    [lines({ ...good, hash: undefined }), 'hash', /missing/],
    [lines({ ...good, roles: undefined }), 'roles', /missing/],
    [lines({ ...good, password: 'secret' }), 'password', /not known/],
    [lines({ ...good, email: 'mira' }), 'email', /./],
    [lines({ ...good, email: 'mira@-.%' }), 'email', /./],
    [lines({ ...good, email: 7 }), 'email', /string/],
    [lines({ ...good, name: '' }), 'name', /./],
    [lines({ ...good, name: 'two\nlines' }), 'name', /./],
    [lines({ ...good, name: 'x'.repeat(101) }), 'name', /./],
    [lines({ ...good, roles: 'member' }), 'roles', /array/],
    [lines({ ...good, roles: ['member', 'secret'] }), 'roles.1', /not a role/],
    [lines({ ...good, roles: ['member', 'member'] }), 'roles', /./],
    [lines({ ...good, hash: 'secret' }), 'hash', /none of these: bcrypt/],
    [lines({ ...good, hash: hash.replace('$05$', '$17$') }), 'hash', /4 to 16/],
    [lines({ ...good, hash: 'x'.repeat(513) }), 'hash', /./],
    [`{"email":"a@b.example","email":"c@d.example","name":"A","roles":[],"hash":"${hash}"}`, 'email', /./],
    [`{"__proto__":{},"email":"a@b.example","name":"A","roles":[],"hash":"${hash}"}`, '__proto__', /./],
  ]
  for (const [text, field, said] of cases) {
    const [fault, ...others] = faultsOf(`${lines({ ...good, email: 'first@example.org' })}\n${text}`)
    assert.deepEqual([fault?.line, fault?.field, others.length], [2, field, 0], text)
    assert.match(fault?.detail ?? '', said, text)
    assert.doesNotMatch(fault?.detail ?? '', /secret/, text)
  }
})

test('an address that stands twice, however it is spelled, is a mistake of the second line', () => {
  const faults = faultsOf(lines(good, { ...good, email: 'MIRA@EXAMPLE.ORG.' }))
  assert.deepEqual(faults, [{ line: 2, field: 'email', detail: 'stands in line 1 already' }])
})

test('every line that is wrong is counted, and the first twenty are shown', () => {
  const text = Array.from({ length: 30 }, () => '{}').join('\n')
  assert.equal(faultsOf(text).length, 30)
  assert.throws(
    () => readImport(text, roles),
    /^ImportRefused: Line 1: [\s\S]+Line 20: .+\nAnd 10 more\.\nNobody was imported\.$/,
  )
})

test('a file with nobody in it, or with more than fit, is refused', () => {
  for (const text of ['', '\n\n', ' \r\n']) assert.match(faultsOf(text)[0]?.detail ?? '', /nobody/)
  const many = Array.from({ length: maxImported + 1 }, (_, n) => lines({ ...good, email: `p${n}@example.org` }))
  assert.match(faultsOf(many.join('\n'))[0]?.detail ?? '', /divide/)
  assert.deepEqual(faultsOf(many.slice(1).join('\n')), [])
})
