import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { systemRandom } from '../../platform/random.ts'
import { offerOf, stepOfCode } from './totp-code.ts'

// RFC 6238 appendix B, the rows of SHA-1: seconds, and eight digits of which we show the last six (RFC 4226 §5.3 takes the rest).
const vectors: readonly [number, string][] = [
  [59, '94287082'],
  [1_111_111_109, '07081804'],
  [1_111_111_111, '14050471'],
  [1_234_567_890, '89005924'],
  [2_000_000_000, '69279037'],
  [20_000_000_000, '65353130'],
]
const secret = Buffer.from('12345678901234567890')

test('the vectors of RFC 6238 hold', () => {
  for (const [seconds, code] of vectors)
    assert.equal(stepOfCode(secret, code.slice(2), seconds * 1_000), Math.floor(seconds / 30), code)
})

test('a code holds one step before and after its own, and no further', () => {
  const step = 37_037_037
  const at = (steps: number, withinMs: number) => stepOfCode(secret, '050471', (step + steps) * 30_000 + withinMs)
  for (const [steps, withinMs] of [
    [-1, 0],
    [-1, 29_999],
    [0, 0],
    [1, 0],
    [1, 29_999],
  ] as const)
    assert.equal(at(steps, withinMs), step, `${steps} ${withinMs}`)
  assert.equal(at(-2, 29_999), null)
  assert.equal(at(2, 0), null)
})

test('what is not six digits is the code of no step', () => {
  for (const code of [
    '',
    '05047',
    '0504711',
    '14050471',
    '05047x',
    '٠٥٠٤٧١',
    '０５０４７１',
    '5.0471',
    '-50471',
    '+50471',
  ])
    assert.equal(stepOfCode(secret, code, 1_111_111_111_000), null, code)
  assert.notEqual(stepOfCode(secret, '050 471', 1_111_111_111_000), null)
  assert.notEqual(stepOfCode(secret, '050-471', 1_111_111_111_000), null)
})

test('Debian’s oathtool shows the codes that we take, and of no neighbour', (context) => {
  if (spawnSync('oathtool', ['--version']).status !== 0) {
    console.warn(
      'oathtool is not installed: TOTP was NOT compared with another implementation (apt-get install oathtool)',
    )
    return context.skip('oathtool is not installed')
  }
  for (let n = 0; n < 40; n++) {
    const bytes = systemRandom.bytes(20)
    const seconds = systemRandom.bytes(4).readUInt32BE()
    const { secret: base32 } = offerOf(bytes, 'Northwind', 'ada@northwind.example')
    const code = execFileSync('oathtool', ['--totp', '--base32', `--now=@${seconds}`, base32], { encoding: 'utf8' })
    assert.equal(stepOfCode(bytes, code.trim(), seconds * 1_000), Math.floor(seconds / 30), base32)
    assert.equal(stepOfCode(systemRandom.bytes(20), code.trim(), seconds * 1_000), null)
  }
})

test('an offer says the same to who types and who scans, whatever the organisation is called', () => {
  const { secret: base32, uri } = offerOf(secret, 'A: B & Söhne?secret=X', 'ada@northwind.example')
  const url = new URL(uri)
  assert.equal(`${url.protocol}//${url.host}`, 'otpauth://totp')
  assert.equal(decodeURIComponent(url.pathname), '/A  B & Söhne?secret=X:ada@northwind.example')
  assert.deepEqual(Object.fromEntries(url.searchParams), {
    issuer: 'A  B & Söhne?secret=X',
    secret: base32,
    algorithm: 'SHA1',
    digits: '6',
    period: '30',
  })
  assert.equal(base32, 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')
})
