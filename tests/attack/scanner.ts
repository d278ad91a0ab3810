import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import type { IncomingMessage, Server } from 'node:http'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Caller } from '../../tools/demo/call.ts'
import { root } from '../../tools/suite.ts'
import { unlimited } from './target.ts'

/** What every tool says it is: a session is held where another browser comes with its cookie. */
export const agent = 'attack-suite/1'

/** The same caller, as that browser. */
export const asAgent =
  (call: Caller): Caller =>
  (method, path, options = {}) =>
    call(method, path, { ...options, headers: { 'user-agent': agent, ...options.headers } })

/** Why a test that needs a program is left out; false where the program is there. */
export const without = (program: string) =>
  spawnSync('which', [program]).status === 0 ? false : `${program} is not installed: NOT TESTED`

/** The options of a suite that needs a program. */
export const withTool = (program: string) => ({
  skip: without(program),
  timeout: 300_000,
})

/** `npm run demo` where the limiter does not hide what a tool would find. */
export const limitless = (command: string): [string, ...string[]] => [
  '/usr/bin/env',
  ...Object.entries(unlimited).map(([name, value]) => `${name}=${value}`),
  ...[process.execPath, join(root, 'tools/run.mjs'), command],
]

/** What stands between a tool and the server. */
export type Relay = {
  readonly url: string
  /** Answers by status since the last `reset`; 0 where the connection was ended instead. */
  readonly statuses: Map<number, number>
  /** Requests that were answered with 500 or above, and those that named another host. */
  readonly faults: string[]
  readonly outside: string[]
  reset(): void
  close(): Promise<void>
}

/**
 * A proxy on loopback that lets a tool reach `*.localhost` at one port and nothing else: names that no resolver knows
 * work, each answer is seen, and no tool can leave this machine or ask more than `most` times.
 */
export async function openRelay(port: number, most: number): Promise<Relay> {
  const statuses = new Map<number, number>()
  const faults: string[] = []
  const outside: string[] = []
  let asked = 0
  const forward = (
    told: IncomingMessage,
    answer: (from: IncomingMessage) => void,
    refuse: (status: number) => void,
  ) => {
    const url = URL.parse(told.url ?? '')
    if (url === null || !url.hostname.endsWith('.localhost') || url.port !== String(port)) {
      outside.push(String(told.url))
      return refuse(403)
    }
    asked += 1
    if (asked > most) return refuse(429)
    const path = (told.url ?? '').replace(/^http:\/\/[^/?]*/, '')
    const { 'proxy-connection': _, ...headers } = told.headers
    const sent = request(
      { host: '127.0.0.1', port, method: told.method, path: path === '' ? '/' : path, headers },
      (from) => {
        count(from.statusCode ?? 0, `${told.method} ${told.url}`)
        answer(from)
      },
    )
    sent.on('error', () => {
      count(0, '')
      refuse(502)
    })
    told.pipe(sent)
  }
  const count = (status: number, what: string) => {
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    if (status >= 500) faults.push(`${status} ${what}`)
  }
  const server: Server = createServer((told, response) => {
    const refuse = (status: number) => {
      told.resume()
      if (!response.headersSent) response.writeHead(status)
      response.end()
    }
    try {
      forward(told, (from) => from.pipe(response.writeHead(from.statusCode ?? 502, from.rawHeaders)), refuse)
    } catch {
      // What Node itself would not send, such as a path with a space.
      refuse(400)
    }
  })
  // For tools that take any proxy for one of TLS: only to this very port.
  server.on('connect', (told, socket) => {
    if (!/^[\w.-]+\.localhost:\d+$/.test(told.url ?? '') || !told.url?.endsWith(`:${port}`)) {
      outside.push(`CONNECT ${told.url}`)
      return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    }
    const through = connect(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
    for (const one of [socket, through]) one.on('error', () => one.destroy())
    through.pipe(socket).pipe(through)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    statuses,
    faults,
    outside,
    reset() {
      statuses.clear()
      for (const list of [faults, outside]) list.length = 0
      asked = 0
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Runs a tool in a folder and process group of its own, at the most so long. @returns all that it said. */
export async function runTool(program: string, args: readonly string[], cwd: string, mostMs: number): Promise<string> {
  const env = { PATH: process.env.PATH, HOME: cwd, LANG: 'C.UTF-8', TERM: 'dumb' }
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const late = setTimeout(() => {
    output += `\nended after ${mostMs} ms\n`
    process.kill(-(child.pid as number), 'SIGKILL')
  }, mostMs)
  await once(child, 'close')
  clearTimeout(late)
  return output
}
