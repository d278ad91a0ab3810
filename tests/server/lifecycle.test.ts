import assert from 'node:assert/strict'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { eventually } from '../../server/platform/cache/testing.ts'
import { isAlive } from '../../server/platform/database/embedded/alive.ts'
import { serverOf } from '../../server/platform/database/embedded/server-of.ts'
import type { TestServer } from '../harness.ts'
import { serverScript, signIn, startTestServer, withAccounts } from '../harness.ts'
import { rawExchange } from '../raw-exchange.ts'
import { runToEnd } from '../run-to-end.ts'

const postgresOf = ({ folder }: TestServer) => serverOf(join(folder, 'postgres'))

describe('a running server', () => {
  let server: TestServer
  before(async () => {
    server = await startTestServer()
  })
  after(() => server?.remove())

  test('is alive and ready', async () => {
    assert.deepEqual((await server.call('GET', '/livez')).body, { status: 'ok' })
    assert.deepEqual((await server.call('GET', '/readyz')).body, { status: 'ok' })
  })

  test('shows its figures on the admin listener, and there alone', async () => {
    await server.call('GET', '/livez')
    const admin = `http://127.0.0.1:${server.adminPort}`
    const figures = await fetch(`${admin}/metrics`)
    const text = await figures.text()
    assert.equal(figures.status, 200)
    assert.match(text, /^custodia_http_request_seconds_count\{route="GET \/livez",status="200"\} \d/m)
    assert.match(text, /^custodia_ledger_size \d/m)
    for (const path of ['/', '/v1/me', '/metrics/', '/livez']) {
      const answer = await fetch(admin + path)
      await answer.arrayBuffer()
      assert.equal(answer.status, 404, path)
    }
    assert.equal((await fetch(`${admin}/metrics`, { method: 'POST' })).status, 404)
    assert.equal((await server.call('GET', '/metrics')).status, 404)
  })

  test('keeps a second start off its folder, and goes on', async () => {
    const second = { ...server.environment, CUSTODIA_LISTEN: '127.0.0.1:0', CUSTODIA_ADMIN_LISTEN: 'off' }
    const { code, out, err } = await runToEnd(serverScript, ['start'], second)
    assert.ok(code !== 0 && code !== null, `it exited with ${code}`)
    assert.match(err, /Another process has the database in .+ open/)
    assert.match(err, /Stop it, or choose another folder with CUSTODIA_DATA/)
    assert.doesNotMatch(out, /"message":"ready"/)
    assert.equal((await server.call('GET', '/readyz')).status, 200)
  })

  test('keeps a second start off its port, which says how to choose another; a start that can’t be as told ends its database', async () => {
    const other = await startTestServer()
    await other.stop()
    const taken = { ...other.environment, CUSTODIA_LISTEN: `127.0.0.1:${server.port}` }
    const { code, err } = await runToEnd(serverScript, ['start'], taken)
    assert.ok(code !== 0 && code !== null, `it exited with ${code}`)
    assert.match(err, /is in use by another program.+CUSTODIA_LISTEN/)
    assert.equal(postgresOf(other), null, 'its database ended with it')
    const closing = { ...other.environment, CUSTODIA_API_VERSIONS: '{"v9":{"closed":true}}' }
    const unknown = await runToEnd(serverScript, ['start'], closing)
    assert.ok(unknown.code !== 0 && unknown.code !== null, 'it closes a version that is none')
    assert.match(unknown.err, /CUSTODIA_API_VERSIONS names v9, which no route has/)
    assert.equal(postgresOf(other), null)
    rmSync(other.folder, { recursive: true, force: true, maxRetries: 10 })
  })
})

/** Whether nobody listens: the line in the log comes a moment before. */
async function refusesConnections(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const refused = await once(socket, 'connect').then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ECONNREFUSED',
  )
  socket.destroy()
  return refused
}

describe('a server that is told to stop', () => {
  test('answers what it has begun, takes nothing new, ends with 0 and leaves nothing running', async (t) => {
    const server = await startTestServer()
    t.after(() => server.remove())
    const database = postgresOf(server)?.pid ?? 0
    assert.ok(isAlive(database))
    const host = new URL(server.publicUrl).host
    const body = JSON.stringify({ email: 'nobody@northwind.example', password: 'not the password of anybody' })
    const head = [
      'POST /v1/sign-in HTTP/1.1',
      `Host: ${host}`,
      `Origin: ${server.publicUrl}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Expect: 100-continue',
    ]
    // In flight: the server has read its head, and half of its body is on the way.
    const inFlight = rawExchange(server.port, `${head.join('\r\n')}\r\n\r\n${body.slice(0, 20)}`)
    await inFlight.begun
    const idle = connect(server.port, '127.0.0.1')
    await once(idle, 'connect')

    const ended = once(server.child, 'exit')
    let said = ''
    server.child.stdout?.on('data', (chunk) => (said += chunk))
    server.child.kill('SIGTERM')
    await eventually(() => /requests in flight may finish/.test(said))
    idle.destroy()
    await eventually(() => refusesConnections(server.port))
    inFlight.write(body.slice(20))
    const { status, body: problem } = await inFlight.answer
    assert.deepEqual([status, problem.code], [401, 'IDENTITY_CREDENTIALS_WRONG'])

    assert.deepEqual(await ended, [0, null])
    assert.equal(postgresOf(server), null)
    assert.equal(isAlive(database), false)
  })

  test('has written what it only noted: the refused sign-in stands in the ledger after a restart', async (t) => {
    const server = await startTestServer()
    let again: TestServer | null = null
    t.after(async () => {
      await again?.stop()
      await server.remove()
    })
    const [administrator] = await withAccounts(server)
    assert.ok(administrator)
    const wrong = { email: administrator.email, password: 'not the password of anybody' }
    assert.equal((await server.call('POST', '/v1/sign-in', { body: wrong })).status, 401)
    await server.stop()
    again = await startTestServer({ folder: server.folder, port: server.port })
    const cookie = await signIn(again.call, administrator)
    const found = await again.call('GET', '/v1/ledger/entries?type=identity.user.sign-in-refused', { cookie })
    assert.equal((found.body.items as unknown[]).length, 1)
  })

  test('a second signal does not cut the first one short', async (t) => {
    const server = await startTestServer()
    t.after(() => server.remove())
    const ended = once(server.child, 'exit')
    for (const signal of ['SIGTERM', 'SIGTERM', 'SIGINT'] as const) server.child.kill(signal)
    assert.deepEqual(await ended, [0, null])
    assert.equal(postgresOf(server), null)
  })

  test('ends, database and all, when the process that started it is gone', async (t) => {
    const server = await startTestServer()
    t.after(() => server.remove())
    const ended = once(server.child, 'exit')
    server.child.disconnect()
    assert.deepEqual(await ended, [0, null])
    assert.equal(postgresOf(server), null)
  })
})
