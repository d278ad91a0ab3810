import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { ConfigurationError } from './configuration-error.ts'
import { configurationTable, describeConfiguration } from './describe-configuration.ts'
import type { Environment } from './read-configuration.ts'
import { readConfiguration } from './read-configuration.ts'
import { setting } from './setting.ts'

const tables = {
  platform: {
    listen: setting.text({ description: 'Where.', example: '1', default: 'here' }),
    databaseUrl: setting.optionalText({
      description: 'Database.',
      example: 'postgres://db',
      pattern: /^postgres:/,
      secret: true,
    }),
  },
  sessions: {
    idleTimeoutSeconds: setting.number({
      description: 'Idle.',
      min: 60,
      max: 86_400,
      unit: 'seconds',
      example: '900',
      default: 900,
    }),
    strict: setting.flag({ description: 'Strict.', example: 'true', default: false }),
  },
  access: {
    roles: setting.structure<object>({
      description: 'Roles.',
      shape: 'a mapping',
      example: '{}',
      default: {},
      check(value) {
        if (typeof value !== 'object' || value === null) throw new Error('it is not a mapping')
        return value
      },
    }),
  },
} as const

const folder = mkdtempSync(join(tmpdir(), 'custodia-config-'))
after(() => rmSync(folder, { recursive: true }))

let files = 0
function write(text: string | Uint8Array, mode = 0o600): string {
  files += 1
  const path = join(folder, `file-${files}`)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

const read = (environment: Environment = {}, text?: string | Uint8Array) =>
  readConfiguration({ tables, environment, ...(text === undefined ? {} : { filePath: write(text) }) })

function problemsOf(environment: Environment, text?: string | Uint8Array): ConfigurationError {
  try {
    read(environment, text)
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error))
    return error
  }
  throw new assert.AssertionError({ message: 'nothing was refused' })
}

test('environment wins over file wins over default', () => {
  const file = 'listen: there\nsessions:\n  idleTimeoutSeconds: 120\n  strict: true\n'
  const { values } = read({ CUSTODIA_SESSIONS_IDLE_TIMEOUT_SECONDS: '240' }, file)
  assert.deepEqual(values, {
    platform: { listen: 'there', databaseUrl: null },
    sessions: { idleTimeoutSeconds: 240, strict: true },
    access: { roles: {} },
  })
})

test('the file may be JSON, empty, or have empty parts', () => {
  assert.equal(read({}, '{"sessions": {"idleTimeoutSeconds": 61}}').values.sessions.idleTimeoutSeconds, 61)
  for (const text of ['', '# nothing\n', 'sessions:\n', '{}', '---\n'])
    assert.equal(read({}, text).values.platform.listen, 'here')
})

test('a structure comes as YAML from the file and as JSON from the environment', () => {
  assert.deepEqual(read({}, 'access: { roles: { reader: [a] } }').values.access.roles, { reader: ['a'] })
  assert.deepEqual(read({ CUSTODIA_ACCESS_ROLES: '{"reader":["a"]}' }).values.access.roles, { reader: ['a'] })
  assert.match(problemsOf({ CUSTODIA_ACCESS_ROLES: 'reader: a' }).message, /CUSTODIA_ACCESS_ROLES: it is not JSON/)
})

test('the file is the one that CUSTODIA_CONFIG names, unless a path is given', () => {
  const [named, given] = [write('listen: named'), write('listen: given')]
  assert.equal(read({ CUSTODIA_CONFIG: named }).values.platform.listen, 'named')
  const both = readConfiguration({ tables, environment: { CUSTODIA_CONFIG: named }, filePath: given })
  assert.equal(both.values.platform.listen, 'given')
})

test('everything that is wrong is said at once, each with key, reason, shape and example', () => {
  const { problems, message } = problemsOf(
    { CUSTODIA_SESSIONS_IDLE_TIMEOUT_SECONDS: '5', CUSTODIA_LISTN: 'x', CUSTODIA_SESSIONS_STRICT: 'yes' },
    'sesions: {}\nsessions: { idel: 1 }\nlisten: 5\n',
  )
  assert.equal(problems.length, 6)
  assert.match(message, /^The configuration has 6 problems:\n/)
  assert.match(
    message,
    /CUSTODIA_SESSIONS_IDLE_TIMEOUT_SECONDS: it is outside 60 to 86400\. It takes a number of seconds from 60 to 86400\. Example: 900/,
  )
  assert.match(message, /CUSTODIA_SESSIONS_STRICT: it is neither true nor false/)
  assert.match(message, /CUSTODIA_LISTN: nothing has this name\. Did you mean CUSTODIA_LISTEN\?/)
  assert.match(message, /sesions in \S+: nothing has this name\. Did you mean sessions\?/)
  assert.match(message, /sessions\.idel in \S+: nothing has this name/)
  assert.match(message, /listen: it is not text/)
})

