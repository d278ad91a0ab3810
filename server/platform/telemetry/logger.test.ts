import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import type { LogLevel } from './logger.ts'
import { createLogger } from './logger.ts'

function capture(level: LogLevel = 'debug', pretty = false) {
  const lines: string[] = []
  const log = createLogger({ level, pretty, destination: { write: (line) => lines.push(line) } })
  return { log, lines, last: () => JSON.parse(lines.at(-1) as string) as Record<string, unknown> }
}

test('a line is one JSON object with level, time, message and the fields', () => {
  const { log, lines, last } = capture()
  log.warn({ organisation: 'org_1', count: 2 }, 'something is odd')
  assert.deepEqual(Object.keys(last()), ['level', 'time', 'organisation', 'count', 'message'])
  assert.equal(last().level, 'warn')
  assert.equal(last().message, 'something is odd')
  assert.match(String(last().time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  assert.match(lines[0] as string, /^[^\n]+\n$/)
})

test('what is less important than the level is not written', () => {
  const { log, lines } = capture('warn')
  log.debug({}, 'no')
  log.info({}, 'no')
  log.child({ a: 1 }).info({}, 'no')
  assert.deepEqual(lines, [])
  log.error({}, 'yes')
  assert.equal(lines.length, 1)
})

test('a child says its fields in every line, masked like others', () => {
  const { log, lines, last } = capture()
  log.child({ requestId: 'req_1', cookie: 'hunter2' }).child({ route: '/v1/x' }).info({ token: 'hunter2' }, 'done')
  assert.equal(last().requestId, 'req_1')
  assert.equal(last().route, '/v1/x')
  assert.ok(!lines.join().includes('hunter2'))
})

test('no field can pass for the level, the time or the message, or begin a line of its own', () => {
  const { log, lines, last } = capture()
  log
    .child({ level: 'debug' })
    .error({ level: 'info', time: 'never', message: 'all is well', text: '\n{"level":"info"}' }, 'it\nfailed')
  assert.equal(lines.join('').split('\n').length, 2)
  assert.equal((lines[0] as string).match(/"(level|message|time)":/g)?.length, 3)
  assert.equal(last().level, 'error')
  assert.equal(last().message, 'it�failed')
})

test('fields named like the methods of every object are fields', () => {
  const { log, last } = capture()
  const names = ['hasOwnProperty', 'toJSON', 'constructor', 'toString', 'serializers', 'formatters', 'err', '__proto__']
  const odd = JSON.parse(`{${names.map((name) => `"${name}":"x"`).join()}}`) as object
  log.child(odd).info({ ...odd, nested: odd }, 'odd')
  for (const name of names.slice(0, -1)) assert.equal(last()[name], 'x', name)
})

test('a line for a terminal is one line too, with the same masks', () => {
  const { log, lines } = capture('debug', true)
  log.info({ user: 'usr_1', note: 'two words', token: 'hunter2', nested: { a: 1 } }, 'signed in')
  assert.match(
    lines[0] as string,
    /^\d\d:\d\d:\d\d\.\d{3} INFO {2}signed in user=usr_1 note="two words" token=\[masked\] nested=\{"a":1\}\n$/,
  )
})

test('the last words of a process reach standard output', () => {
  const code = `import { createLogger } from ${JSON.stringify(new URL('logger.ts', import.meta.url).href)}
    createLogger({ level: 'info' }).error({ code: 7 }, 'good-bye'); process.exit(1)`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' })
  assert.equal((JSON.parse(stdout) as { message: string }).message, 'good-bye')
})
