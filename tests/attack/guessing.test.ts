import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before, describe } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Account } from '../../tools/demo/accounts.ts'
import { without } from './scanner.ts'
import type { Target } from './target.ts'
import { openTarget, unlimited } from './target.ts'

const attackMs = 15_000
const words = 3_000
/** Documentation networks (RFC 5737): the attacker's and the owner's. */
const attacker = '203.0.113.66'
const owner = '198.51.100.20'

describe('hydra against the sign-in', { skip: without('hydra'), timeout: 60_000 }, () => {
  let target: Target
  let victim: Account
  let relay: Server
  /** Answers that the attacker got, by status. */
  const answers = new Map<number, number>()
  const folder = mkdtempSync(join(tmpdir(), 'custodia-hydra-'))

  before(async () => {
    // The first gate is lifted, so that the counters of guesses stand alone.
    target = await openTarget({ ...unlimited, CUSTODIA_TRUSTED_PROXIES: '127.0.0.1' })
    victim = target.accounts[1] as Account
    // hydra gives up on a form that answers 401: what it gets from here says the same with 200.
    relay = createServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString()
      const { email, password } = JSON.parse(body === '' ? '{}' : body) as Record<string, string>
      const answer = await signIn(String(email), String(password), attacker)
      answers.set(answer.status, (answers.get(answer.status) ?? 0) + 1)
      response.end(JSON.stringify(answer.body))
    }).listen(0, '127.0.0.1')
    await once(relay, 'listening')
  })
  after(async () => {
    relay?.closeAllConnections()
    relay?.close()
    await target?.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  const signIn = (email: string, password: string, from: string) =>
    target.server.call('POST', '/v1/sign-in', { body: { email, password }, headers: { 'x-forwarded-for': from } })

  test('does not come to the right password in its list, while the owner signs in from home all the time', async () => {
    const list = join(folder, 'words.txt')
    const guesses = Array.from({ length: words }, (_, i) => `wrong-guess-number-${i}`)
    guesses.splice(200, 0, victim.password)
    writeFileSync(list, guesses.join('\n'))
    const form = [
      '/sign-in',
      '{"email"\\:"^USER^","password"\\:"^PASS^"}',
      'g=',
      'H=Content-Type\\: application/json',
      'F=IDENTITY_',
    ].join(':')
    const { port } = relay.address() as AddressInfo
    const told = ['-l', victim.email, '-P', list, '-t', '8', '-f', '-I', '-s', `${port}`, '127.0.0.1']
    const hydra = spawn('hydra', [...told, 'http-post-form', form], { cwd: folder, detached: true })
    let output = ''
    for (const stream of [hydra.stdout, hydra.stderr]) stream.on('data', (chunk) => (output += chunk))
    const ended = once(hydra, 'close')
    const late = setTimeout(() => process.kill(-(hydra.pid as number), 'SIGKILL'), attackMs)

    // As often as the attacker is refused, and no more: the owner's network has its own budget, thirty tries in a minute.
    for (let refused = 0; refused <= 20; refused++) {
      for (; (answers.get(429) ?? 0) < refused; await pause(5))
        assert.equal(hydra.exitCode ?? hydra.signalCode, null, `hydra ended before it was refused: ${output}`)
      assert.equal((await signIn(victim.email, victim.password, owner)).status, 200)
    }
    // Even the right one is of no use from there.
    assert.equal((await signIn(victim.email, victim.password, attacker)).status, 429)
    await ended
    clearTimeout(late)

    assert.doesNotMatch(output, /login: .* password: /, output)
    assert.equal(answers.get(200), undefined)
    const looked = answers.get(401) ?? 0
    assert.ok(looked > 0 && looked <= 12, `${looked} guesses were looked at`)
    assert.equal((await signIn(victim.email, victim.password, owner)).status, 200)
  })
})