test("names of others are left alone, and nobody else's", () => {
  read({ CUSTODIA_TEST_DATABASE_URL: 'x', CUSTODIA_DEMO_PORT: '1', PATH: '/bin', custodia_listen: 'x', CUSTODIA: 'x' })
  for (const name of [
    'CUSTODIA_',
    'CUSTODIA_TESTS',
    'CUSTODIA_CONFIGX',
    'CUSTODIA_PLATFORM_LISTEN',
    'CUSTODIA_sessions_STRICT',
  ])
    assert.match(problemsOf({ [name]: 'x' }).message, /nothing has this name/)
  assert.throws(
    () => readConfiguration({ tables, environment: { CUSTODIA_TEST_X: '1' }, foreign: [] }),
    ConfigurationError,
  )
})

test('whoever reads with a part of the tables passes over names of others, and over nothing else', () => {
  const part = { platform: tables.platform }
  const path = join(folder, 'partial.yaml')
  writeFileSync(path, 'listen: there\nsessions: { strict: true }\n')
  const read = (environment: Environment, partial = true) =>
    readConfiguration({ tables: part, environment, filePath: path, partial })
  assert.equal(read({ CUSTODIA_SESSIONS_STRICT: 'yes' }).values.platform.listen, 'there')
  assert.throws(() => read({}, false), ConfigurationError)
  assert.throws(() => read({ CUSTODIA_DATABASE_URL: 'mysql:' }), /CUSTODIA_DATABASE_URL/)
  writeFileSync(path, 'listen: there\nlisten: here\n')
  assert.throws(() => read({}), /stands there twice/)
})

test('a name that resembles nothing gets no bad advice', () => {
  assert.deepEqual(problemsOf({ CUSTODIA_ZZZZZZZZZZ: '1' }).problems, [
    { key: 'CUSTODIA_ZZZZZZZZZZ', reason: 'nothing has this name' },
  ])
})

test('a secret may stand in a file of its own, of which one line break at the end is no part', () => {
  for (const end of ['', '\n', '\r\n']) {
    const { values, entries, warnings } = read({ CUSTODIA_DATABASE_URL_FILE: write(`postgres://a b ${end}`) })
    assert.equal(values.platform.databaseUrl, 'postgres://a b ')
    assert.equal(entries.find(({ key }) => key.name === 'databaseUrl')?.source, 'secret file')
    assert.deepEqual(warnings, [])
  }
})

test('a secret that others can read is warned of, wherever it stands', () => {
  assert.match(read({ CUSTODIA_DATABASE_URL_FILE: write('postgres://x', 0o644) }).warnings.join(), /DATABASE_URL_FILE/)
  const inFile = (text: string) => readConfiguration({ tables, environment: {}, filePath: write(text, 0o644) }).warnings
  assert.match(inFile('databaseUrl: postgres://x').join(), /databaseUrl is secret/)
  assert.deepEqual(inFile('listen: there'), [])
})

test('a secret in both forms, or in a file that is none, is refused', () => {
  const path = write('postgres://x')
  assert.match(
    problemsOf({ CUSTODIA_DATABASE_URL: 'postgres://y', CUSTODIA_DATABASE_URL_FILE: path }).message,
    /only one of the two/,
  )
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  for (const wrong of [
    join(folder, 'none'),
    folder,
    '',
    pipe,
    '/dev/zero',
    write('x'.repeat(65_537)),
    write(Buffer.from('postgres://\xff', 'latin1')),
  ])
    assert.match(problemsOf({ CUSTODIA_DATABASE_URL_FILE: wrong }).message, /CUSTODIA_DATABASE_URL_FILE: /)
})

test('only a secret may stand in a file of its own', () => {
  assert.match(problemsOf({ CUSTODIA_LISTEN_FILE: write('x') }).message, /only a secret .* set CUSTODIA_LISTEN\./)
})

test('a secret that is refused is not repeated, from wherever it came', () => {
  const secret = 'hunter2'
  const environments: Environment[] = [{ CUSTODIA_DATABASE_URL: secret }, { CUSTODIA_DATABASE_URL_FILE: write(secret) }]
  const all = [...environments.map((environment) => problemsOf(environment)), problemsOf({}, `databaseUrl: ${secret}`)]
  for (const error of all) {
    assert.ok(!JSON.stringify([error.message, error.problems, error.stack]).includes(secret))
    assert.match(error.message, /right shape/)
  }
})

test('a file that is not YAML is refused by line, and nothing of it is quoted', () => {
  const broken = [
    'databaseUrl: "hunter2',
    'databaseUrl: "\\xhunter2"',
    'a: hunter2: c',
    'databaseUrl: !hunter2 x',
    'a: *hunter2',
    '\thunter2: 1',
    '[hunter2',
    'listen: a\n---\nlisten: hunter2',
    '%hunter2\n---\n',
    '@hunter2: 1',
    '? [hunter2]\n: 1',
  ]
  for (const text of broken) {
    const { message } = problemsOf({}, text)
    assert.ok(!message.includes('hunter2'), message)
  }
  assert.match(problemsOf({}, 'listen: a\nlisten: b').message, /line 2, column 1: the key stands there twice/)
  assert.match(problemsOf({}, '{"sessions": {"strict": true, "strict": false}}').message, /twice/)
})

