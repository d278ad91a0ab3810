import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { clearCookie, readToken, setCookie } from './cookie.ts'

const token = 'Ab0-_'.padEnd(43, 'x')
const ours = `__Host-custodia=${token}`

test('the token is found wherever it stands among others', () => {
  for (const header of [ours, `a=b; ${ours}`, `${ours}; a=b`, `a=b;${ours};c=d`, `a=b;  ${ours} `, `\t${ours}`])
    assert.equal(readToken(header), token, header)
})

test('what only looks like our cookie is not read', () => {
  for (const header of [
    undefined,
    '',
    '__Host-custodia',
    '__Host-custodia=',
    `x${ours}`,
    `a=${ours}`,
    `a="; ${ours}`.replace('; ', ''),
    `__Host-custodia-return=${token}`,
    `__host-custodia=${token}`,
    `__Host-custodia="${token}"`,
    `${ours}x`,
    ours.slice(0, -1),
    `__Host-custodia=${token.slice(0, -1)}%`,
    `__Host-custodia=${token.slice(0, -1)}=`,
    `__Host-custodia =${token}`,
  ])
    assert.equal(readToken(header), null, String(header))
})

test('two cookies of the name are none, however wrong one of them is', () => {
  for (const header of [`${ours}; ${ours}`, `${ours}; __Host-custodia=`, `__Host-custodia=x; ${ours}`])
    assert.equal(readToken(header), null, header)
})

test('what we set is what we read, and what we clear is nothing', () => {
  const value = (header: string) => header.slice(0, header.indexOf(';'))
  assert.equal(readToken(value(setCookie(token))), token)
  assert.equal(readToken(value(clearCookie)), null)
})

test('whatever is sent, only a whole token comes out of it', () => {
  const piece = fc.oneof(fc.constantFrom(ours, '; ', ';', '=', '__Host-custodia=', ' ', '"'), fc.string())
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const found = readToken(pieces.join(''))
      assert.ok(found === null || /^[A-Za-z0-9_-]{43}$/.test(found))
    }),
  )
})

test('a header as large as the server takes is read in a moment', () => {
  // Of processor time: a machine that has others to serve meanwhile is none of the reader's doing.
  const before = process.threadCpuUsage()
  assert.equal(readToken('__Host-custodia='.repeat(1_024)), null)
  assert.equal(readToken(`${' '.repeat(16_000)}__Host-custodia=`), null)
  assert.ok(process.threadCpuUsage(before).user < 200_000)
})
