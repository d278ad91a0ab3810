import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, describe, it } from 'node:test'
import { formatVerifierKey } from '@custodia/wire/ledger/note.ts'
import { custodia } from '../testing.ts'
import { edit, entriesOf, newLog, writeLedger } from './testing.ts'

const token = 'custodia_test_auditor_0123456789'
const log = newLog()
const root = mkdtempSync(join(tmpdir(), 'custodia-cli-'))
const tokenFile = join(root, 'token')
writeFileSync(tokenFile, `${token}\n`)

/** Serves a ledger folder as the server does: the entries only to whoever has the key. */
let served = ''
let requests: IncomingMessage[] = []
let answer: number | null = null
/** How many of the next requests are told to come back later. */
let busy = 0
const server = createServer((request, response) => {
  requests.push(request)
  const path = request.url ?? ''
  const isEntries = path.startsWith('/ledger/tile/entries/')
  const file = join(served, path.replace(/^\/ledger\//, ''))
  if (busy > 0) {
    busy -= 1
    response.writeHead(429, { 'retry-after': '0' }).end()
  } else if (answer !== null) response.writeHead(answer).end()
  else if (path === '/v1/ledger/verifier') {
    const key = readFileSync(join(served, 'verifier'), 'utf8').trim()
    response.writeHead(200).end(JSON.stringify({ origin: log.name, key }))
  } else if (isEntries && request.headers.authorization !== `Bearer ${token}`) response.writeHead(401).end()
  else if (!path.startsWith('/ledger/') || !existsSync(file)) response.writeHead(404).end()
  else response.writeHead(200).end(readFileSync(file))
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address() as AddressInfo
const url = `http://custodia.localhost:${port}`
after(() => {
  server.close()
  server.closeAllConnections()
  rmSync(root, { recursive: true })
})

let exported = ''
beforeEach(async () => {
  served = await writeLedger(log, entriesOf(300), mkdtempSync(join(root, 'served-')))
  exported = join(mkdtempSync(join(root, 'exported-')), 'copy')
  requests = []
  answer = null
})
const pathsAsked = () => requests.map((request) => request.url)

describe('custodia ledger verify, on a server', () => {
  it('verifies all of it, and shows its key only where the entries are', async () => {
    const { code, out } = await custodia(['ledger', 'verify', url, '--token-file', tokenFile])
    assert.deepEqual([code, out], [0, 'All 300 entries of log.example.test are as they were signed for.\n'])
    for (const request of requests) {
      const isEntries = request.url?.startsWith('/ledger/tile/entries/') === true
      assert.equal(request.headers.authorization, isEntries ? `Bearer ${token}` : undefined)
      assert.equal(request.headers.host, `custodia.localhost:${port}`)
    }
  })

  it('takes address and key from the environment as well', async () => {
    const environments = [
      { CUSTODIA_URL: url, CUSTODIA_TOKEN: token },
      { CUSTODIA_URL: `${url}/`, CUSTODIA_TOKEN_FILE: tokenFile },
    ]
    for (const environment of environments) {
      assert.equal((await custodia(['ledger', 'verify'], environment)).code, 0)
    }
  })

  it('names what is wrong there', async () => {
    edit(served, 'tile/0/000', (bytes) => bytes.fill(0, 32, 64))
    const { code, out } = await custodia(['ledger', 'verify', url, '--json', '--token-file', tokenFile])
    const { ok, findings } = JSON.parse(out)
    assert.deepEqual([code, ok, findings[0].kind, findings[0].index], [1, false, 'tile-changed', 1])
  })

  it('reads the full tile where the partial one is gone because the log has grown', async () => {
    const before = readFileSync(join(served, 'checkpoint'))
    await writeLedger(log, entriesOf(512), served)
    writeFileSync(join(served, 'checkpoint'), before)
    for (const gone of ['tile/0/001.p', 'tile/entries/001.p']) rmSync(join(served, gone), { recursive: true })
    assert.equal((await custodia(['ledger', 'verify', url, '--token-file', tokenFile])).code, 0)
    assert.equal((await custodia(['ledger', 'export', exported, url, '--token-file', tokenFile])).code, 0)
  })

  it('waits where the server asks for patience, and not for ever', async () => {
    busy = 4
    assert.equal((await custodia(['ledger', 'verify', url, '--token-file', tokenFile])).code, 0)
    busy = 6
    assert.equal((await custodia(['ledger', 'verify', url, '--token-file', tokenFile])).code, 3)
    assert.equal(busy, 0)
  })

  it('says what it lacks, and does not accuse the ledger, without a key or with a wrong one', async () => {
    const none = await custodia(['ledger', 'verify', url])
    assert.equal(none.code, 3)
    assert.match(none.err, /needs an API key: --token-file FILE/)
    const wrong = await custodia(['ledger', 'verify', url], { CUSTODIA_TOKEN: 'custodia_test_somebody_else' })
    assert.equal(wrong.code, 3)
    assert.match(wrong.err, /does not know this API key/)
    for (const status of [403, 500, 302]) {
      answer = status
      assert.equal((await custodia(['ledger', 'verify', url, '--token-file', tokenFile])).code, 3)
    }
  })

  it('never says the key, whatever goes wrong', async () => {
    for (const [CUSTODIA_TOKEN, status] of [
      [`${token}\nX: y`, null],
      [token, 403],
      [token, 500],
    ] as const) {
      answer = status
      const { out, err } = await custodia(['ledger', 'verify', url, '--json'], { CUSTODIA_TOKEN })
      assert.equal(`${out}${err}`.includes('auditor'), false)
    }
  })

  it('sends no key to another machine in the clear', async () => {
    const mirror = `http://127.0.0.1:${port}`
    assert.equal((await custodia(['ledger', 'verify', mirror, '--token-file', tokenFile])).code, 0)
    const { isPrivate } = await import('../address.ts')
    for (const address of ['http://custodia.example.org', 'http://10.0.0.1', 'http://127.0.0.1.example.org']) {
      assert.equal(isPrivate(address), false, address)
    }
    for (const address of [
      'https://custodia.example.org',
      'http://[::1]:8080',
      'http://localhost',
      'http://a.localhost',
    ]) {
      assert.equal(isPrivate(address), true, address)
    }
  })
})

describe('custodia ledger export', () => {
  const exportTo = (folder: string, ...more: string[]) =>
    custodia(['ledger', 'export', folder, url, '--token-file', tokenFile, ...more])

  it('makes a folder that verifies without the server, and that only its owner can read', async () => {
    assert.equal((await exportTo(exported)).code, 0)
    answer = 500
    assert.equal((await custodia(['ledger', 'verify', exported])).code, 0)
    assert.equal(statSync(exported).mode & 0o077, 0)
    assert.equal(statSync(join(exported, 'tile/entries/000')).mode & 0o077, 0)
  })

  it('fetches only what is new, the next time', async () => {
    await exportTo(exported)
    served = await writeLedger(log, entriesOf(600), mkdtempSync(join(root, 'served-')))
    requests = []
    const { code, out } = await exportTo(exported)
    assert.equal(code, 0)
    assert.match(out, /^All 600 entries/)
    assert.equal(pathsAsked().includes('/ledger/tile/entries/000'), false)
    assert.equal(pathsAsked().includes('/ledger/tile/entries/001'), true)
  })

  it('fails where what it copied is wrong', async () => {
    edit(served, 'tile/entries/000', (bytes) => bytes.fill(0x20, 4, 5))
    const { code, out } = await exportTo(exported)
    assert.equal(code, 1)
    assert.match(out, /entry-changed: Entry 0 /)
  })

  it('copies nothing of a ledger that the given key did not sign', async () => {
    const key = await formatVerifierKey(log.name, newLog().publicKey)
    assert.equal((await exportTo(exported, '--key', key)).code, 1)
    assert.equal(existsSync(join(exported, 'checkpoint')), false)
  })

  it('leaves a folder alone that holds something else', async () => {
    writeFileSync(join(served, 'letters.txt'), 'mine')
    assert.equal((await exportTo(served)).code, 2)
    const file = join(root, 'a-file')
    writeFileSync(file, '')
    assert.equal((await exportTo(file)).code, 2)
  })

  it('does not mix two ledgers', async () => {
    await exportTo(exported)
    served = await writeLedger(newLog(), entriesOf(300), mkdtempSync(join(root, 'served-')))
    const { code, err } = await exportTo(exported)
    assert.equal(code, 2)
    assert.match(err, /export of another ledger/)
  })

  it('writes no checkpoint where a tile is missing', async () => {
    rmSync(join(served, 'tile/0/001.p/44'))
    assert.equal((await exportTo(exported)).code, 3)
    assert.equal(existsSync(join(exported, 'checkpoint')), false)
  })
})

describe('custodia ledger checkpoint', () => {
  it('prints the signed note as it is', async () => {
    const { code, out } = await custodia(['ledger', 'checkpoint', url])
    assert.deepEqual([code, out], [0, readFileSync(join(served, 'checkpoint'), 'utf8')])
    const folder = await custodia(['ledger', 'checkpoint', served, '--json'])
    assert.deepEqual([JSON.parse(folder.out).ok, JSON.parse(folder.out).size], [true, 300])
  })

  it('fails where somebody else signed it, or nobody', async () => {
    const key = await formatVerifierKey(log.name, newLog().publicKey)
    assert.equal((await custodia(['ledger', 'checkpoint', url, '--key', key])).code, 1)
    edit(served, 'checkpoint', () => '\u001b[2Jnothing')
    const { code, out } = await custodia(['ledger', 'checkpoint', url])
    assert.deepEqual([code, out.includes('\u001b')], [1, false])
  })
})
