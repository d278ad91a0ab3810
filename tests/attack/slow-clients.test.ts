import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo, Server } from 'node:net'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Account } from '../../tools/demo/accounts.ts'
import { caller } from '../../tools/demo/call.ts'
import { signIn } from '../harness.ts'
import type { Demo } from '../journeys/demo.ts'
import { newDemoFolder, removeFolder, startDemo } from '../journeys/demo.ts'
import { agent, asAgent, withTool } from './scanner.ts'
import { send } from './send.ts'
import { slow, withstands } from './slow-attack.ts'
import { enterApplication, unlimited } from './target.ts'

/** Connections of one attack, of which three go on at once, and for how long. */
const connections = 50
/** More than an application is asked for at once, to begin with. */
const bodiesAtInbox = 120
const seconds = 8
/** Of loopback, as all of it: so that theirs are told apart from the connections of Inbox and of people. */
const attackerAddress = '127.40.0.1'
/** What a client that behaves may wait meanwhile, on a machine that does other things too. */
const patienceMs = 3_000

describe('slow clients of slowhttptest at the console, the API and Inbox at once', withTool('slowhttptest'), () => {
  const data = newDemoFolder()
  const mail = mkdtempSync(join(tmpdir(), 'custodia-long-mail-'))
  const doors: Server[] = []
  let demo: Demo
  /** Cookies of two people at Inbox: one attacks, one reads. */
  let attacker: string
  let reader: string
  let message: string
  before(async () => {
    writeFileSync(
      join(mail, 'long.eml'),
      `From: a@example.org\r\nSubject: Long\r\n\r\n${'a long line of it\r\n'.repeat(5_000)}`,
    )
    demo = await startDemo({
      folder: data,
      mail,
      environment: {
        ...unlimited,
        CUSTODIA_MAX_CONNECTIONS_PER_ADDRESS: '300',
        CUSTODIA_REQUEST_TIMEOUT_SECONDS: '6',
        CUSTODIA_SLOW_CLIENT_SECONDS: '2',
      },
    })
    const call = asAgent(caller(demo.port, new URL(demo.console).hostname))
    const enter = async (account: Account) =>
      enterApplication(call, new URL(demo.inbox).host, await signIn(call, account))
    attacker = await enter(demo.accounts.member as Account)
    reader = await enter(demo.accounts.reader as Account)
    const list = await atInbox('/')
    message = /href="(\/messages\/[\w-]{20})"/.exec(list.text)?.[1] ?? assert.fail(list.text.slice(0, 500))
  })
  after(async () => {
    for (const door of doors) door.close()
    await demo?.stop()
    removeFolder(data)
    rmSync(mail, { recursive: true, force: true })
  })

  const atInbox = (path: string) =>
    send({ port: demo.port, publicUrl: demo.inbox }, 'GET', { path }, { cookie: reader, 'user-agent': agent })

  /**
   * An address for a site, since the tool names in `Host` what it connects to: there the site's own name and what a session needs are put
   * into its heads. Nothing else of its bytes is touched.
   */
  async function doorTo(site: string, cookie?: string): Promise<string> {
    const { host, origin } = new URL(site)
    const own = cookie === undefined ? '' : `\r\nCookie: ${cookie}\r\nOrigin: ${origin}`
    const door = createServer((near) => {
      const far = connect({ port: demo.port, host: '127.0.0.1', localAddress: attackerAddress })
      for (const one of [near, far]) one.on('error', () => one.destroy())
      near.once('data', (first) => {
        const head = first.toString('latin1').replaceAll(/^User-Agent: .*$/gm, `User-Agent: ${agent}`)
        far.write(head.replaceAll(/^Host: .*$/gm, `Host: ${host}${own}`), 'latin1')
        near.pipe(far)
      })
      far.pipe(near)
      far.on('close', () => near.destroy())
      near.on('close', () => far.destroy())
    })
    door.listen(0, '127.0.0.1')
    await once(door, 'listening')
    doors.push(door)
    return `http://127.0.0.1:${(door.address() as AddressInfo).port}`
  }

  const json = ['-s', '8192', '-f', 'application/json']
  // As long as a form of Inbox may be.
  const form = ['-s', '4096', '-f', 'application/x-www-form-urlencoded']
  // Inbox opens its seals anew for each page.
  const single = ['-k', '1']
  for (const [name, paths, own, inboxes] of [
    ['heads', () => ['/', '/v1/me', '/'], [], []],
    ['bodies', () => ['/', '/v1/sign-in', `${message}/labels`], json, form],
    ['readers', () => ['/', '/openapi.json', `${message}/source`], [], single],
  ] as const)
    test(`slow ${name} keep nobody from being served, and are gone soon`, async () => {
      const console = await doorTo(demo.console)
      const inbox = await doorTo(demo.inbox, attacker)
      const attacks = paths().map((path, i) => ({
        url: (i === 2 ? inbox : console) + path,
        options: [...slow[name], ...(i === 2 ? inboxes : own)],
        ...{ connections: name === 'bodies' && i === 2 ? bodiesAtInbox : connections, seconds },
      }))
      const call = caller(demo.port, new URL(demo.console).hostname)
      const serves = async () => {
        assert.equal((await call('GET', '/livez')).status, 200)
        assert.equal((await atInbox('/')).status, 200)
      }
      await withstands(attacks, { serves, connections: async () => heldFrom(attackerAddress, demo.port), patienceMs })
    })
})

/** Connections of an address that the listener at this port holds, as the system has them (proc(5), `/proc/net/tcp`). */
function heldFrom(address: string, port: number): number {
  const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, '0')
  const from = address
    .split('.')
    .reverse()
    .map((part) => hex(Number(part), 2))
    .join('')
  const [established, closeWait] = ['01', '08']
  const pattern = new RegExp(
    `^ *\\d+: 0100007F:${hex(port, 4)} ${from}:[0-9A-F]{4} (?:${established}|${closeWait}) `,
    'gm',
  )
  return [...readFileSync('/proc/net/tcp', 'utf8').matchAll(pattern)].length
}
