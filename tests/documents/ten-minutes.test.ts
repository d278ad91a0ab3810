import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import type { Person } from './person.ts'
import { ask, openApplication, send, setUp } from './person.ts'
import { Reader } from './reader.ts'

const python = spawnSync('python3', ['-c', 'import cryptography']).status === 0
const skip = python ? false : 'there is no python3 with cryptography on this machine'

describe('whoever puts an application that they have behind the gateway', { timeout: 480_000, skip }, () => {
  test('has it answer those who signed in alone, and tell them by name', async (t) => {
    const reader = await Reader.arrive()
    t.after(() => reader.leave())
    const custodia = reader.read('http://custodia.localhost:8080')
    const shop = reader.read('http://shop.localhost:8080')
    let there: Person | null = null
    let administrator: Person = { cookie: '' }
    const done = await reader.follow('docs/guide/ten-minutes.md', async ({ block, output }) => {
      if (!block.includes('custodia setup-link')) return
      administrator = await setUp(/^http\S+$/m.exec(output)?.[0] ?? '')
      there = await openApplication(custodia, shop, administrator)
      assert.deepEqual(await ask(`${shop}/`, there), { status: 200, text: 'tea\n' })
    })
    const refused = done.find(({ block }) => block.includes('/health'))?.output ?? ''
    assert.match(refused, /"code":"AUTHENTICATION_REQUIRED".*200\n$/s)
    assert.deepEqual(await ask(`${shop}/`, there), { status: 200, text: 'Hello Ana Torres\n' })
    assert.equal((await ask(reader.read('http://127.0.0.1:4200/'), there)).status, 401, 'not past the gateway')
    const forged = { headers: { 'custodia-assertion': 'e30.e30.e30' } }
    assert.equal((await ask(reader.read('http://127.0.0.1:4200/'), null, forged)).status, 401)
    assert.deepEqual(await ask(`${shop}/`, there, forged), { status: 200, text: 'Hello Ana Torres\n' })

    // What browsers report, and a person then ticks.
    const picture = { 'img-src': ['https://images.example'] }
    let blocks = 0
    const tightened = await reader.follow('docs/guide/tighten-a-content-policy.md', async () => {
      blocks += 1
      if (blocks !== 1) return
      const body = { sources: picture, trustedTypes: true, instead: null }
      const made = await send(custodia, '/v1/browser-policies/shop', body, administrator)
      assert.equal(made.status, 200, made.text)
    })
    const [learning = '', live = '', , strict = ''] = tightened.map(({ output }) => output)
    assert.match(learning, /^content-security-policy-report-only: default-src 'none'; script-src 'self';/i)
    assert.match(live, /img-src 'self' https:\/\/images\.example;/)
    assert.match(strict, /img-src 'self' https:\/\/images\.example;.*style-src-attr 'unsafe-inline'/)
    assert.deepEqual(await ask(`${shop}/`, there), { status: 200, text: 'Hello Ana Torres\n' })

    const flooded = (await reader.follow('docs/guide/survive-a-flood.md')).map(({ output }) => output).join('')
    const passed = Number(/^ +(\d+) 200 $/m.exec(flooded)?.[1])
    assert.match(flooded, /^ +\d+ "code":"PROOF_OF_WORK_REQUIRED"\n +5\d ok$/m)
    assert.match(flooded, /^custodia_limits_challenged_total\{by="route",outcome="asked"\} \d+$/m)
    assert.ok(passed >= 250 && passed < 400, flooded)
    assert.match(flooded, /^ +\d+ 429 1$/m)
    assert.match(flooded, /^lim_[a-z2-7]{26} +deny +203\.0\.113\.0\/24 /m)
    assert.match(flooded, /^custodia_limits_refused_total\{by="address",dry_run="false"\} \d+$/m)

    const files = (await reader.follow('docs/guide/uploads.md')).map(({ output }) => output).join('')
    assert.match(files, /"state":"refused","name":"photo\.png".*"reason":"content-/)
    assert.match(files, /^content-disposition: attachment; filename="letter\.txt"[\s\S]*^Dear Ana$/im)
  })
})
