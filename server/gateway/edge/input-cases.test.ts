import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import type { InputCase } from '@custodia/edge/input/cases-testing.ts'
import {
  casesDocument,
  casesMaxBytes,
  casesSecret,
  casesUnder,
  inputCases,
} from '@custodia/edge/input/cases-testing.ts'
import type { TestGateway } from '../testing.ts'
import { openTestGateway } from '../testing.ts'

// The same cases as every middleware of the SDK has: packages/sdk/src/edge/input.test.ts.
const folder = mkdtempSync(join(tmpdir(), 'custodia-cases-'))
const openapi = join(folder, 'cases.json')
let rig: TestGateway
let handled = 0
before(async () => {
  writeFileSync(openapi, JSON.stringify(casesDocument))
  rig = await openTestGateway((upstream) => ({
    cases: {
      host: 'cases.localhost',
      upstream,
      permissions: {},
      rules: [{ path: '/**', public: true }],
      edge: { input: { openapi, under: casesUnder } },
    },
  }))
  assert.equal(rig.context.config.maxSignedBodyBytes, casesMaxBytes)
  rig.behave = (request, response) => {
    handled += 1
    request.resume().on('end', () => response.end('{}'))
  }
})
after(async () => {
  await rig.close()
  rmSync(folder, { recursive: true })
})

function send({ method = 'GET', target, headers, body, chunked = false }: InputCase) {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const bytes = Buffer.from(body ?? '')
    const length = chunked || body === undefined ? {} : { 'content-length': String(bytes.length) }
    const coding = chunked ? { 'transfer-encoding': 'chunked' } : {}
    const all = { host: `cases.localhost:${rig.port}`, ...headers, ...length, ...coding }
    const sent = httpRequest(
      { host: '127.0.0.1', port: rig.port, method, path: target, headers: all, agent: false },
      (response) => {
        let text = ''
        response.on('data', (chunk) => (text += chunk))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }))
      },
    )
    sent.on('error', reject)
    sent.end(bytes)
  })
}

for (const one of inputCases)
  test(`the gateway and ${one.what}`, async () => {
    handled = 0
    const got = await send(one)
    if (one.refused === null) return assert.deepEqual([got.status, handled], [200, 1], got.body)
    const { code, field } = JSON.parse(got.body) as { code: string; field?: string }
    const { status, ...said } = one.refused
    assert.deepEqual([got.status, handled], [status, 0], got.body)
    if (one.routerFirst !== true)
      assert.deepEqual([code.replace('GATEWAY_', ''), field], [said.code, said.field], got.body)
    assert.ok(!got.body.includes(casesSecret))
  })
