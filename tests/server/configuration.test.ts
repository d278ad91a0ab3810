import assert from 'node:assert/strict'
import { chmodSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { inheritedEnvironment, newFolder, serverScript } from '../harness.ts'
import type { Ended } from '../run-to-end.ts'
import { runToEnd } from '../run-to-end.ts'

const secret = 'hunter2-and-nobody-else'

describe('the configuration of a real process', { concurrency: 2 }, () => {
  const folder = newFolder()
  after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))

  const run = (args: readonly string[], environment: NodeJS.ProcessEnv): Promise<Ended> =>
    runToEnd(serverScript, args, {
      ...inheritedEnvironment(),
      CUSTODIA_DATA: join(folder, 'unused'),
      CUSTODIA_LISTEN: '127.0.0.1:0',
      CUSTODIA_ADMIN_LISTEN: 'off',
      ...environment,
    })
  const file = (name: string, text: string): string => {
    const path = join(folder, name)
    writeFileSync(path, text, { mode: 0o600 })
    return path
  }

  const yaml = (name: string, text: string) => () => ({ CUSTODIA_CONFIG: file(`${name}.yaml`, text) })
  const refused: readonly [what: string, environment: () => NodeJS.ProcessEnv, says: readonly RegExp[]][] = [
    [
      'a name in the environment that nothing has, and names the one that was meant',
      () => ({ CUSTODIA_LISTN: '127.0.0.1:1' }),
      [/CUSTODIA_LISTN: nothing has this name/, /Did you mean CUSTODIA_LISTEN\?/],
    ],
    ['a name in the file that nothing has', yaml('unknown', 'gatewy: {}\n'), [/gatewy/, /Did you mean gateway\?/]],
    [
      'a name of a module in the file that nothing has',
      yaml('inner', 'sessions: { idleTimeout: 60 }\n'),
      [/sessions\.idleTimeout/, /nothing has this name/],
    ],
    [
      'a value of the wrong shape, with shape and example',
      () => ({ CUSTODIA_SESSIONS_IDLE_TIMEOUT_SECONDS: 'soon' }),
      [/CUSTODIA_SESSIONS_IDLE_TIMEOUT_SECONDS/, /seconds from 120 to 86400/, /Example: 900/],
    ],
    [
      'a value outside its bounds',
      () => ({ CUSTODIA_BODY_LIMIT_BYTES: '99999999999' }),
      [/CUSTODIA_BODY_LIMIT_BYTES/, /1024 to 1048576/, /Example: 65536/],
    ],
    [
      'a version of the API that is none',
      () => ({ CUSTODIA_API_VERSIONS: '{"v1":{"sunset":"soon"}}' }),
      [/CUSTODIA_API_VERSIONS/, /v1\.sunset is not a day/, /Example/],
    ],
    [
      'an address without a port',
      () => ({ CUSTODIA_LISTEN: '127.0.0.1' }),
      [/CUSTODIA_LISTEN/, /host:port/, /Example/],
    ],
    ['a key that stands twice', yaml('twice', 'logLevel: info\nlogLevel: warn\n'), [/twice\.yaml line 2/, /twice/]],
    ['a file that is not there', () => ({ CUSTODIA_CONFIG: join(folder, 'none.yaml') }), [/none\.yaml/, /ENOENT/]],
    [
      'a secret given both in place and by file',
      () => ({
        CUSTODIA_DATABASE_URL: `postgres://a:${secret}@127.0.0.1/b`,
        CUSTODIA_DATABASE_URL_FILE: file('url', `postgres://a:${secret}@127.0.0.1/b`),
      }),
      [/CUSTODIA_DATABASE_URL_FILE/, /CUSTODIA_DATABASE_URL is set too/],
    ],
    [
      'a secret file that is not there',
      () => ({ CUSTODIA_DATABASE_URL_FILE: join(folder, 'no-secret') }),
      [/CUSTODIA_DATABASE_URL_FILE/, /ENOENT/],
    ],
    [
      'a secret of the wrong shape, without repeating it',
      () => ({ CUSTODIA_DATABASE_URL_FILE: file('wrong', `mysql://a:${secret}@db/c`) }),
      [/CUSTODIA_DATABASE_URL_FILE/, /postgres:\/\/ or postgresql:\/\//, /Example/],
    ],
    [
      'a file for what is no secret',
      () => ({ CUSTODIA_LOG_LEVEL_FILE: file('level', 'info') }),
      [/CUSTODIA_LOG_LEVEL_FILE/, /set CUSTODIA_LOG_LEVEL/],
    ],
    [
      'to listen beyond loopback without TLS',
      () => ({ CUSTODIA_LISTEN: '0.0.0.0:0' }),
      [/CUSTODIA_LISTEN/, /other machines can reach/, /CUSTODIA_TLS=development/, /127\.0\.0\.1/],
    ],
    [
      'to listen on every IPv6 address without TLS',
      () => ({ CUSTODIA_LISTEN: '[::]:0' }),
      [/other machines can reach/],
    ],
    [
      'TLS from files without the files',
      () => ({ CUSTODIA_TLS: 'files' }),
      [/CUSTODIA_TLS_CERTIFICATE_FILE/, /CUSTODIA_TLS_KEY_FILE/],
    ],
    [
      'a rule of the gateway with a permission that does not exist',
      yaml(
        'rule',
        'gateway: { applications: { inbox: { host: inbox.localhost, upstream: "http://127.0.0.1:1", rules: [{ path: "/**", permission: "inbox:fly" }] } } }\n',
      ),
      [/gateway\.applications: inbox\.rules\[0\]\.permission/, /Example/],
    ],
    [
      'a database that does not answer, and names the setting without the password',
      () => ({ CUSTODIA_DATABASE_URL: `postgres://a:${secret}@127.0.0.1:1/b` }),
      [/CUSTODIA_DATABASE_URL/, /ECONNREFUSED/],
    ],
  ]
  for (const [what, environment, says] of refused)
    test(`refuses ${what}`, async () => {
      const { code, out, err } = await run(['start'], environment())
      assert.ok(code !== 0 && code !== null, `it exited with ${code}`)
      for (const one of says) assert.match(err, one)
      assert.doesNotMatch(err + out, new RegExp(secret))
      assert.doesNotMatch(err, /\n\s+at /, 'no stack')
    })

  test('all that is wrong is said at once', async () => {
    const { err } = await run(['start'], { CUSTODIA_LISTN: 'x', CUSTODIA_LOG_LEVEL: 'loud', CUSTODIA_TLS: 'maybe' })
    assert.match(err, /3 problems/)
    for (const key of ['CUSTODIA_LISTN', 'CUSTODIA_LOG_LEVEL', 'CUSTODIA_TLS']) assert.match(err, new RegExp(key))
  })

  test('a first start that is refused leaves nothing of the database that it had begun', async () => {
    const data = join(folder, 'refused')
    const { code, err } = await run(['start'], { CUSTODIA_DATA: data, CUSTODIA_SESSIONS_IDLE_TIMEOUT_SECONDS: 'soon' })
    assert.notEqual(code, 0)
    assert.match(err, /CUSTODIA_SESSIONS_IDLE_TIMEOUT_SECONDS/)
    assert.deepEqual(readdirSync(data), [])
  })

  test('config prints every setting with its source, and no secret', async () => {
    const environment = {
      CUSTODIA_DATABASE_URL_FILE: file('good', `postgres://a:${secret}@db/c\n`),
      CUSTODIA_REDIS_URL: `rediss://:${secret}@cache:6379`,
      CUSTODIA_LOG_LEVEL: 'warn',
      CUSTODIA_CONFIG: file('good.yaml', 'requestTimeoutSeconds: 7\n'),
    }
    const table = await run(['config'], environment)
    const json = await run(['config', '--json'], environment)
    assert.deepEqual([table.code, json.code], [0, 0])
    for (const { out, err } of [table, json]) assert.doesNotMatch(out + err, new RegExp(secret))
    const rows = JSON.parse(json.out) as { key: string; value: string; source: string }[]
    const row = (key: string) => {
      const { value, source } = rows.find((one) => one.key === key) ?? { value: null, source: null }
      return [value, source]
    }
    assert.deepEqual(row('CUSTODIA_DATABASE_URL'), ['(set, not shown)', 'secret file'])
    assert.deepEqual(row('CUSTODIA_REDIS_URL'), ['(set, not shown)', 'environment'])
    assert.deepEqual(row('CUSTODIA_KEYRING_ROOT_KEY_PASSPHRASE'), ['(not set)', 'default'])
    assert.deepEqual(row('CUSTODIA_LOG_LEVEL'), ['warn', 'environment'])
    assert.deepEqual(row('CUSTODIA_REQUEST_TIMEOUT_SECONDS'), ['7', 'file'])
    for (const { key } of rows) assert.match(table.out, new RegExp(`^${key} `, 'm'))
  })

  test('a word that is no command is refused, and those that are one are listed', async () => {
    const { code, err } = await run(['strat'], {})
    assert.equal(code, 2)
    assert.match(err, /start, config, keyring init/)
  })
})

