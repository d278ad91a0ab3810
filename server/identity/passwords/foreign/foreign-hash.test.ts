import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { readForeignHash } from './foreign-hash.ts'

const vectorsOf = (name: string) =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8'))
const plain = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')

test('published vectors of each scheme hold, and hold for no other password', async () => {
  const vectors = vectorsOf('foreign-hashes') as { source: string; password: string; hash: string }[]
  assert.ok(vectors.length >= 15)
  for (const { source, password, hash } of vectors) {
    const foreign = readForeignHash(hash)
    assert.ok(foreign, `${source}: ${hash}`)
    assert.equal(await foreign.matches(password), true, `${source}: ${hash}`)
    assert.equal(await foreign.matches(`x${password}`), false, `${source}: ${hash}`)
    assert.equal(await foreign.matches(password.slice(0, -1).concat('\u0001')), password.length > 72, hash)
  }
})

type Wycheproof = {
  testGroups: {
    tests: { password: string; salt: string; iterationCount: number; dkLen: number; dk: string; tcId: number }[]
  }[]
}

for (const digest of ['sha256', 'sha512'])
  test(`PBKDF2 with ${digest} is Wycheproof's, in both forms`, async () => {
    let checked = 0
    for (const { testGroups } of [vectorsOf(`pbkdf2-${digest}-wycheproof`) as Wycheproof])
      for (const { password, salt, iterationCount, dkLen, dk, tcId } of testGroups.flatMap((group) => group.tests)) {
        const bytes = Buffer.from(password, 'hex')
        // What a person can't type, or is longer than any system stores, has no such string.
        if (!Buffer.from(bytes.toString()).equals(bytes) || dkLen > 64 || dkLen < 16 || salt === '') continue
        const rest = `${plain(Buffer.from(salt, 'hex'))}$${plain(Buffer.from(dk, 'hex'))}`
        for (const text of [
          `$pbkdf2-${digest}$i=${iterationCount}$${rest}`,
          `$pbkdf2-${digest}$${iterationCount}$${rest.replaceAll('+', '.')}`,
        ])
          assert.equal(await readForeignHash(text)?.matches(bytes.toString()), true, `${tcId}: ${text}`)
        checked += 1
      }
    assert.ok(checked >= 8, `${checked} vectors`)
  })

const argon2 = spawnSync('argon2', ['-h']).error === undefined

test('what the reference argon2 command line makes is verified', {
  skip: argon2 ? false : 'NO argon2 COMMAND: apt-get install argon2',
}, async () => {
  for (const [kind, passes, kib, lanes, length] of [
    ['-id', 1, 64, 1, 32],
    ['-id', 3, 1_024, 4, 16],
    ['-i', 3, 4_096, 1, 32],
    ['-i', 16, 256, 2, 64],
    ['-id', 2, 19_456, 1, 24],
  ] as const) {
    const password = `eight grey herons, ${passes} ä`
    const args = [
      'some salt of theirs',
      kind,
      '-t',
      String(passes),
      '-k',
      String(kib),
      '-p',
      String(lanes),
      '-l',
      String(length),
      '-e',
    ]
    const made = spawnSync('argon2', args, { input: password, encoding: 'utf8' }).stdout.trim()
    const foreign = readForeignHash(made)
    assert.ok(foreign, made)
    assert.equal(await foreign.matches(password), true, made)
    assert.equal(await foreign.matches(`${password} `), false, made)
  }
})

test('a hash that asks for more than a server can bear is not read, let alone computed', () => {
  const tail = 'c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA'
  const bcrypt = '$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'
  const borders: [string, boolean][] = [
    [`$2b$04${bcrypt}`, true],
    [`$2b$16${bcrypt}`, true],
    [`$2b$03${bcrypt}`, false],
    [`$2b$17${bcrypt}`, false],
    [`$2b$31${bcrypt}`, false],
    [`$2x$05${bcrypt}`, false],
    [`$scrypt$ln=18,r=8,p=1$${tail}`, true],
    // RFC 7914 §12 has this one as its fourth: 1 GiB.
    [`$scrypt$ln=20,r=8,p=1$${tail}`, false],
    [`$scrypt$ln=19,r=8,p=1$${tail}`, false],
    [`$scrypt$ln=14,r=8,p=17$${tail}`, false],
    [`$scrypt$ln=1,r=9999,p=9999$${tail}`, false],
    [`$scrypt$ln=99,r=8,p=1$${tail}`, false],
    [`$scrypt$ln=0,r=8,p=1$${tail}`, false],
    [`$scrypt$ln=16,r=1,p=1$${tail}`, false],
    [`$scrypt$ln=14,r=0,p=1$${tail}`, false],
    [`$scrypt$ln=14,r=8,p=0$${tail}`, false],
    [`$pbkdf2-sha256$i=10000000$${tail}`, true],
    [`$pbkdf2-sha256$i=10000001$${tail}`, false],
    [`$pbkdf2-sha512$i=0$${tail}`, false],
    [`$pbkdf2-sha256$99999999$${tail}`, false],
    [`$argon2id$v=19$m=1048576,t=16,p=16$${tail}`, true],
    [`$argon2id$v=19$m=1048577,t=1,p=1$${tail}`, false],
    [`$argon2i$v=19$m=1024,t=17,p=1$${tail}`, false],
    [`$argon2i$v=19$m=1024,t=1,p=17$${tail}`, false],
    [`$argon2id$v=19$m=1024,t=0,p=1$${tail}`, false],
    [`$argon2id$v=19$m=1024,t=1,p=0$${tail}`, false],
    [`$argon2id$v=19$m=31,t=1,p=4$${tail}`, false],
  ]
  for (const [text, read] of borders) assert.equal(readForeignHash(text) !== null, read, text)
})

test('what is no hash, half of one or one of another kind is not read', () => {
  const good = '$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'
  assert.notEqual(readForeignHash(good), null)
  for (const text of [
    '',
    'password',
    '5f4dcc3b5aa765d61d8327deb882cf99',
    '$1$salt$qJH7.N4xYta3aEG/dfqo/0',
    '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjlO/O817G3uBnIFNjnQJuesI68OTLiBFdcbYEdFCoEOfaS35inz1',
    '$pbkdf2$1000$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbfs',
    '$argon2d$v=19$m=1024,t=1,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA',
    '$argon2id$v=16$m=1024,t=1,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA',
    '$argon2id$v=19$m=1024,t=1,p=1$c29tZXNhbHQ$wWKIMhQ',
    '$argon2id$v=19$m=1024,t=1,p=1,keyid=aa$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA',
    '$scrypt$ln=14,r=8,p=1$$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA',
    good.slice(0, -1),
    `${good}x`,
    `${good}\n`,
    ` ${good}`,
    good.replace('.', '!'),
    '$'.repeat(100_000),
    `$pbkdf2-sha256$i=1$${'A'.repeat(100_000)}$A`,
  ])
    assert.equal(readForeignHash(text), null, text.slice(0, 60))
})