test('a file that is no mapping, no text, too large, or a bomb is refused', () => {
  const deep = '['.repeat(50_000)
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefgh'].map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[i]}`).join()}]`).join('\n')}`
  for (const text of [
    '[]',
    'text',
    '5',
    'sessions: []',
    'sessions: 5',
    deep,
    bomb,
    Buffer.from('listen: \xff', 'latin1'),
    '#'.repeat(262_145),
  ])
    problemsOf({}, text)
  assert.match(problemsOf({ CUSTODIA_CONFIG: join(folder, 'absent') }).message, /ENOENT/)
  problemsOf({ CUSTODIA_CONFIG: '' })
})

test('keys that every object has are unknown keys like others', () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    assert.match(problemsOf({}, `${name}: { a: 1 }`).message, /nothing has this name/)
    assert.match(problemsOf({}, `sessions: { ${name}: 1 }`).message, /nothing has this name/)
  }
  assert.match(problemsOf({}, 'sessions.strict: true').message, /nothing has this name/)
  assert.match(problemsOf({}, 'platform: { listen: x }').message, /nothing has this name/)
})

test('two settings of one name are a mistake of ours, and stop the start', () => {
  const text = setting.text({ description: 'x', example: 'x', default: 'x' })
  const secret = setting.text({ description: 'x', example: 'x', default: 'x', secret: true })
  const wrong = [
    { platform: { aB: text }, a: { b: text } },
    { platform: { a: text }, a: {} },
    { platform: { key: secret, keyFile: text } },
  ]
  for (const tablesOfOne of wrong) {
    const run = () => readConfiguration({ tables: tablesOfOne as unknown as typeof tables, environment: {} })
    assert.throws(run, /two settings have the name/)
  }
})

const anything = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: fc.constantFrom(...'{}[]:,-&*!|>#%@`"\'\n\t ?ab1sessions~'), maxLength: 200 }),
  fc.json(),
  fc.object().map((value) => JSON.stringify({ sessions: value, access: value, ...value })),
)

test('whatever stands in the file, the answer is a configuration or a ConfigurationError', () => {
  fc.assert(
    fc.property(anything, (text) => {
      try {
        const { values } = read({}, text)
        assert.ok(Number.isInteger(values.sessions.idleTimeoutSeconds))
      } catch (error) {
        assert.ok(error instanceof ConfigurationError, String(error))
        for (const line of error.message.split('\n')) assert.match(line, /^[^\p{C}]*$/u)
      }
    }),
    { numRuns: 300 },
  )
})

test('whatever stands in the environment, the answer is a configuration or a ConfigurationError', () => {
  const known = ['LISTEN', 'DATABASE_URL', 'DATABASE_URL_FILE', 'SESSIONS_STRICT', 'ACCESS_ROLES', 'CONFIG']
  const name = fc.oneof(fc.constantFrom(...known), fc.string({ unit: 'grapheme' })).map((end) => `CUSTODIA_${end}`)
  fc.assert(
    fc.property(fc.dictionary(name, fc.string({ unit: 'binary' }), { maxKeys: 6 }), (environment) => {
      try {
        read(environment)
      } catch (error) {
        assert.ok(error instanceof ConfigurationError, String(error))
      }
    }),
    { numRuns: 200 },
  )
})

test('the description says where each value came from, and shows no secret', () => {
  const configuration = read(
    { CUSTODIA_DATABASE_URL: 'postgres://me:hunter2@db', CUSTODIA_SESSIONS_STRICT: 'true' },
    'listen: there\u0007',
  )
  const rows = describeConfiguration(configuration)
  const row = (key: string) => rows.find((one) => one.key === key)
  assert.deepEqual(row('CUSTODIA_DATABASE_URL'), {
    key: 'CUSTODIA_DATABASE_URL',
    file: 'databaseUrl',
    value: '(set, not shown)',
    source: 'environment',
    description: 'Database.',
  })
  assert.equal(row('CUSTODIA_SESSIONS_STRICT')?.value, 'true')
  assert.equal(row('CUSTODIA_SESSIONS_IDLE_TIMEOUT_SECONDS')?.source, 'default')
  assert.equal(row('CUSTODIA_ACCESS_ROLES')?.value, '{}')
  const table = configurationTable(rows)
  assert.ok(!(JSON.stringify(rows) + table).includes('hunter2'))
  assert.equal(table.split('\n').length, rows.length + 1)
  assert.match(table, /CUSTODIA_LISTEN +there\? +file +Where\./)
  assert.equal(describeConfiguration(read()).find((one) => one.key === 'CUSTODIA_DATABASE_URL')?.value, '(not set)')
})
