import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import type { AddressInfo, Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { withTool } from './scanner.ts'
import type { Target } from './target.ts'
import { openTarget, unlimited } from './target.ts'

/** Connections of one attack, of which three go on at once, and for how long. */
const attackers = 50
const attackSeconds = 8
/** What a client that behaves may wait meanwhile, on a machine that does other things too. */
const patienceMs = 3_000

describe(
  'slow clients of slowhttptest at the console, the API and an application at once',
  withTool('slowhttptest'),
  () => {
    let target: Target
    const names: Server[] = []
    before(async () => {
      target = await openTarget({
        ...unlimited,
        CUSTODIA_MAX_CONNECTIONS_PER_ADDRESS: '300',
        CUSTODIA_REQUEST_TIMEOUT_SECONDS: '6',
        CUSTODIA_SLOW_CLIENT_SECONDS: '2',
      })
      target.answer = (_seen, response) => void response.end('x'.repeat(300_000))
    })
    after(async () => {
      for (const server of names) server.close()
      await target?.remove()
    })

    /** A port of its own for a host, since the tool says the address that it connects to. Nothing else of its bytes is touched. */
    async function portOf(host: string): Promise<number> {
      const open = new Set<Socket>()
      const server = createServer((near) => {
        const far = connect(target.server.port, '127.0.0.1')
        for (const one of [near, far]) {
          open.add(one)
          one.on('error', () => one.destroy())
        }
        near.once('data', (first) => {
          far.write(first.toString('latin1').replace(/^Host: .*$/m, `Host: ${host}`), 'latin1')
          near.pipe(far)
        })
        far.pipe(near)
        far.on('close', () => near.destroy())
        near.on('close', () => far.destroy())
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      names.push(server)
      return (server.address() as AddressInfo).port
    }

    async function connections(): Promise<number> {
      const [response] = await once(
        get({ host: '127.0.0.1', port: target.server.adminPort, path: '/metrics' }),
        'response',
      )
      let text = ''
      for await (const chunk of response) text += chunk
      return Number(/^custodia_http_connections (\S+)$/m.exec(text)?.[1])
    }

    const bodies = ['-B', '-i', '1', '-s', '8192', '-x', '10', '-t', 'POST', '-f', 'application/json']
    const readers = ['-X', '-w', '10', '-y', '20', '-n', '1', '-z', '16', '-k', '3']
    for (const [name, options, paths] of [
      ['heads', ['-H', '-i', '1', '-x', '20'], ['/', '/v1/me', '/public/x']],
      ['bodies', bodies, ['/', '/v1/sign-in', '/public/x']],
      ['readers', readers, ['/', '/openapi.json', '/public/x']],
    ] as const)
      test(`slow ${name} keep nobody from being served, and are gone soon`, async () => {
        const own = new URL(target.server.publicUrl).host
        const hosts = [own, own, target.appHost]
        const running = await Promise.all(
          paths.map(async (path, i) => {
            const url = `http://127.0.0.1:${await portOf(hosts[i] as string)}${path}`
            const told = ['-c', attackers, '-r', attackers, '-l', attackSeconds, '-p', 3].map(String)
            const attack = spawn('slowhttptest', [...options, '-u', url, ...told], {
              stdio: ['ignore', 'pipe', 'ignore'],
            })
            let output = ''
            attack.stdout.on('data', (chunk) => (output += chunk))
            const late = setTimeout(() => attack.kill('SIGKILL'), (attackSeconds + 15) * 1_000)
            const ended = once(attack, 'close').then(() => clearTimeout(late))
            return { url, ended, said: () => output.replaceAll(colours, '') }
          }),
        )
        let over = false
        const all = Promise.all(running.map(({ ended }) => ended)).then(() => (over = true))
        let most = 0
        let slowestMs = 0
        while (!over) {
          const startedMs = performance.now()
          assert.equal((await target.server.call('GET', '/livez')).status, 200)
          const page = await target.server.call('GET', '/public/x', { headers: { host: target.appHost } })
          assert.equal(page.status, 200)
          slowestMs = Math.max(slowestMs, performance.now() - startedMs)
          most = Math.max(most, await connections())
          await pause(200)
        }
        await all
        assert.ok(most >= (attackers * 3) / 2, `it had only ${most} connections`)
        assert.ok(slowestMs < patienceMs, `somebody waited for ${slowestMs} ms`)
        for (const { url, said } of running) {
          const available = [...said().matchAll(/service available: +(YES|NO)/g)].map(([, is]) => is)
          assert.deepEqual([...new Set(available)], ['YES'], url)
        }
        for (const until = Date.now() + 20_000; (await connections()) > 5; await pause(100))
          assert.ok(Date.now() < until, 'connections of the attack are held still')
      })
  },
)

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colours are made of
const colours = /\u001b\[[\d;]*[A-Za-z]/g
