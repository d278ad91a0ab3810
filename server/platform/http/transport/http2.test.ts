import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:http2'
import { after, before, describe, test } from 'node:test'
import { systemClock } from '../../clock.ts'
import type { TestHttpServer } from '../testing.ts'
import { openHttpServer } from '../testing.ts'
import type { TlsMaterial } from '../tls.ts'
import type { RawHttp2 } from './frames-testing.ts'
import { flags, frame, frames, head, rawHttp2 } from './frames-testing.ts'
import { newCertificate } from './testing.ts'

const rounds = 3_000
const patienceMs = 15_000

describe('floods of HTTP/2 frames', { timeout: 60_000 }, () => {
  let target: TestHttpServer
  let authority: string
  let tls: TlsMaterial
  before(async () => {
    const { authority: trusted, ...material } = await newCertificate(['localhost'], systemClock)
    authority = trusted
    tls = material
    target = await openHttpServer({ tls, overload: quick, requestTimeoutSeconds: 2 })
  })
  after(() => target.server.drain(0))

  /** Somebody else, on a connection of their own, while all that goes on. */
  const wellServed = async () => {
    const session = connect(`https://localhost:${target.port}`, { ca: authority })
    const stream = session.request({ ':path': '/small' })
    const [answer] = await once(stream, 'response')
    stream.resume()
    session.close()
    return (answer as { ':status': number })[':status'] === 200
  }

  /** Sends until the other side has had enough. @returns how many it took. */
  const flood = async (connection: RawHttp2, make: (round: number) => Uint8Array, count = rounds) => {
    let sent = 0
    for (; sent < count && !connection.over(); sent += 50)
      await connection.send(Buffer.concat(Array.from({ length: 50 }, (_, i) => make(sent + i))))
    await soon(connection.closed)
    return sent
  }

  test('requests that are reset at once end their connection (CVE-2023-44487)', async () => {
    const connection = await rawHttp2(target.port)
    await flood(connection, (round) => {
      const stream = round * 2 + 1
      return Buffer.concat([
        frame(frames.headers, flags.endHeaders | flags.endStream, stream, head('GET', '/small')),
        frame(frames.reset, 0, stream, Buffer.of(0, 0, 0, 8)),
      ])
    })
    assert.ok(connection.over())
    assert.ok(connection.received().includes(frames.goAway))
    assert.ok(await wellServed())
  })

  test('a head that never ends ends its connection (CVE-2024-27316)', async () => {
    const connection = await rawHttp2(target.port)
    await connection.send(frame(frames.headers, flags.endStream, 1, head('GET', '/small')))
    const line = Buffer.concat([Buffer.of(0x00, 3), Buffer.from('x-a'), Buffer.of(100), Buffer.alloc(100, 'y')])
    const more = Buffer.concat(Array.from({ length: 100 }, () => line))
    await flood(connection, () => frame(frames.continuation, 0, 1, more), 1_000)
    assert.ok(connection.over())
    assert.ok(await wellServed())
  })

  test('empty pieces of a head end their connection', async () => {
    const connection = await rawHttp2(target.port)
    await connection.send(frame(frames.headers, flags.endStream, 1, head('GET', '/small')))
    await flood(connection, () => frame(frames.continuation, 0, 1))
    assert.ok(connection.over())
    assert.ok(await wellServed())
  })

  const floods: Readonly<Record<string, (round: number) => Uint8Array>> = {
    'pings (CVE-2019-9512)': () => frame(frames.ping, 0, 0, Buffer.alloc(8)),
    'settings (CVE-2019-9515)': () => frame(frames.settings, 0, 0),
    'answers to pings that nobody sent': () => frame(frames.ping, flags.ack, 0, Buffer.alloc(8)),
    'empty data (CVE-2019-9518)': () => frame(frames.data, 0, 1),
    'frames of an unknown type that claim to end streams': (round) =>
      frame(frames.reset, 0, round * 2 + 1, Buffer.alloc(4)),
  }
  for (const [name, make] of Object.entries(floods))
    test(`floods of ${name} end their connection`, async () => {
      const connection = await rawHttp2(target.port)
      if (name.startsWith('empty'))
        await connection.send(frame(frames.headers, flags.endHeaders, 1, head('POST', '/take')))
      await flood(connection, make)
      assert.ok(connection.over())
      assert.ok(await wellServed())
    })

  test('more streams at once than were allowed are refused', async () => {
    const connection = await rawHttp2(target.port)
    const all = Array.from({ length: 150 }, (_, i) =>
      frame(frames.headers, flags.endHeaders, i * 2 + 1, head('POST', '/take')),
    )
    await connection.send(Buffer.concat(all))
    await until(() => connection.received().filter((type) => type === frames.reset).length >= 50 || connection.over())
    assert.ok(await wellServed())
    connection.socket.destroy()
  })

  test('a body that does not come ends its stream, and a connection that asks nothing is closed, pings or not', async () => {
    const [silent, pinging, halfAsked] = await Promise.all([
      rawHttp2(target.port),
      rawHttp2(target.port),
      rawHttp2(target.port),
    ])
    await halfAsked.send(frame(frames.headers, flags.endHeaders, 1, head('POST', '/take')))
    const ping = setInterval(() => void pinging.send(frame(frames.ping, 0, 0, Buffer.alloc(8))), 500)
    await until(
      () => halfAsked.over() || halfAsked.received().some((type) => type === frames.reset || type === frames.headers),
    )
    await soon(Promise.all([silent.closed, pinging.closed]))
    clearInterval(ping)
    assert.ok(silent.over() && pinging.over())
    assert.ok((await target.figure('custodia_http_slow_clients_total{reason="idle"}')) >= 2)
    halfAsked.socket.destroy()
  })

  test('an answer that nobody takes ends the connection, also where a byte is taken now and then', async (t) => {
    const target = await openHttpServer({ tls, overload: quick })
    t.after(() => target.server.drain(0))
    const nothing = Buffer.of(0, 4, 0, 0, 0, 0)
    const [stalled, trickling] = await Promise.all([rawHttp2(target.port, nothing), rawHttp2(target.port, nothing)])
    for (const one of [stalled, trickling])
      await one.send(frame(frames.headers, flags.endHeaders | flags.endStream, 1, head('GET', '/large')))
    const trickle = setInterval(() => void trickling.send(frame(frames.window, 0, 1, Buffer.of(0, 0, 0, 1))), 200)
    await soon(Promise.all([stalled.closed, trickling.closed]))
    clearInterval(trickle)
    assert.ok(stalled.over() && trickling.over())
    assert.equal(await target.figure('custodia_http_slow_clients_total{reason="read"}'), 2)
  })
})

const quick = {
  maxConnections: 500,
  maxConnectionsPerAddress: 100,
  leastBytesPerSecond: 16_777_216,
  slowClientSeconds: 1,
}

/** Waits, and not for ever: what did not come is found by what is asserted next. */
async function soon(what: Promise<unknown>): Promise<void> {
  let late: NodeJS.Timeout | undefined
  await Promise.race([what, new Promise((resolve) => (late = setTimeout(resolve, patienceMs)))])
  clearTimeout(late)
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + patienceMs; !holds(); await new Promise((resolve) => setTimeout(resolve, 20)))
    assert.ok(Date.now() < end, 'it did not come to pass')
}