describe('the root key of a real process', () => {
  const folder = newFolder()
  const environment = {
    ...inheritedEnvironment(),
    CUSTODIA_DATA: folder,
    CUSTODIA_LISTEN: '127.0.0.1:0',
    CUSTODIA_ADMIN_LISTEN: 'off',
  }
  const run = (...args: string[]) => runToEnd(serverScript, args, environment)
  const configured = (yaml: string) => {
    const file = join(folder, 'custodia.yaml')
    writeFileSync(file, yaml, { mode: 0o600 })
    return runToEnd(serverScript, ['start'], { ...environment, CUSTODIA_CONFIG: file })
  }
  const key = join(folder, 'root.key')
  before(async () => assert.equal((await run('keyring', 'init')).code, 0))
  after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))

  async function refusal(): Promise<string> {
    const { code, out, err } = await run('start')
    assert.ok(code !== 0 && code !== null, `it exited with ${code}`)
    assert.doesNotMatch(out, /"message":"ready"/)
    return err
  }

  test('is never replaced by a second init', async () => {
    const { code, err } = await run('keyring', 'init')
    assert.notEqual(code, 0)
    assert.match(err, /never replaced/)
  })

  test('does not make a role right that names a permission that does not exist', async () => {
    const role = '{ summary: Reads mail., permissions: ["inbox:read"] }'
    const { code, err } = await configured(`access: { roles: { reader: ${role} } }\n`)
    assert.ok(code !== 0 && code !== null, `it exited with ${code}`)
    assert.match(err, /CUSTODIA_ACCESS_ROLES names permissions that do not exist: reader: inbox:read/)
  })

  test('does not help where Redis does not answer: the start says which setting names it', async () => {
    const redis = { CUSTODIA_REDIS_URL: `redis://:${secret}@127.0.0.1:1` }
    const { code, err } = await runToEnd(serverScript, ['start'], { ...environment, ...redis })
    assert.ok(code !== 0 && code !== null, `it exited with ${code}`)
    assert.match(err, /CUSTODIA_REDIS_URL/)
    assert.doesNotMatch(err, new RegExp(secret))
  })

  test('that others can read stops the start, which says what to run', async () => {
    assert.equal((await run('setup-link')).code, 0, 'with the right key the installation is made')
    chmodSync(key, 0o644)
    assert.match(await refusal(), new RegExp(`chmod 600 ${key}`))
    chmodSync(key, 0o600)
  })

  test('that is missing stops the start, which names the file and the command to run', async () => {
    rmSync(key)
    const said = await refusal()
    assert.match(said, new RegExp(`no root key at ${key}`))
    assert.match(said, /custodia keyring init/)
  })

  test('that is not the one of this database stops the start, and nothing is overwritten', async () => {
    assert.equal((await run('keyring', 'init')).code, 0)
    assert.match(await refusal(), /was made with the root key [0-9a-f-]{36}.+Put that root key back/)
  })

  test('that is no root key stops the start, and what the file holds is not repeated', async () => {
    writeFileSync(key, secret, { mode: 0o600 })
    const said = await refusal()
    assert.match(said, /is not a root key/)
    assert.doesNotMatch(said, new RegExp(secret))
  })
})
